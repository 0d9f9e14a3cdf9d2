package io.ghee.examples.cli;

import io.ghee.Job;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shows on a terminal how far a job is: a line for every stage, drawn again twice a second. Elsewhere it shows nothing. The
 * launcher script says whether there is a terminal, by {@code -Dghee.terminal=true}.
 */
final class LiveProgress implements AutoCloseable {
    private static final long PERIOD_MILLIS = 500;

    private final Job job;
    private final PrintWriter err;
    private final ScheduledExecutorService timer;
    private final @Nullable ScheduledFuture<?> drawing;
    private @Nullable JobProgress last;
    private int drawn;

    private LiveProgress(Job job, PrintWriter err) {
        this.job = job;
        this.err = err;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "ghee-live-progress");
            thread.setDaemon(true);
            return thread;
        });
        this.drawing = Boolean.getBoolean("ghee.terminal")
                ? timer.scheduleAtFixedRate(this::draw, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS)
                : null;
    }

    static LiveProgress of(Job job, PrintWriter err) {
        return new LiveProgress(job, err);
    }

    private synchronized void draw() {
        JobProgress now = job.progress();
        erase();
        JobProgress before = last == null ? now : last;
        double seconds = Math.max(1e-9, (now.wall().toNanos() - before.wall().toNanos()) / 1e9);
        for (int k = 0; k < now.stages().size(); k++) {
            JobProgress.StageProgress stage = now.stages().get(k);
            double rate = (stage.recordsIn() - before.stages().get(k).recordsIn()) / seconds;
            line(String.format(
                    Locale.ROOT,
                    "%-12s x%-3d epoch %-3d %,13d records %,11.0f /s  queue %-4d%s%s",
                    stage.name(),
                    stage.replicas(),
                    stage.epoch(),
                    stage.recordsIn(),
                    rate,
                    stage.queued(),
                    k == 0 ? lag(now) : "",
                    training(now, stage)));
        }
        now.hangs().forEach(this::line);
        last = now;
        err.flush();
    }

    private static String lag(JobProgress now) {
        return now.lag().isPresent()
                ? String.format(Locale.ROOT, "  lag %,d", now.lag().getAsLong())
                : "";
    }

    private static String training(JobProgress now, JobProgress.StageProgress stage) {
        boolean isLast =
                stage.name().equals(now.stages().get(now.stages().size() - 1).name());
        if (!isLast || now.training().nanos() == 0) {
            return "";
        }
        List<Point> loss = now.metric("loss");
        String waited = String.format(
                Locale.ROOT,
                "  waited %2.0f %%",
                100.0 * now.training().stallNanos() / now.training().nanos());
        return loss.isEmpty()
                ? waited
                : waited
                        + String.format(
                                Locale.ROOT,
                                "  loss %.4f",
                                loss.get(loss.size() - 1).value());
    }

    private void line(String text) {
        err.print(text);
        err.print("\u001b[K\n");
        drawn++;
    }

    private void erase() {
        if (drawn > 0) {
            err.print("\r\u001b[" + drawn + "A\u001b[J");
            drawn = 0;
        }
    }

    /** Takes the lines away: what follows sums up. */
    @Override
    public synchronized void close() {
        if (drawing != null) {
            drawing.cancel(false);
        }
        timer.shutdownNow();
        erase();
        err.flush();
    }
}
