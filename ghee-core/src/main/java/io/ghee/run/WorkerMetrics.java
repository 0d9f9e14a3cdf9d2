package io.ghee.run;

import io.ghee.run.WorkerProgress.Point;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The counters and the clock of one worker: written by one thread at a time, its task's but for what is got ready ahead, read by any. */
public final class WorkerMetrics {
    private final int stage;
    private final int replica;
    private final AtomicLong recordsIn = new AtomicLong();
    private final AtomicLong recordsOut = new AtomicLong();
    private final AtomicLong batchesIn = new AtomicLong();
    private final AtomicLong bytesOut = new AtomicLong();
    private final AtomicLong padded = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong quarantined = new AtomicLong();
    private final Map<Activity, AtomicLong> nanos = new EnumMap<>(Activity.class);
    private final Map<String, Map<Integer, Long>> tallies = new TreeMap<>();
    private Map<String, List<Point>> points = new TreeMap<>();
    private volatile @Nullable Queue<WorkerProgress.Settled> settled;
    private volatile Map<Integer, Long> marks = Map.of();
    private volatile long knows;
    private volatile long proposed;
    private volatile long agrees;
    private volatile Map<String, Long> lags = Map.of();
    private volatile long[] creditNanos = new long[0];
    private volatile Ledger ledger = Ledger.none();
    private volatile int attempt;
    private volatile int epoch = 1;
    private volatile int outstanding;
    private volatile Activity activity = Activity.WAIT_DRIVER;
    private volatile long sinceNanos = System.nanoTime();
    private volatile boolean ended;
    private volatile boolean draining;
    private volatile boolean stopped;
    private boolean filling;
    private volatile WorkerProgress.Training training = new WorkerProgress.Training(0, 0, 0);

    private final HangWatch watch;
    private volatile @Nullable Thread task;

    public WorkerMetrics(int stage, int replica) {
        this(stage, replica, HangWatch.PATIENCE);
    }

    /** @param patience how long one step may take before it is told */
    WorkerMetrics(int stage, int replica, Duration patience) {
        this.stage = stage;
        this.replica = replica;
        this.watch = new HangWatch(patience);
        for (Activity each : Activity.values()) {
            nanos.put(each, new AtomicLong());
        }
    }

    /** The task begins, on this thread. */
    void started() {
        task = Thread.currentThread();
        ended = false;
        sinceNanos = System.nanoTime();
    }

    /** The task has ended: the clock stops. */
    void ended() {
        in(activity);
        ended = true;
    }

    /** Another attempt of the last stage begins: what was counted in an earlier one is void. */
    synchronized void attempt(int number) {
        if (number != attempt) {
            attempt = number;
            ended = false;
            sinceNanos = System.nanoTime();
            tallies.clear();
            points.clear();
            recordsIn.set(0);
            recordsOut.set(0);
            batchesIn.set(0);
            padded.set(0);
            dropped.set(0);
            training = new WorkerProgress.Training(0, 0, 0);
        }
    }

    /** This attempt goes on from another one: what was counted by then counts. */
    synchronized void resume(Map<String, Map<Integer, Long>> tallied) {
        tallied.forEach((name, byEpoch) -> tallies.put(name, new TreeMap<>(byEpoch)));
    }

    /** What has been counted in training. */
    synchronized Start.Counted counted() {
        Map<String, Map<Integer, Long>> tallied = new TreeMap<>();
        tallies.forEach((name, byEpoch) -> tallied.put(name, new TreeMap<>(byEpoch)));
        return new Start.Counted(training, tallied);
    }

    void ledger(Ledger now) {
        ledger = now;
    }

    /**
     * From now on the worker does this.
     *
     * @return what it did until now
     */
    Activity in(Activity next) {
        long now = System.nanoTime();
        Activity before = activity;
        add(before, now - sinceNanos);
        sinceNanos = now;
        activity = next;
        return before;
    }

    /** Of what was counted as one activity, so much was in truth another. */
    void move(Activity from, Activity to, long amount) {
        add(from, -amount);
        add(to, amount);
    }

    private void add(Activity what, long amount) {
        AtomicLong sum = nanos.get(what);
        if (sum != null) {
            add(sum, amount);
        }
    }

    /** How long each consumer has been waited for. */
    void creditNanos(long[] byConsumer) {
        creditNanos = byConsumer;
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

    /** A batch was added that only fills up. */
    void padded(long records) {
        add(padded, records);
    }

    /** Records were left out so that all ranks have the same number of batches. */
    void dropped(long records) {
        add(dropped, records);
    }

    /** Malformed records were put aside. */
    void quarantined(long records) {
        add(quarantined, records);
    }

    /** How many records are ahead in each split that is being read. */
    void lags(Map<String, Long> bySplit) {
        lags = Map.copyOf(bySplit);
    }

    void training(WorkerProgress.Training now) {
        training = now;
    }

    /** What is pushed meanwhile only fills up, and is not counted. */
    void filling(boolean now) {
        filling = now;
    }

    synchronized void tally(String name, int inEpoch, long count) {
        if (filling) {
            return;
        }
        tallies.computeIfAbsent(name, n -> new TreeMap<>()).merge(inEpoch, count, Long::sum);
    }

    synchronized void report(String metric, Point point) {
        points.computeIfAbsent(metric, m -> new ArrayList<>()).add(point);
    }

    /** The driver has answered. */
    public void guided(Guidance now) {
        if (now.agreed() > knows && !now.marks().isEmpty()) {
            marks = now.marks();
            knows = now.agreed();
        }
        proposed = now.proposed();
        if (now.draining()) {
            draining = true;
        }
        if (now.stopped()) {
            stopped = true;
        }
        Queue<WorkerProgress.Settled> told = settled;
        Ledger kept = ledger;
        for (WorkerProgress.Settled unit : now.settled()) {
            // What comes late may be of an attempt that is void.
            if (unit.generation() == kept.generation()) {
                kept.close(unit.epoch(), unit.unit());
                if (told != null) {
                    told.add(unit);
                }
            }
        }
    }

    /** True once the job is to end as if its input ended here. */
    boolean isDraining() {
        return draining;
    }

    /** True once the trial is to end. */
    boolean isStopped() {
        return stopped;
    }

    /** The number of the marks that are proposed. */
    long proposed() {
        return proposed;
    }

    /** Everything is committed that had arrived before a proposal was known. */
    void agrees(long proposal) {
        agrees = proposal;
    }

    /** The marks that stand, by split. */
    Map<Integer, Long> marks() {
        return marks;
    }

    /** Whom to tell what {@link #settled} is told; thread-safe. */
    void settledTo(Queue<WorkerProgress.Settled> queue) {
        settled = queue;
    }

    /** How far the worker is; takes the points that have come since the last call. */
    public synchronized WorkerProgress progress() {
        Map<String, Map<Integer, Long>> tallied = new TreeMap<>();
        tallies.forEach((name, byEpoch) -> tallied.put(name, new TreeMap<>(byEpoch)));
        Map<String, List<Point>> fresh = points;
        points = new TreeMap<>();
        Ledger now = ledger;
        return new WorkerProgress(
                stage,
                replica,
                attempt,
                epoch,
                recordsIn.get(),
                recordsOut.get(),
                batchesIn.get(),
                bytesOut.get(),
                padded.get(),
                dropped.get(),
                times(),
                Arrays.stream(creditNanos).boxed().toList(),
                outstanding,
                training,
                tallied,
                fresh,
                new TreeMap<>(lags),
                quarantined.get(),
                now.generation(),
                now.entries(),
                agrees,
                knows,
                hang(fresh));
    }

    private WorkerProgress.@Nullable Hang hang(Map<String, List<Point>> fresh) {
        // While a batch is serialised and sent, it may wait for credit.
        Thread computing = activity == Activity.COMPUTE && !ended ? task : null;
        List<Long> counts = Stream.concat(Stream.of(recordsIn, recordsOut), nanos.values().stream())
                .map(AtomicLong::get)
                .toList();
        return watch.look(computing, List.of(sinceNanos, counts, fresh), System.nanoTime());
    }

    private Map<Activity, Long> times() {
        Map<Activity, Long> times = new EnumMap<>(Activity.class);
        Activity now = activity;
        long running = ended ? 0 : System.nanoTime() - sinceNanos;
        nanos.forEach((each, sum) -> times.put(each, sum.get() + (each == now ? running : 0)));
        long compute = times.getOrDefault(Activity.COMPUTE, 0L);
        if (compute < 0) {
            // What reading takes is an estimate, and was estimated to be more than there was.
            times.merge(Activity.READ, compute, Long::sum);
            times.put(Activity.COMPUTE, 0L);
        }
        return times;
    }

    /** Adds without a fence: there is one writer. */
    private static void add(AtomicLong counter, long n) {
        counter.lazySet(counter.getPlain() + n);
    }
}
