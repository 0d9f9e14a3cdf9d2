package io.ghee.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Looks often at what the worker processes of this JVM's jobs have used, as nothing tells that once they have ended. */
final class CpuWatch {
    private static final int PERIOD_MILLIS = 500;

    private final Map<Long, WorkerProcess> last = new LinkedHashMap<>();
    private final long ownBefore = ownNanos();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "cpu-watch");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> looking =
            executor.scheduleWithFixedDelay(this::look, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);

    private CpuWatch() {}

    /**
     * What was seen.
     *
     * @param ownSeconds of this process, since the start
     * @param workers as they were when they were seen last, in the order of their start
     */
    record Seen(double ownSeconds, Map<Long, WorkerProcess> workers) {
        double cpuSeconds() {
            return ownSeconds + workerSeconds("");
        }

        /** Of the workers of a stage, or of all if it has no name. */
        double workerSeconds(String stage) {
            return workers.values().stream()
                    .filter(worker -> stage.isEmpty() || worker.name().equals(stage))
                    .mapToDouble(worker -> worker.cpu().toNanos() / 1e9)
                    .sum();
        }

        /** What the workers of a stage have read, of files, sockets and whatever else. */
        long readBytes(String stage) {
            return workers.values().stream()
                    .filter(worker -> worker.name().equals(stage))
                    .mapToLong(WorkerProcess::readBytes)
                    .sum();
        }
    }

    static CpuWatch start() {
        return new CpuWatch();
    }

    private synchronized void look() {
        for (WorkerProcess worker : WorkerProcess.all()) {
            // One that is just ending tells nothing any more.
            last.merge(worker.pid(), worker, (before, now) -> now.cpu().compareTo(before.cpu()) < 0 ? before : now);
        }
    }

    /** What there is to be seen now. */
    synchronized Seen seen() {
        look();
        return new Seen((ownNanos() - ownBefore) / 1e9, new LinkedHashMap<>(last));
    }

    Seen stop() {
        looking.cancel(false);
        executor.shutdown();
        return seen();
    }

    private static long ownNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }
}
