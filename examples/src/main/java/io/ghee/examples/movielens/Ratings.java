package io.ghee.examples.movielens;

import io.ghee.examples.KafkaTopic;
import io.ghee.io.file.Parquet;
import io.ghee.io.file.Text;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.KafkaOffsets;
import io.ghee.io.kafka.KafkaRecord;
import io.ghee.source.BoundedSource;
import io.ghee.source.Source;
import java.io.Closeable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The ratings that a job reads, and what it makes of them before it trains. */
final class Ratings {
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

    int epochs() {
        return epochs;
    }

    int seed() {
        return seed;
    }

    Optional<String> makesHere() {
        return input == null ? Optional.of("a file") : Optional.empty();
    }

    /** Makes a file, if none was given. */
    Closeable prepare() {
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
    Source<Rating> read() {
        return source().epochs(epochs);
    }

    private BoundedSource<Rating> source() {
        String from = input();
        Optional<KafkaTopic> topic = KafkaTopic.find(from);
        if (topic.isPresent()) {
            return Kafka.topic(topic.get().name(), Ratings::parse)
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

    int batchSize() {
        return batchSize;
    }

    Features features() {
        return new Features(users, items, rounds);
    }
}
