package io.ghee.examples.movielens;

import static io.ghee.ConfigurationException.check;

import io.ghee.Pipeline;
import io.ghee.examples.KafkaTopic;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.io.file.Parquet;
import io.ghee.io.file.Text;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.KafkaOffsets;
import io.ghee.io.kafka.KafkaRecord;
import io.ghee.models.Example;
import io.ghee.models.FactorizationMachine;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.source.BoundedSource;
import io.ghee.source.Source;
import io.ghee.train.Artifact;
import io.ghee.train.Drain;
import io.ghee.train.TrainFunction;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@link MovielensFm}. */
public final class MovielensJob implements PackagedJob {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
    private static final int SYNTHETIC_RATINGS = 400_000;

    @Option(
            names = "--input",
            paramLabel = "URI-or-glob",
            description =
                    "Ratings as MovieLens publishes them: u.data, ratings.dat or ratings.csv, on a local disk or hdfs://;"
                            + " Parquet with the columns user, item, rating and timestamp, if the name ends in"
                            + " .parquet; or the records that a topic has now, one line each:"
                            + " kafka://HOST:PORT/TOPIC. Without it a synthetic file is made and read.")
    private @Nullable String input;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Where the model goes: a directory that is absent or empty (default: runs/movielens-fm-TIME).")
    private @Nullable String output;

    @Option(
            names = "--preprocess-rounds",
            paramLabel = "n",
            defaultValue = "8",
            description = "How heavy preprocessing is (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--epochs",
            paramLabel = "E",
            defaultValue = "3",
            description = "Passes over the input (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--batch-size",
            paramLabel = "B",
            defaultValue = "4096",
            description =
                    "Records of a train step, for each replica of train (default: ${DEFAULT-VALUE}). So 2 replicas at 2048"
                            + " make the steps of one at 4096.")
    private int batchSize;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Of the model's start and the synthetic data (default: ${DEFAULT-VALUE}).")
    private int seed;

    @Option(
            names = "--users",
            paramLabel = "N",
            defaultValue = "8192",
            description = "User ids are less (default: ${DEFAULT-VALUE}).")
    private int users;

    @Option(
            names = "--items",
            paramLabel = "N",
            defaultValue = "4096",
            description = "Item ids are less (default: ${DEFAULT-VALUE}).")
    private int items;

    @Option(names = "--drain", description = "Deliver the batches, but do not train.")
    private boolean drain;

    @Override
    public String name() {
        return "movielens-fm";
    }

    @Override
    public String summary() {
        return "trains a factorization machine on MovieLens ratings";
    }

    @Override
    public Pipeline pipeline() {
        return MovielensFm.pipeline(this, output());
    }

    @Override
    public String output() {
        if (output == null) {
            String now = LocalDateTime.now(ZoneId.systemDefault()).format(STAMP);
            output = Path.of("runs", name() + "-" + now).toString();
        }
        return output;
    }

    @Override
    public Closeable prepare() {
        if (input == null && !Files.exists(Path.of(input()))) {
            new SyntheticRatings(seed).write(Path.of(input()), SYNTHETIC_RATINGS);
        }
        return () -> {};
    }

    private String input() {
        return input != null
                ? input
                : Path.of("runs", "synthetic-ratings-" + seed + ".tsv").toString();
    }

    /** The ratings, read from storage again in every epoch. */
    Source<Rating> ratings() {
        return source().epochs(epochs);
    }

    private BoundedSource<Rating> source() {
        String from = input();
        Optional<KafkaTopic> topic = KafkaTopic.find(from);
        if (topic.isPresent()) {
            return Kafka.topic(topic.get().name(), MovielensJob::parse)
                    .bootstrapServers(topic.get().servers())
                    .startAt(KafkaOffsets.earliest())
                    .untilLatest();
        }
        return from.endsWith(".parquet")
                ? Parquet.read(from, Rating.class)
                : Text.lines(from, Rating::parse).header(Rating.HEADER);
    }

    private static Rating parse(KafkaRecord<byte[]> line) {
        return Rating.parse(new String(line.value(), StandardCharsets.UTF_8));
    }

    @Override
    public int epochs() {
        return epochs;
    }

    int batchSize() {
        return batchSize;
    }

    Features features() {
        return new Features(users, items, rounds);
    }

    TrainFunction<Example, ? extends Artifact> trainer() {
        return drain
                ? Drain::train
                : FactorizationMachine.training(
                        FactorizationMachine.Config.of(features().ids(), 3.5f, seed));
    }

    @Override
    public List<Result> results(JobProgress end) {
        long sum = rowSum(end);
        OptionalDouble rmse = rmse(end);
        return List.of(
                new Result("rowSum", sum, "row sum", Long.toString(sum)),
                new Result(
                        "rmse",
                        rmse.isPresent() ? Math.round(1e5 * rmse.getAsDouble()) / 1e5 : null,
                        "RMSE",
                        String.format(Locale.ROOT, "%.4f on held-out records", rmse.orElse(Double.NaN))));
    }

    /** The sum that says whether the right rows were delivered. Every epoch delivers the same rows, so each has the same sum. */
    long rowSum(JobProgress progress) {
        long first = progress.tally("rowSum", 1);
        for (int epoch = 2; epoch <= epochs; epoch++) {
            long sum = progress.tally("rowSum", epoch);
            check(sum == first, "row sum of epoch " + epoch, sum, first + ", as in epoch 1");
        }
        return first;
    }

    /** The error on the held-out records; empty if it was not measured. */
    OptionalDouble rmse(JobProgress progress) {
        List<Point> rmse = progress.metric("rmse");
        return rmse.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(rmse.get(rmse.size() - 1).value());
    }
}
