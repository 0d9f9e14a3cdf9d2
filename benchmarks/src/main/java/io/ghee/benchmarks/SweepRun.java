package io.ghee.benchmarks;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.examples.movielens.SweepParts;
import io.ghee.run.BatchesInMemory;
import io.ghee.run.JobProgress;
import io.ghee.run.TrialProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;

/** The packaged sweep in processes, once; what {@link SweepCost} starts. */
public final class SweepRun {
    private static final int POLL_MILLIS = 500;

    private SweepRun() {}

    /** {@code FILE EPOCHS RECORDS DIRECTORY}, with the train records of an epoch; prints a line of JSON. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int epochs = Integer.parseInt(args[1]);
        double records = (double) epochs * Long.parseLong(args[2]) * SweepParts.trials();
        CpuWatch cpu = CpuWatch.start();
        Job job = Ghee.processes().launch(SweepParts.pipeline(Path.of(args[0]), epochs, Path.of(args[3], "models")));
        Moment from = Moment.when(job, cpu, BatchesInMemory.FROM * records);
        Moment to = Moment.when(job, cpu, BatchesInMemory.TO * records);
        JobProgress end = job.await();
        cpu.stop();
        double sum = 0;
        for (TrialProgress trial : end.trials()) {
            sum += trial.metrics().getOrDefault("rmse", Double.NaN);
        }
        System.out.printf(
                Locale.ROOT,
                "{\"records\": %d, \"cpu\": %.3f, \"reader\": %.3f, \"driver\": %.3f, \"bytes\": %d, \"lines\": %d,"
                        + " \"rmse\": %.6f}%n",
                to.trained - from.trained,
                to.seen.cpuSeconds() - from.seen.cpuSeconds(),
                to.seen.workerSeconds("preprocess") - from.seen.workerSeconds("preprocess"),
                to.seen.ownSeconds() - from.seen.ownSeconds(),
                to.seen.readBytes("preprocess") - from.seen.readBytes("preprocess"),
                to.lines - from.lines,
                sum / end.trials().size());
    }

    private record Moment(long trained, long lines, CpuWatch.Seen seen) {
        /** As soon as all trials together have trained on so many records, and are reported. */
        static Moment when(Job job, CpuWatch cpu, double records) throws IOException, InterruptedException {
            boolean started = false;
            while (true) {
                JobProgress progress = job.progress();
                CpuWatch.Seen seen = cpu.seen();
                long trained = progress.trials().stream()
                        .mapToLong(TrialProgress::records)
                        .sum();
                if (trained >= records) {
                    return new Moment(trained, progress.stages().get(0).recordsIn(), seen);
                }
                boolean running = !WorkerProcess.all().isEmpty();
                if (started && !running) {
                    // It has failed, and this tells why.
                    job.await();
                    throw new IOException("the job has ended with " + trained + " records (expected: " + records + ")");
                }
                started |= running;
                Thread.sleep(POLL_MILLIS);
            }
        }
    }
}
