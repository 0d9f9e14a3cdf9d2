package io.ghee.examples.movielens;

import static io.ghee.Resources.replicas;

import com.sun.management.OperatingSystemMXBean;
import io.ghee.BatchStage;
import io.ghee.DataSize;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.Csv;
import io.ghee.io.file.Parquet;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.KafkaOffsets;
import io.ghee.io.kafka.KafkaRecord;
import io.ghee.models.Example;
import io.ghee.run.JobProgress;
import io.ghee.source.BoundedSource;
import io.ghee.train.Drain;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.NullMarked;

/**
 * The data part of the movielens job in threads of this JVM: ratings are read, features are made of them, and they are
 * delivered in batches. Of {@code columns}, which are those of Parquet, no object is made for a rating. One program of those
 * that {@code ReadingBenchmark} compares.
 */
@NullMarked
public final class DataPart {
    private static final int USERS = 8192;
    private static final int ITEMS = 4096;
    private static final int BATCH = 4096;

    private DataPart() {}

    /**
     * {@code FORMAT INPUT n}; for each line of stdin, a number of passes, as many are made and a line of JSON is printed.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 3) {
            System.err.println("usage: DataPart csv|parquet|columns|kafka INPUT n");
            System.exit(2);
        }
        BoundedSource<Rating> source = source(args[0], args[1]);
        Features features = new Features(USERS, ITEMS, Integer.parseInt(args[2]));
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Path output = Files.createTempDirectory("ghee-data-part-");
            long start = System.nanoTime();
            JobProgress progress = Ghee.local()
                    .launch(pipeline(source, args[0].equals("columns"), features, Integer.parseInt(line), output))
                    .await();
            System.out.printf(
                    Locale.ROOT,
                    "{\"records\": %d, \"sum\": %d, \"seconds\": %.4f, \"cpuSeconds\": %.4f}%n",
                    progress.stages().get(1).recordsIn(),
                    progress.tally("rowSum", 1),
                    (System.nanoTime() - start) / 1e9,
                    system.getProcessCpuTime() / 1e9);
        }
    }

    private static Pipeline pipeline(
            BoundedSource<Rating> source, boolean columnar, Features features, int passes, Path output) {
        RecordStage<Rating> read =
                Pipeline.named("data-part").readFrom(source.epochs(passes)).stage("preprocess", replicas(2));
        BatchStage<Example> batches = columnar
                ? read.batch(BATCH).map(features::crossed)
                : read.filter(rating -> !rating.isTest()).map(features::cross).batch(BATCH);
        return batches.stage("deliver", replicas(1))
                .tally("rowSum", Features::rowSum)
                .train(Drain::train)
                .writeTo(Artifacts.to(output.toString()));
    }

    private static BoundedSource<Rating> source(String format, String input) {
        return switch (format) {
            case "csv" -> Csv.read(input, Rating.class).separator('\t').header(false);
            case "columns" -> Parquet.read(input, Rating.class).columnar();
            case "parquet" -> Parquet.read(input, Rating.class);
            case "kafka" ->
                Kafka.topic(input.substring(input.indexOf('/') + 1), DataPart::parse)
                        .bootstrapServers(input.substring(0, input.indexOf('/')))
                        .startAt(KafkaOffsets.earliest())
                        .untilLatest();
            default ->
                throw new IllegalArgumentException("format: " + format + " (expected: csv, parquet, columns or kafka)");
        };
    }

    private static Rating parse(KafkaRecord<byte[]> line) {
        return Rating.parse(new String(line.value(), StandardCharsets.UTF_8));
    }

    /** Writes ratings with tabs into a file, and as Parquet into a directory. */
    public static void write(Path tabs, Path parquet, int ratings) throws InterruptedException {
        new SyntheticRatings(1, 6040, 3700).write(tabs, ratings);
        Ghee.local()
                .launch(Pipeline.named("as-parquet")
                        .readFrom(Csv.read(tabs.toString(), Rating.class)
                                .separator('\t')
                                .header(false))
                        .stage("write", replicas(2))
                        .writeTo(Parquet.to(parquet.toString(), Rating.class).targetSize(DataSize.parse("8Mi"))))
                .await();
    }
}
