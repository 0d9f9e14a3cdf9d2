package io.ghee.examples.movielens;

import static io.ghee.ConfigurationException.check;

import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.models.Example;
import io.ghee.models.FactorizationMachine;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.train.Artifact;
import io.ghee.train.Drain;
import io.ghee.train.TrainFunction;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@link MovielensFm}. */
public final class MovielensJob implements PackagedJob {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Mixin
    private Ratings ratings = new Ratings();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Where the model goes: a directory that is absent or empty (default: runs/movielens-fm-TIME).")
    private @Nullable String output;

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
    public Optional<String> makesHere() {
        return ratings.makesHere();
    }

    @Override
    public Closeable prepare() {
        return ratings.prepare();
    }

    @Override
    public int epochs() {
        return ratings.epochs();
    }

    Ratings ratings() {
        return ratings;
    }

    TrainFunction<Example, ? extends Artifact> trainer() {
        return drain
                ? Drain::train
                : FactorizationMachine.training(
                        FactorizationMachine.Config.of(ratings.features().ids(), 3.5f, ratings.seed()));
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
        for (int epoch = 2; epoch <= epochs(); epoch++) {
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
