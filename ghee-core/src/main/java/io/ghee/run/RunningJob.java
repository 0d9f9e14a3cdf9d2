package io.ghee.run;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job from start to end, whatever launched it: starts the workers, waits for their outcome on a thread of its own, stops
 * what is left of them, then commits or aborts. Cancelled when the JVM ends.
 */
public final class RunningJob implements Job {
    private static final Logger LOG = LoggerFactory.getLogger(RunningJob.class);
    private static final Duration GRACE = Duration.ofSeconds(5);
    /** How long {@link #cancel} waits: the grace of the workers, and time to kill and clean up. */
    private static final Duration CANCEL = GRACE.plusSeconds(10);

    private final JobDriver driver;
    private final Workers workers;
    private final CompletableFuture<JobProgress> end = new CompletableFuture<>();
    private final Thread shutdown;
    private final SourceWatch watch;

    private RunningJob(JobDriver driver, Workers workers) {
        this.driver = driver;
        this.workers = workers;
        this.watch = new SourceWatch(driver);
        this.shutdown = new Thread(this::cancelAtShutdown, "ghee-shutdown-" + driver.job());
    }

    /** Runs a job that has been opened. */
    public static RunningJob start(JobDriver driver, Workers workers) {
        RunningJob job = new RunningJob(driver, workers);
        Runtime.getRuntime().addShutdownHook(job.shutdown);
        Thread thread = new Thread(job::run, "ghee-driver-" + driver.job());
        thread.setDaemon(true);
        thread.start();
        return job;
    }

    private void run() {
        GheeException failure = null;
        List<String> finished = List.of();
        try {
            workers.start();
            watch.start();
            finished = driver.outcome().get();
        } catch (ExecutionException e) {
            failure = asGhee(e.getCause());
        } catch (InterruptedException | RuntimeException e) {
            failure = asGhee(e);
        }
        failure = close(failure, finished);
        try {
            watch.end(failure == null);
        } catch (InterruptedException e) {
            failure = failure == null ? asGhee(e) : failure;
        }
        driver.ended();
        unhook();
        if (failure == null) {
            end.complete(driver.jobProgress());
        } else {
            end.completeExceptionally(failure);
        }
    }

    private @Nullable GheeException close(@Nullable GheeException failure, List<String> finished) {
        try {
            driver.fail(new GheeException(GheeException.Kind.CANCELLED, "the job has ended"));
            workers.stop(GRACE);
            if (failure == null && driver.isDraining()) {
                // All is committed, and what goes on from there is still to come.
                return null;
            } else if (failure == null) {
                driver.plan().sink().commit(driver.plan().sinkJob(driver.job()), finished);
                driver.forget();
                return null;
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            failure = failure != null ? failure : asGhee(e);
            LOG.debug("job {}: ending failed", driver.job(), e);
        }
        try {
            driver.plan().sink().abort(driver.plan().sinkJob(driver.job()));
        } catch (IOException | RuntimeException e) {
            LOG.warn(
                    "job {}: what it wrote could not be taken away from {}: {}",
                    driver.job(),
                    driver.plan().sink().describe(),
                    e.toString());
        }
        return failure;
    }

    private static GheeException asGhee(@Nullable Throwable e) {
        return e instanceof GheeException ghee ? ghee : new InfrastructureException("the driver failed: " + e, e);
    }

    private void unhook() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdown);
        } catch (IllegalStateException e) {
            LOG.debug("job {} ended while the JVM was ending", driver.job());
        }
    }

    private void cancelAtShutdown() {
        try {
            cancel();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String name() {
        return driver.job();
    }

    @Override
    public JobProgress await() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            throw asGhee(e.getCause());
        }
    }

    @Override
    public JobProgress await(Duration timeout) throws InterruptedException {
        try {
            return end.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw asGhee(e.getCause());
        } catch (TimeoutException e) {
            JobProgress now = progress();
            throw new InfrastructureException(
                    "job " + name() + " has not ended after " + timeout.toMillis() + " ms; it is at " + now.stages()
                            + (now.hangs().isEmpty() ? "" : "; " + String.join("; ", now.hangs())),
                    e);
        }
    }

    @Override
    public JobProgress progress() {
        return driver.jobProgress();
    }

    @Override
    public void stop(Duration timeout) throws InterruptedException {
        if (!driver.plan().commits()) {
            throw new ConfigurationException(
                    "job " + name() + " cannot be stopped on the way: it commits once, in the end"
                            + " (expected: a pipeline with commitEvery, or cancel())");
        }
        driver.drain();
        try {
            end.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw asGhee(e.getCause());
        } catch (TimeoutException e) {
            throw new InfrastructureException(
                    "job " + name() + " has not ended " + timeout.toMillis()
                            + " ms after it was stopped; it is still writing what it has read, at "
                            + progress().stages() + " (expected: a longer time, or cancel(), and what is not committed"
                            + " is done again by the next job of this name)",
                    e);
        }
    }

    @Override
    public void rescale(String stage, int replicas) {
        driver.rescale(stage, replicas);
    }

    @Override
    public void cancel() throws InterruptedException {
        driver.fail(new GheeException(GheeException.Kind.CANCELLED, "job " + name() + " was cancelled"));
        try {
            end.get(CANCEL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            LOG.debug("job {} ended with {}", name(), String.valueOf(e.getCause()));
        } catch (TimeoutException e) {
            throw new InfrastructureException(
                    "job " + name() + " has not ended " + CANCEL.toSeconds() + " s after it was cancelled", e);
        }
    }
}
