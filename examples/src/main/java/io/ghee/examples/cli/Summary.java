package io.ghee.examples.cli;

import io.ghee.DataSize;
import io.ghee.examples.PackagedJob;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** What a run ends with on stdout: a table of the stages, the loss, the error, and where the output is. */
final class Summary {
    private Summary() {}

    static void print(PackagedJob job, JobProgress end, Path output, PrintWriter out) {
        out.printf(
                Locale.ROOT,
                "%-14s %8s %12s %12s %10s %7s %7s%n",
                "stage",
                "replicas",
                "records in",
                "records out",
                "sent",
                "busy s",
                "wait s");
        for (JobProgress.StageProgress stage : end.stages()) {
            out.printf(
                    Locale.ROOT,
                    "%-14s %8d %,12d %,12d %10s %7.1f %7.1f%n",
                    stage.name(),
                    stage.replicas(),
                    stage.recordsIn(),
                    stage.recordsOut(),
                    stage.bytesOut() == 0 ? "-" : new DataSize(stage.bytesOut()).toString(),
                    stage.busySeconds(),
                    stage.waitSeconds());
        }
        List<Point> loss = end.metric("loss");
        if (loss.size() > 1) {
            out.println();
            LossCurve.plot(loss).forEach(out::println);
            out.println("          loss over "
                    + String.format(Locale.ROOT, "%,d", end.training().records()) + " records");
        }
        out.println();
        double seconds = end.training().nanos() / 1e9;
        out.printf(
                Locale.ROOT,
                "trained on  %,d records in %d epochs: %,.0f records/s, waiting %.0f %% of the time%n",
                end.training().records(),
                job.epochs(),
                end.training().records() / Math.max(seconds, 1e-9),
                100 * end.training().stallNanos() / Math.max(1.0, end.training().nanos()));
        out.printf(Locale.ROOT, "row sum     %d%n", job.rowSum(end));
        OptionalDouble rmse = job.rmse(end);
        if (rmse.isPresent()) {
            out.printf(Locale.ROOT, "RMSE        %.4f on held-out records%n", rmse.getAsDouble());
        }
        if (end.skipped() > 0) {
            out.printf(Locale.ROOT, "skipped     %d bad records:%n", end.skipped());
            end.skippedWhere().forEach(where -> out.println("            " + where));
        }
        out.printf(Locale.ROOT, "output      %s%n", output);
        out.printf(Locale.ROOT, "wall        %.1f s%n", end.wall().toNanos() / 1e9);
        out.flush();
    }
}
