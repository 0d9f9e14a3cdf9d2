package io.ghee.examples.clicks;

import static io.ghee.ConfigurationException.check;
import static io.ghee.Resources.replicas;

import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.examples.KafkaTopic;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.examples.servers.LocalKafka;
import io.ghee.io.kafka.DeadLetters;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.KafkaOffsets;
import io.ghee.io.kafka.KafkaSource;
import io.ghee.io.kafka.Payload;
import io.ghee.run.JobProgress;
import io.ghee.source.BoundedSource;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@link ClicksPredict}, and what it runs on without them. */
public final class ClicksPredictJob implements PackagedJob {
    private static final Payload<Click> JSON = Payload.json(Click.class);
    private static final String CLICKS = "clicks";
    private static final String PREDICTIONS = "predictions";
    private static final String DEAD = "clicks-dead";
    private static final int TRAINING_CLICKS = 200_000;
    /** One of so many generated clicks is torn. */
    private static final int TORN = 1000;

    @Option(
            names = "--input",
            paramLabel = "kafka://HOST:PORT/TOPIC",
            description =
                    "The topic with clicks as JSON; it is read until what are its last records now. Without it, a broker"
                            + " is started for the time of the job, and given generated clicks.")
    private @Nullable String input;

    @Option(
            names = "--output",
            paramLabel = "kafka://HOST:PORT/TOPIC",
            description = "The topic for the predictions; needed with --input.")
    private @Nullable String output;

    @Option(
            names = "--dead-letters",
            paramLabel = "TOPIC",
            description = "Where clicks of --input go that cannot be decoded. Without it, they are bad records.")
    private @Nullable String deadLetters;

    @Option(
            names = "--job-name",
            paramLabel = "NAME",
            defaultValue = "clicks-predict",
            description =
                    "Under which the brokers of --output keep how far it is: it goes on from there when it is run again"
                            + " (default: ${DEFAULT-VALUE}).")
    private String jobName = "";

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description =
                    "A saved factorization machine of the features of clicks (default: runs/clicks-fm-SEED, which is"
                            + " trained if it is not there).")
    private @Nullable String model;

    @Option(
            names = "--clicks",
            paramLabel = "N",
            defaultValue = "100000",
            description = "How many clicks are generated (default: ${DEFAULT-VALUE}).")
    private int clicks;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Of the generated clicks and the model's start (default: ${DEFAULT-VALUE}).")
    private int seed;

    private @Nullable LocalKafka kafka;
    private KafkaTopic from = new KafkaTopic("localhost:9092", CLICKS);
    private KafkaTopic to = new KafkaTopic("localhost:9092", PREDICTIONS);

    @Override
    public String name() {
        return "clicks-predict";
    }

    @Override
    public String summary() {
        return "predicts from topic to topic with a saved model, each record exactly once";
    }

    @Override
    public Pipeline pipeline() {
        check(clicks >= 1, "clicks", clicks, ">= 1");
        check((input == null) == (output == null), "--input and --output", input + " and " + output, "both, or none");
        return ClicksPredict.pipeline(this);
    }

    String jobName() {
        return jobName;
    }

    String model() {
        return model != null ? model : Path.of("runs", "clicks-fm-" + seed).toString();
    }

    /** The clicks that the topic has now. */
    BoundedSource<Click> clicks() {
        KafkaTopic topic = input != null ? KafkaTopic.parse("--input", input) : from;
        String dead = input != null ? deadLetters : DEAD;
        KafkaSource<Click> source = Kafka.topic(topic.name(), JSON)
                .bootstrapServers(topic.servers())
                .startAt(KafkaOffsets.earliest());
        return (dead == null ? source : source.deadLetters(DeadLetters.topic(dead))).untilLatest();
    }

    KafkaTopic predictions() {
        return output != null ? KafkaTopic.parse("--output", output) : to;
    }

    @Override
    public String output() {
        return predictions().toString();
    }

    @Override
    public Optional<String> makesHere() {
        return input == null ? Optional.of("servers") : Optional.empty();
    }

    @Override
    public Closeable prepare() throws InterruptedException {
        if (model == null && !Files.exists(Path.of(model()))) {
            run(ClicksPredict.training(new GeneratedClicks(TRAINING_CLICKS, seed + 1), model()));
        }
        if (input != null) {
            return () -> {};
        }
        LocalKafka server = LocalKafka.start();
        try {
            from = server.topic(CLICKS);
            to = server.topic(PREDICTIONS);
            server.topic(DEAD);
            run(filling(from));
        } catch (InterruptedException | RuntimeException e) {
            server.close();
            throw e;
        }
        kafka = server;
        return server;
    }

    private Pipeline filling(KafkaTopic topic) {
        return Pipeline.named("clicks-fill")
                .readFrom(generated())
                .stage("fill", replicas(1))
                .map(LoggedClick::click)
                .writeTo(Kafka.to(topic.name(), ClicksPredictJob::encode)
                        .bootstrapServers(topic.servers())
                        .key(Click::id));
    }

    private GeneratedClicks generated() {
        return new GeneratedClicks(clicks, seed);
    }

    private static byte[] encode(Click click) throws IOException {
        byte[] json = JSON.encode(click);
        return isTorn(click) ? Arrays.copyOf(json, json.length / 2) : json;
    }

    private static boolean isTorn(Click click) {
        return click.id().hashCode() % TORN == 0;
    }

    private static void run(Pipeline pipeline) throws InterruptedException {
        Ghee.local().launch(pipeline).await();
    }

    @Override
    public List<Result> results(JobProgress end) {
        long made = end.stages().get(1).recordsOut();
        if (kafka == null) {
            return List.of(
                    new Result("predictions", made, "predicted", String.format(Locale.ROOT, "%,d clicks", made)));
        }
        Set<String> expected = generated().stream()
                .map(LoggedClick::click)
                .filter(click -> click.isHuman() && !isTorn(click))
                .map(Click::id)
                .collect(Collectors.toSet());
        List<String> found = kafka.committedKeys(PREDICTIONS);
        long dead = new HashSet<>(kafka.committedKeys(DEAD)).size();
        long torn = generated().stream()
                .map(LoggedClick::click)
                .filter(ClicksPredictJob::isTorn)
                .count();
        if (found.size() != expected.size() || !expected.equals(new HashSet<>(found)) || dead != torn) {
            throw new IllegalStateException("topic " + PREDICTIONS + " has " + found.size() + " records of "
                    + new HashSet<>(found).size() + " clicks, and " + dead
                    + " were kept as dead letters (expected: one of"
                    + " each of " + expected.size() + ", and " + torn + ")");
        }
        return List.of(
                new Result("clicks", clicks, "clicks", String.format(Locale.ROOT, "%,d in topic %s", clicks, CLICKS)),
                new Result(
                        "predictions",
                        found.size(),
                        "predicted",
                        String.format(Locale.ROOT, "%,d of people, each exactly once", found.size())),
                new Result(
                        "deadLetters",
                        dead,
                        "not decoded",
                        String.format(Locale.ROOT, "%,d torn ones, kept in topic %s", dead, DEAD)));
    }
}
