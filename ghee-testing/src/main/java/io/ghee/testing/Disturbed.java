package io.ghee.testing;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import io.ghee.run.Launcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One run under faults: launches, watches and injects, compares, cleans up. Used once, by one thread.
 *
 * @param stall how long nothing may move
 * @param limit how long the run may take
 * @param proxy through which the launcher's peers connect
 */
record Disturbed(
        FaultSchedule schedule,
        Undisturbed expected,
        Duration stall,
        Duration limit,
        Consumer<String> log,
        TcpProxy proxy) {
    /** How often the job is looked at. */
    private static final long TICK_MILLIS = 20;

    private static final Duration CANCEL = Duration.ofSeconds(30);
    private static final Duration GONE = Duration.ofSeconds(10);

    /** Runs to the end; see {@link FaultyRun#run(FaultSchedule)}. */
    FaultyRun.Outcome run(
            Launcher launcher, Pipeline pipeline, @Nullable Sabotage sabotage, boolean threads, Path output)
            throws InterruptedException {
        long start = System.nanoTime();
        Job job = Waiting.call(limit, "the launch", () -> launcher.launch(pipeline));
        Injector injector = new Injector(schedule.faults(), WorkerControl.of(job), proxy, sabotage, log);
        Sightings sightings = new Sightings(job, pipeline.plan().stages(), threads);
        JobProgress progress;
        try {
            progress = watch(job, injector, sightings, start);
        } finally {
            try {
                // Those that stand still go on first: they are to end.
                injector.end();
            } finally {
                cleanUp(job, sightings);
            }
        }
        Duration duration = Duration.ofNanos(System.nanoTime() - start);
        OutputComparison comparison = OutputComparison.of(expected.output(), OutputComparison.lines(output));
        if (!comparison.isSame()) {
            throw failure(comparison.summary(), job, injector, null);
        }
        return new FaultyRun.Outcome(schedule, injector.struck(), duration, progress);
    }

    private JobProgress watch(Job job, Injector injector, Sightings sightings, long start) throws InterruptedException {
        CompletableFuture<JobProgress> end = end(job);
        List<Object> last = List.of();
        long moved = start;
        long consumed = 0;
        while (true) {
            try {
                JobProgress progress = end.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
                if (!Waiting.isSoon(GONE, () -> !sightings.isAnyThere())) {
                    throw failure("workers are left after the end" + sightings.describe(), job, injector, null);
                }
                return progress;
            } catch (ExecutionException e) {
                Throwable cause = e.getCause() == null ? e : e.getCause();
                String reason = cause instanceof GheeException ghee ? ghee.reason() : cause.toString();
                throw failure("the job failed: " + reason, job, injector, cause);
            } catch (TimeoutException e) {
                long now = System.nanoTime();
                JobProgress progress = job.progress();
                List<Object> position = position(progress);
                if (!position.equals(last)) {
                    last = position;
                    moved = now;
                }
                // A worker that starts again may count from 0.
                consumed = Math.max(consumed, Undisturbed.consumed(progress));
                injector.tick(consumed, expected.work(), Duration.ofNanos(now - start));
                if (now - moved > stall.toNanos()) {
                    throw failure(
                            "no progress for " + stall.toMillis() + " ms" + sightings.describe(), job, injector, e);
                }
                if (now - start > limit.toNanos()) {
                    throw failure(
                            "not ended after " + limit.toMillis() + " ms" + sightings.describe(), job, injector, e);
                }
            }
        }
    }

    /** The end of the job, as a future; the waits of a job cannot be told from its failures. */
    private CompletableFuture<JobProgress> end(Job job) {
        CompletableFuture<JobProgress> end = new CompletableFuture<>();
        // It outlasts the watch, which tells more.
        Duration longest = limit.plus(CANCEL);
        Daemons.start("ghee-testing " + job.name(), () -> {
            try {
                end.complete(job.await(longest));
            } catch (Throwable e) {
                end.completeExceptionally(e);
            }
        });
        return end;
    }

    /** All that moves when a job does; the times always do. */
    private static List<Object> position(JobProgress progress) {
        return progress.stages().stream()
                .<Object>map(stage -> List.of(
                        stage.epoch(), stage.recordsIn(), stage.recordsOut(), stage.batchesIn(), stage.queued()))
                .toList();
    }

    private void cleanUp(Job job, Sightings sightings) throws InterruptedException {
        try {
            Waiting.call(CANCEL, "cancelling " + job.name(), () -> {
                job.cancel();
                return job;
            });
        } catch (InfrastructureException e) {
            log.accept(e.reason());
        }
        List<String> rest = sightings.killRest();
        if (!rest.isEmpty()) {
            log.accept("left after the end of " + job.name() + " and killed: " + rest);
        }
    }

    private AssertionError failure(String what, Job job, Injector injector, @Nullable Throwable cause) {
        return new AssertionError(
                "seed " + schedule.seed() + ", job " + job.name() + ": " + what + "\nschedule: " + schedule
                        + "\nstruck: " + injector.struck() + "\nprogress: "
                        + job.progress().stages() + "\nproxy: " + proxy,
                cause);
    }
}
