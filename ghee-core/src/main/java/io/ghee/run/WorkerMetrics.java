package io.ghee.run;

import io.ghee.run.WorkerProgress.Point;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** The counters of one worker: written by its task's thread, read by any. */
public final class WorkerMetrics {
    private final int stage;
    private final int replica;
    private final AtomicLong recordsIn = new AtomicLong();
    private final AtomicLong recordsOut = new AtomicLong();
    private final AtomicLong batchesIn = new AtomicLong();
    private final AtomicLong bytesOut = new AtomicLong();
    private final AtomicLong waitNanos = new AtomicLong();
    private final Map<String, Map<Integer, Long>> tallies = new TreeMap<>();
    private Map<String, List<Point>> points = new TreeMap<>();
    private volatile int epoch = 1;
    private volatile int outstanding;
    private volatile long startNanos = System.nanoTime();
    private volatile long endNanos;
    private volatile WorkerProgress.Training training = new WorkerProgress.Training(0, 0, 0);

    public WorkerMetrics(int stage, int replica) {
        this.stage = stage;
        this.replica = replica;
    }

    /** The task begins, or begins again. */
    void started() {
        startNanos = System.nanoTime();
    }

    void ended() {
        endNanos = System.nanoTime();
    }

    void epoch(int number) {
        epoch = number;
    }

    void outstanding(int batches) {
        outstanding = batches;
    }

    void received(long records, long batches) {
        add(recordsIn, records);
        add(batchesIn, batches);
    }

    void sent(long records, long bytes) {
        add(recordsOut, records);
        add(bytesOut, bytes);
    }

    void waited(long nanos) {
        add(waitNanos, nanos);
    }

    void training(WorkerProgress.Training now) {
        training = now;
    }

    synchronized void tally(String name, int inEpoch, long count) {
        tallies.computeIfAbsent(name, n -> new TreeMap<>()).merge(inEpoch, count, Long::sum);
    }

    synchronized void report(String metric, double value) {
        points.computeIfAbsent(metric, m -> new ArrayList<>()).add(new Point(recordsIn.get(), value));
    }

    /** How far the worker is; takes the points that have come since the last call. */
    public synchronized WorkerProgress progress() {
        Map<String, Map<Integer, Long>> tallied = new TreeMap<>();
        tallies.forEach((name, byEpoch) -> tallied.put(name, new TreeMap<>(byEpoch)));
        Map<String, List<Point>> fresh = points;
        points = new TreeMap<>();
        long end = endNanos == 0 ? System.nanoTime() : endNanos;
        return new WorkerProgress(
                stage,
                replica,
                epoch,
                recordsIn.get(),
                recordsOut.get(),
                batchesIn.get(),
                bytesOut.get(),
                waitNanos.get(),
                end - startNanos,
                outstanding,
                training,
                tallied,
                fresh);
    }

    /** Adds without a fence: there is one writer. */
    private static void add(AtomicLong counter, long n) {
        counter.lazySet(counter.getPlain() + n);
    }
}
