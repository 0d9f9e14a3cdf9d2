package io.ghee.examples.clicks;

import static io.ghee.Resources.replicas;
import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;
import static org.awaitility.Awaitility.await;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.examples.KafkaTopic;
import io.ghee.examples.cli.Cli;
import io.ghee.examples.cli.Main;
import io.ghee.examples.servers.LocalKafka;
import io.ghee.io.file.JsonLines;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.KafkaOffsets;
import io.ghee.io.kafka.Payload;
import io.ghee.models.FactorizationMachine;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged job, on a broker that it starts itself and on one that is there. */
@Timeout(300)
class ClicksPredictTest {
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    static Path data;

    @TempDir
    Path temp;

    private static String model;

    @BeforeAll
    static void trainAModel() throws InterruptedException {
        model = data.resolve("model").toString();
        run(ClicksPredict.training(new GeneratedClicks(60_000, 1), model));
    }

    private static void run(Pipeline pipeline) throws InterruptedException {
        Ghee.local().launch(pipeline).await(SOON);
    }

    private static Cli predict(String... more) {
        List<String> args = new ArrayList<>(List.of("run", "clicks-predict", "--model", model));
        args.addAll(Arrays.asList(more));
        return ghee(args.toArray(String[]::new));
    }

    @Test
    void withoutServersItStartsOneAndPredictsEachClickOnce() throws IOException {
        Path report = temp.resolve("report.json");
        Cli run = predict("--clicks", "30000", "--report", report.toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).contains("30,000 in topic clicks", "each exactly once", "kept in topic clicks-dead");
        JsonNode result = new ObjectMapper().readTree(report.toFile());
        assertThat(result.get("predictions").asInt()).isBetween(27_000, 30_000);
        assertThat(result.get("deadLetters").asInt()).isBetween(1, 100);
        assertThat(result.get("predictions"))
                .isEqualTo(result.get("stages").get(1).get("recordsOut"));
    }

    private void fill(KafkaTopic topic, List<Click> clicks, String name) throws Exception {
        Payload<Click> json = Payload.json(Click.class);
        List<String> lines = new ArrayList<>();
        for (Click click : clicks) {
            lines.add(new String(json.encode(click), StandardCharsets.UTF_8));
        }
        Path file = Files.write(temp.resolve(name), lines);
        run(Pipeline.named(name)
                .readFrom(JsonLines.read(file.toString(), Click.class))
                .stage("fill", replicas(1))
                .writeTo(Kafka.to(topic.name(), json).bootstrapServers(topic.servers())));
    }

    private List<Prediction> predictions(KafkaTopic topic, Path file) throws Exception {
        run(Pipeline.named("look")
                .readFrom(Kafka.topic(topic.name(), Payload.json(Prediction.class))
                        .bootstrapServers(topic.servers())
                        .startAt(KafkaOffsets.earliest())
                        .untilLatest())
                .stage("look", replicas(1))
                .writeTo(JsonLines.to(file.toString(), Prediction.class)));
        List<Prediction> all = new ArrayList<>();
        BoundedSource<Prediction> source = JsonLines.read(file.toString(), Prediction.class);
        for (Split split : source.splits(1)) {
            try (SplitReader<Prediction> reader = source.open(split)) {
                for (Prediction each = reader.next(); each != null; each = reader.next()) {
                    all.add(each);
                }
            }
        }
        all.sort(Comparator.comparing(Prediction::click));
        return all;
    }

    private static List<Prediction> expected(List<Click> clicks) {
        List<Click> people = clicks.stream().filter(Click::isHuman).toList();
        try (FactorizationMachine machine = FactorizationMachine.load(Path.of(model), Device.cpu())) {
            float[] scores = machine.predict(
                    Batch.of(people.stream().map(Click::features).toList()));
            List<Prediction> all = new ArrayList<>();
            for (Click click : people) {
                all.add(new Prediction(click.id(), scores[all.size()]));
            }
            return all;
        }
    }

    @Test
    void onServersThatAreThereItGoesOnWhereItWas() throws Exception {
        List<Click> clicks =
                new GeneratedClicks(6000, 2).stream().map(LoggedClick::click).toList();
        try (LocalKafka kafka = LocalKafka.start()) {
            KafkaTopic from = kafka.topic("from");
            KafkaTopic to = kafka.topic("to");
            String[] options = {"--input", from.toString(), "--output", to.toString(), "--launcher", "local"};
            fill(from, clicks.subList(0, 4000), "first");
            Cli first = predict(options);
            assertThat(first.err()).isEmpty();
            assertThat(first.out())
                    .contains(String.format(
                            "predicted   %,d clicks",
                            expected(clicks.subList(0, 4000)).size()));
            fill(from, clicks.subList(4000, 6000), "second");
            Cli second = predict(options);
            assertThat(second.err()).isEmpty();
            assertThat(second.out())
                    .contains(String.format(
                            "predicted   %,d clicks",
                            expected(clicks.subList(4000, 6000)).size()));

            List<Prediction> found = predictions(to, temp.resolve("found"));
            List<Prediction> expected = expected(clicks);
            assertThat(found).hasSameSizeAs(expected);
            for (int k = 0; k < found.size(); k++) {
                assertThat(found.get(k).click()).isEqualTo(expected.get(k).click());
                assertThat(found.get(k).score()).isCloseTo(expected.get(k).score(), offset(1e-4f));
            }
        }
    }

    @Test
    void whatIsLikedHasAHigherScore() {
        List<Click> clicks =
                new GeneratedClicks(20_000, 2).stream().map(LoggedClick::click).toList();
        List<LoggedClick> known = new GeneratedClicks(20_000, 2)
                .stream().filter(click -> click.click().isHuman()).toList();
        List<Prediction> scores = expected(clicks);
        double bought = 0;
        double not = 0;
        long buyers = known.stream().filter(LoggedClick::bought).count();
        for (int k = 0; k < known.size(); k++) {
            if (known.get(k).bought()) {
                bought += scores.get(k).score() / buyers;
            } else {
                not += scores.get(k).score() / (known.size() - buyers);
            }
        }
        assertThat(bought).isGreaterThan(not + 0.1);
    }

    @Test
    void whatCannotBeIsNamedBeforeAServerIsStarted() {
        Cli half = predict("--input", "kafka://localhost:1/clicks");
        assertThat(half.exitCode()).isEqualTo(3);
        assertThat(half.err()).contains("--output").hasLineCount(1);
        Cli file = predict("--input", "clicks.csv", "--output", "kafka://localhost:1/x");
        assertThat(file.exitCode()).isEqualTo(3);
        assertThat(file.err()).contains("clicks.csv", "kafka://HOST:PORT/TOPIC");
        Cli stage = predict("--replicas", "cook=2");
        assertThat(stage.exitCode()).isEqualTo(3);
        assertThat(ghee("explain", "clicks-predict").out()).contains("kafka clicks", "decode", "predict");
    }

    @Test
    void aRunThatIsToldToEndLeavesNothing() throws Exception {
        Process run = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + temp,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run",
                        "clicks-predict",
                        "--clicks",
                        "5000000",
                        "--model",
                        model)
                .redirectOutput(new File(temp.toFile(), "out"))
                .redirectError(new File(temp.toFile(), "err"))
                .start();
        try {
            await("files of a broker").atMost(SOON).until(() -> hasFiles(servers()) || !run.isAlive());
            run.destroy();
            assertThat(run.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } finally {
            run.destroyForcibly();
        }
        assertThat(run.exitValue()).isEqualTo(143);
        assertThat(servers()).isEmpty();
    }

    /** From then on, who starts a server sees to it that nothing of it is left. */
    private static boolean hasFiles(List<Path> directories) {
        return directories.stream().anyMatch(each -> {
            String[] files = each.toFile().list();
            return files != null && files.length > 0;
        });
    }

    private List<Path> servers() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.filter(file -> file.getFileName().toString().startsWith("ghee-kafka-"))
                    .toList();
        }
    }
}
