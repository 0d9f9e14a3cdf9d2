package io.ghee.examples.cli;

import io.ghee.DataSize;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.run.Activity;
import io.ghee.run.JobProgress;
import io.ghee.run.TrialProgress;
import io.ghee.run.WorkerProgress.Point;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What a run ends with on stdout: a table of the stages, the loss, what came out, and where it is. */
final class Summary {
    private Summary() {}

    static void print(PackagedJob job, JobProgress end, List<Result> results, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%-12s %8s %12s %12s %9s  %5s %7s %9s  %s%n",
                "stage",
                "replicas",
                "records in",
                "records out",
                "sent",
                "read",
                "compute",
                "serialise",
                "wait for credit / input / driver");
        for (JobProgress.StageProgress stage : end.stages()) {
            out.printf(
                    Locale.ROOT,
                    "%-12s %8d %,12d %,12d %9s  %5s %7s %9s  %15s / %5s / %s%n",
                    stage.name(),
                    stage.replicas(),
                    stage.recordsIn(),
                    stage.recordsOut(),
                    stage.bytesOut() == 0 ? "-" : new DataSize(stage.bytesOut()).toString(),
                    percent(stage, Activity.READ),
                    percent(stage, Activity.COMPUTE),
                    percent(stage, Activity.SERIALISE),
                    percent(stage, Activity.WAIT_CREDIT),
                    percent(stage, Activity.WAIT_INPUT),
                    percent(stage, Activity.WAIT_DRIVER));
        }
        List<Point> loss = end.metric("loss");
        if (loss.size() > 1) {
            out.println();
            LossCurve.plot(loss).forEach(out::println);
            out.println("          loss over "
                    + String.format(Locale.ROOT, "%,d", end.training().records()) + " records");
        }
        printTrials(end.trials(), out);
        out.println();
        if (end.training().records() > 0) {
            double seconds = end.training().nanos() / 1e9;
            out.printf(
                    Locale.ROOT,
                    "trained on  %,d records in %d epochs: %,.0f records/s, waiting %.0f %% of the time%n",
                    end.training().records(),
                    job.epochs(),
                    end.training().records() / Math.max(seconds, 1e-9),
                    100
                            * end.training().stallNanos()
                            / Math.max(1.0, end.training().nanos()));
        }
        end.heldBackBy().ifPresent(stage -> out.println("held up by  " + stage));
        results.stream()
                .filter(result -> result.value() != null)
                .forEach(result -> out.printf("%-12s%s%n", result.label(), result.text()));
        if (!end.restarts().isEmpty()) {
            out.printf(Locale.ROOT, "restarts    %d:%n", end.restarts().size());
            end.restarts().forEach(why -> out.println("            " + why));
        }
        if (end.skipped() > 0) {
            out.printf(Locale.ROOT, "skipped     %d bad records:%n", end.skipped());
            end.skippedWhere().forEach(where -> out.println("            " + where));
        }
        if (end.quarantined() > 0) {
            out.printf(Locale.ROOT, "put aside   %,d bad records%n", end.quarantined());
        }
        end.lag()
                .ifPresent(lag -> out.printf(
                        Locale.ROOT,
                        "lag         %,d records of %d splits%n",
                        lag,
                        end.lags().size()));
        out.printf(Locale.ROOT, "output      %s%n", job.output());
        out.printf(Locale.ROOT, "wall        %.1f s%n", end.wall().toNanos() / 1e9);
        out.flush();
    }

    private static void printTrials(List<TrialProgress> trials, PrintWriter out) {
        if (trials.isEmpty()) {
            return;
        }
        List<String> metrics = trials.stream()
                .flatMap(trial -> trial.metrics().keySet().stream())
                .distinct()
                .sorted()
                .toList();
        out.printf("%n%-6s %-8s %12s", "trial", "", "records");
        metrics.forEach(metric -> out.printf(" %10s", metric));
        out.println("  with");
        for (TrialProgress trial : trials) {
            out.printf(
                    Locale.ROOT,
                    "%-6d %-8s %,12d",
                    trial.trial().number(),
                    trial.state().name().toLowerCase(Locale.ROOT),
                    trial.records());
            for (String metric : metrics) {
                Double value = trial.metrics().get(metric);
                out.printf(Locale.ROOT, " %10s", value == null ? "-" : String.format(Locale.ROOT, "%.4f", value));
            }
            out.println("  " + trial.trial().name() + (trial.reason().isEmpty() ? "" : " (" + trial.reason() + ")"));
        }
    }

    private static String percent(JobProgress.StageProgress stage, Activity activity) {
        return Math.round(100 * stage.share(activity)) + " %";
    }
}
