package io.ghee.examples.movielens;

import static io.ghee.ConfigurationException.check;

import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@link MovielensFm}. */
public final class MovielensJob implements PackagedJob {
    private static final Pattern TOPIC = Pattern.compile("kafka://([^/]+)/([^/]+)");
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
            description = "Records of a train step (default: ${DEFAULT-VALUE}).")
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
    public Pipeline pipeline(Path output) {
        return MovielensFm.pipeline(this, output.toString());
    }

    @Override
    public void prepare() {
        if (input == null && !Files.exists(Path.of(input()))) {
            new SyntheticRatings(seed).write(Path.of(input()), SYNTHETIC_RATINGS);
        }
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
        Matcher topic = TOPIC.matcher(from);
        if (topic.matches()) {
            return Kafka.topic(topic.group(2), MovielensJob::parse)
                    .bootstrapServers(topic.group(1))
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

    /** Every epoch delivers the same rows, so each has the same sum. */
    @Override
    public long rowSum(JobProgress progress) {
        long first = progress.tally("rowSum", 1);
        for (int epoch = 2; epoch <= epochs; epoch++) {
            long sum = progress.tally("rowSum", epoch);
            check(sum == first, "row sum of epoch " + epoch, sum, first + ", as in epoch 1");
        }
        return first;
    }

    @Override
    public OptionalDouble rmse(JobProgress progress) {
        List<Point> rmse = progress.metric("rmse");
        return rmse.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(rmse.get(rmse.size() - 1).value());
    }
}
