package io.ghee.run;

import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.channel.Inlet;
import io.ghee.channel.MemoryChannel;
import io.ghee.channel.Outlet;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a job in this JVM: each replica is a thread, and batches cross by reference. */
public final class LocalLauncher implements Launcher {
    private static final Logger LOG = LoggerFactory.getLogger(LocalLauncher.class);
    private static final int CREDIT_BATCHES = 4;
    private static final long REPORT_MILLIS = 200;

    @Override
    public String name() {
        return "local";
    }

    @Override
    public Job launch(Pipeline pipeline) {
        JobDriver driver = JobDriver.open(uniqueName(pipeline), pipeline.plan());
        return RunningJob.start(driver, new Threads(driver));
    }

    /** A name for a run of {@code pipeline} that no other run has. */
    public static String uniqueName(Pipeline pipeline) {
        return pipeline.name() + "-" + Long.toString(ThreadLocalRandom.current().nextLong(36L * 36 * 36 * 36 * 36), 36);
    }

    private static final class Threads implements Workers {
        private final JobDriver driver;
        private final List<Thread> threads = new ArrayList<>();
        private final List<WorkerMetrics> metrics = new ArrayList<>();
        private @Nullable ScheduledExecutorService reporter;

        Threads(JobDriver driver) {
            this.driver = driver;
        }

        @Override
        public void start() {
            Plan plan = driver.plan();
            MemoryChannel before = null;
            for (PlannedStage stage : plan.stages()) {
                MemoryChannel after = stage.output() instanceof PlannedStage.ToStage to
                        ? new MemoryChannel(
                                stage.replicas(), plan.stage(to.stage()).replicas(), CREDIT_BATCHES)
                        : null;
                for (int replica = 0; replica < stage.replicas(); replica++) {
                    add(
                            stage,
                            replica,
                            before == null ? null : before.inlet(replica),
                            after == null ? null : after.outlet(replica));
                }
                before = after;
            }
            ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, "ghee-progress-" + driver.job());
                thread.setDaemon(true);
                return thread;
            });
            reporter = executor;
            ScheduledFuture<?> reporting = executor.scheduleAtFixedRate(
                    () -> metrics.forEach(worker -> driver.progress(worker.progress())),
                    REPORT_MILLIS,
                    REPORT_MILLIS,
                    TimeUnit.MILLISECONDS);
            LOG.debug("{} reports every {} ms: {}", driver.job(), REPORT_MILLIS, reporting);
            threads.forEach(Thread::start);
        }

        private void add(PlannedStage stage, int replica, @Nullable Inlet inlet, @Nullable Outlet outlet) {
            WorkerMetrics counters = new WorkerMetrics(stage.index(), replica);
            StageTask task =
                    new StageTask(driver.job(), driver.plan(), stage.index(), replica, driver, inlet, outlet, counters);
            Thread thread = new Thread(task::run, driver.job() + "/" + stage.name() + "-" + replica);
            thread.setDaemon(true);
            threads.add(thread);
            metrics.add(counters);
        }

        @Override
        public void stop(Duration grace) throws InterruptedException {
            if (reporter != null) {
                reporter.shutdown();
                // A report that is on its way carries points that no other one has.
                if (!reporter.awaitTermination(1, TimeUnit.SECONDS)) {
                    LOG.warn("the last report of {} is late", driver.job());
                }
            }
            threads.forEach(Thread::interrupt);
            long deadline = System.nanoTime() + grace.toNanos();
            for (Thread thread : threads) {
                long leftMillis = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
                thread.join(leftMillis);
                if (thread.isAlive()) {
                    LOG.warn("{} has not ended {} s after it was interrupted", thread.getName(), grace.toSeconds());
                }
            }
        }
    }
}
