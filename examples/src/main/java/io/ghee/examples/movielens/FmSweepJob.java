package io.ghee.examples.movielens;

import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.run.JobProgress;
import io.ghee.run.TrialProgress;
import io.ghee.train.EarlyStopping;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of {@link FmSweep}. */
public final class FmSweepJob implements PackagedJob {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    /** Which trials are stopped. */
    enum Stop {
        never,
        median,
        halving
    }

    @Mixin
    private Ratings ratings = new Ratings();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where the models go, that of trial n to rank-n: a directory that is absent or empty"
                    + " (default: runs/fm-sweep-TIME).")
    private @Nullable String output;

    @Option(
            names = "--stop",
            paramLabel = "never|median|halving",
            defaultValue = "never",
            description = "Stop trials early whose loss is worse than that of others (default: ${DEFAULT-VALUE}).")
    private Stop stop = Stop.never;

    @Override
    public String name() {
        return "fm-sweep";
    }

    @Override
    public String summary() {
        return "trains factorization machines with 8 sets of hyperparameters, reading once";
    }

    @Override
    public Pipeline pipeline() {
        return FmSweep.pipeline(this, output());
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

    EarlyStopping stopping() {
        return switch (stop) {
            case never -> EarlyStopping.NEVER;
            case median -> EarlyStopping.median("loss", 20);
            case halving -> EarlyStopping.halving("loss", 20, 2);
        };
    }

    @Override
    public List<Result> results(JobProgress end) {
        Optional<TrialProgress> best = end.trials().stream()
                .filter(trial -> trial.metrics().containsKey("rmse"))
                .min(Comparator.comparing(trial -> trial.metrics().get("rmse")));
        return List.of(new Result(
                "bestRmse",
                best.map(trial -> trial.metrics().get("rmse")).orElse(null),
                "best",
                best.map(trial -> String.format(
                                Locale.ROOT,
                                "RMSE %.4f by trial %d: %s",
                                trial.metrics().get("rmse"),
                                trial.trial().number(),
                                trial.trial().name()))
                        .orElse("")));
    }
}
