package io.ghee.benchmarks;

import io.ghee.Ghee;
import io.ghee.examples.movielens.SweepParts;
import io.ghee.run.JobProgress;
import io.ghee.run.TrialProgress;
import java.nio.file.Path;
import java.util.Locale;

/** The packaged sweep in processes, once; what {@link SweepCost} starts. */
public final class SweepRun {
    private SweepRun() {}

    /** {@code FILE EPOCHS DIRECTORY}; prints a line of JSON. */
    public static void main(String[] args) throws InterruptedException {
        CpuWatch cpu = CpuWatch.start();
        JobProgress end = Ghee.processes()
                .launch(SweepParts.pipeline(Path.of(args[0]), Integer.parseInt(args[1]), Path.of(args[2], "models")))
                .await();
        CpuWatch.Seen seen = cpu.stop();
        double sum = 0;
        for (TrialProgress trial : end.trials()) {
            sum += trial.metrics().getOrDefault("rmse", Double.NaN);
        }
        System.out.printf(
                Locale.ROOT,
                "{\"records\": %d, \"rmse\": %.6f, \"read\": %d, \"reader\": %.2f, \"trainers\": %.2f, \"driver\": %.2f}%n",
                end.training().records(),
                sum / end.trials().size(),
                seen.readBytes("preprocess"),
                seen.workerSeconds("preprocess"),
                seen.workerSeconds("train"),
                seen.ownSeconds());
    }
}
