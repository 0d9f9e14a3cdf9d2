package io.ghee.examples.lr;

import static io.ghee.ConfigurationException.check;
import static io.ghee.Resources.replicas;

import io.ghee.DataSize;
import io.ghee.Pipeline;
import io.ghee.Resources;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.io.file.Text;
import io.ghee.models.SparseLogisticRegression;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.source.Source;
import io.ghee.train.RowOptimizer;
import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@link LrSparse}. */
public final class LrSparseJob implements PackagedJob {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Option(
            names = "--input",
            paramLabel = "URI-or-glob",
            description =
                    "Lines of a label, 0 or 1, and fields, separated by tabs, as Criteo publishes them; plain or gzip, on a"
                            + " local disk or hdfs://. Without it a file is generated and read.")
    private @Nullable String input;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where the model goes: a directory that is absent or empty (default: runs/lr-sparse-TIME).")
    private @Nullable String output;

    @Option(
            names = "--features",
            paramLabel = "N",
            defaultValue = "10000000",
            description = "Fields are hashed to ids that are less (default: ${DEFAULT-VALUE}).")
    private long features;

    @Option(
            names = "--fields",
            paramLabel = "F",
            defaultValue = "20",
            description = "Fields of a line behind the label (default: ${DEFAULT-VALUE}, as generated ones have).")
    private int fields;

    @Option(
            names = "--impressions",
            paramLabel = "N",
            defaultValue = "500000",
            description = "How many lines are generated (default: ${DEFAULT-VALUE}).")
    private long impressions;

    @Option(
            names = "--epochs",
            paramLabel = "E",
            defaultValue = "1",
            description = "Passes over the input (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--batch-size",
            paramLabel = "B",
            defaultValue = "2048",
            description = "Records of a train step of a rank (default: ${DEFAULT-VALUE}).")
    private int batchSize;

    @Option(
            names = "--learning-rate",
            paramLabel = "R",
            defaultValue = "0.1",
            description = "Of Adagrad (default: ${DEFAULT-VALUE}).")
    private float learningRate;

    @Option(
            names = "--staleness",
            paramLabel = "S",
            defaultValue = "0",
            description = "Steps that a rank may be ahead of the slowest (default: ${DEFAULT-VALUE}: they keep step).")
    private int staleness;

    @Option(
            names = "--train-memory",
            paramLabel = "SIZE",
            description = "Memory of each train rank, as 4Gi (default: by the features, for two ranks).")
    private @Nullable String trainMemory;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "0",
            description = "Of the generated lines (default: ${DEFAULT-VALUE}).")
    private int seed;

    @Override
    public String name() {
        return "lr-sparse";
    }

    @Override
    public String summary() {
        return "trains a logistic regression over hashed features, whose weights the ranks keep between them";
    }

    @Override
    public Pipeline pipeline() {
        check(fields >= 1, "fields", fields, ">= 1");
        check(impressions >= 1, "impressions", impressions, ">= 1");
        check(
                input != null || fields == GeneratedImpressions.FIELDS,
                "fields",
                fields,
                GeneratedImpressions.FIELDS + ", as generated lines have, where there is no --input");
        return LrSparse.pipeline(this, output());
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
    public Optional<String> makesHere() {
        return input == null ? Optional.of("a file") : Optional.empty();
    }

    @Override
    public Closeable prepare() {
        if (input == null && !Files.exists(Path.of(input()))) {
            new GeneratedImpressions(seed).write(Path.of(input()), impressions);
        }
        return () -> {};
    }

    private String input() {
        return input != null
                ? input
                : Path.of("runs", "impressions-" + impressions + "-" + seed + ".tsv")
                        .toString();
    }

    Source<Impression> impressions() {
        return Text.lines(input(), Impression::parse).epochs(epochs);
    }

    @Override
    public int epochs() {
        return epochs;
    }

    int fields() {
        return fields;
    }

    long features() {
        return features;
    }

    int batchSize() {
        return batchSize;
    }

    SparseLogisticRegression.Config config() {
        return new SparseLogisticRegression.Config(features, RowOptimizer.adagrad(learningRate), staleness);
    }

    /** Two ranks: a weight and a float of Adagrad for each feature, half of them each, twice for a copy in a checkpoint. */
    Resources trainers() {
        Resources two = replicas(2);
        return trainMemory != null
                ? two.memory(trainMemory)
                : two.memory(new DataSize((768L << 20) + 2 * 2 * Float.BYTES * features / 2));
    }

    @Override
    public List<Result> results(JobProgress end) {
        return List.of(result(end, "logLoss", "log loss"), result(end, "auc", "AUC"));
    }

    private static Result result(JobProgress end, String metric, String label) {
        List<Point> points = end.metric(metric);
        if (points.isEmpty()) {
            return new Result(metric, null, label, "");
        }
        double value = points.get(points.size() - 1).value();
        return new Result(
                metric,
                Math.round(1e5 * value) / 1e5,
                label,
                String.format(Locale.ROOT, "%.4f on held-out records", value));
    }
}
