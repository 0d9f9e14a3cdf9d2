package io.ghee.run;

import io.ghee.Job;
import io.ghee.Pipeline;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a job in this JVM: each replica is a thread, and batches cross by reference. */
public final class LocalLauncher implements Launcher {
    private static final Logger LOG = LoggerFactory.getLogger(LocalLauncher.class);
    private static final long REPORT_MILLIS = 200;

    private final Duration patience;

    /** As {@link io.ghee.Ghee#local} does. */
    public LocalLauncher() {
        this(HangWatch.PATIENCE);
    }

    /** @param patience how long one step may take before it is told */
    LocalLauncher(Duration patience) {
        this.patience = patience;
    }

    @Override
    public String name() {
        return "local";
    }

    @Override
    public Job launch(Pipeline pipeline) {
        JobDriver driver = JobDriver.open(uniqueName(pipeline), pipeline.plan());
        return RunningJob.start(driver, new Threads(driver, patience));
    }

    /** A name for a run of {@code pipeline} that no other run has. */
    public static String uniqueName(Pipeline pipeline) {
        return uniqueName(pipeline.name());
    }

    /** The same for the name of a pipeline. */
    public static String uniqueName(String pipeline) {
        return pipeline + "-" + Long.toString(ThreadLocalRandom.current().nextLong(36L * 36 * 36 * 36 * 36), 36);
    }

    private static final class Threads implements Workers {
        private final JobDriver driver;
        private final List<Thread> threads = new ArrayList<>();
        private final List<WorkerMetrics> metrics = new ArrayList<>();
        private final ScheduledExecutorService reporter;
        private final Duration patience;

        Threads(JobDriver driver, Duration patience) {
            this.driver = driver;
            this.patience = patience;
            this.reporter = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, "ghee-progress-" + driver.job());
                thread.setDaemon(true);
                return thread;
            });
        }

        @Override
        public void start() {
            Plan plan = driver.plan();
            MemoryWiring wiring = new MemoryWiring(driver);
            for (PlannedStage stage : plan.stages()) {
                for (int replica = 0; replica < stage.replicas(); replica++) {
                    WorkerMetrics counters = new WorkerMetrics(stage.index(), replica, patience);
                    StageTask task = new StageTask(
                            driver.job(),
                            plan,
                            stage.index(),
                            replica,
                            driver,
                            wiring.of(stage.index(), replica),
                            counters);
                    Thread thread = new Thread(task::run, driver.job() + "/" + stage.name() + "-" + replica);
                    thread.setDaemon(true);
                    threads.add(thread);
                    metrics.add(counters);
                }
            }
            ScheduledFuture<?> reporting = reporter.scheduleAtFixedRate(
                    () -> metrics.forEach(worker -> worker.guided(driver.progress(worker.progress()))),
                    REPORT_MILLIS,
                    REPORT_MILLIS,
                    TimeUnit.MILLISECONDS);
            LOG.debug("{} reports every {} ms: {}", driver.job(), REPORT_MILLIS, reporting);
            threads.forEach(Thread::start);
        }

        @Override
        public void stop(Duration grace) throws InterruptedException {
            reporter.shutdown();
            // A report that is on its way carries points that no other one has.
            if (!reporter.awaitTermination(1, TimeUnit.SECONDS)) {
                LOG.warn("the last report of {} is late", driver.job());
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
