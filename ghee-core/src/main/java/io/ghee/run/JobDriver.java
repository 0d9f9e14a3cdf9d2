package io.ghee.run;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.StageFailedException;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.source.Split;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The driver's side of a job: hands out splits, deals batches, hears how far the workers are, and knows when they are
 * done or the first of them has failed. Where they run is none of its business. Thread-safe.
 */
public final class JobDriver implements Coordinator {
    private static final int SKIPPED_SHOWN = 20;
    private static final int POINTS_KEPT = 4096;

    private final String job;
    private final Plan plan;
    private final List<Split> splits;
    private final long startNanos = System.nanoTime();
    private final CompletableFuture<List<String>> outcome = new CompletableFuture<>();

    private int epoch = 1;
    private int nextSplit;
    private final Map<String, long[]> dealt = new HashMap<>();
    private final Map<String, WorkerProgress> latest = new LinkedHashMap<>();
    private final Map<String, List<Point>> points = new TreeMap<>();
    private final Map<String, String> finished = new TreeMap<>();
    private final Set<String> skipped = new LinkedHashSet<>();
    private @Nullable Duration wall;

    private JobDriver(String job, Plan plan, List<Split> splits) {
        this.job = job;
        this.plan = plan;
        this.splits = splits;
    }

    /**
     * Opens a job: cuts its source into splits and prepares its sink.
     *
     * @throws InputException if the source is missing, unreadable or empty
     * @throws io.ghee.ConfigurationException if the sink cannot be written
     * @throws InfrastructureException if the sink did not answer
     */
    public static JobDriver open(String job, Plan plan) {
        List<Split> splits;
        try {
            splits = List.copyOf(plan.source().splits(plan.stage(0).replicas()));
        } catch (IOException e) {
            throw new InputException(plan.source().describe() + ": " + e.getMessage(), e);
        }
        try {
            plan.sink().prepare(job);
        } catch (IOException e) {
            throw new InfrastructureException(plan.sink().describe() + ": " + e.getMessage(), e);
        }
        return new JobDriver(job, plan, splits);
    }

    public String job() {
        return job;
    }

    public Plan plan() {
        return plan;
    }

    /** Completed with what the last stage's replicas finished, or exceptionally with what ended the job. */
    CompletableFuture<List<String>> outcome() {
        return outcome;
    }

    @Override
    public synchronized Assignment nextSplit(int replica) {
        if (nextSplit == splits.size() && epoch < plan.input().passes()) {
            epoch++;
            nextSplit = 0;
        }
        return nextSplit < splits.size()
                ? new Assignment(epoch, splits.get(nextSplit++))
                : new Assignment(plan.input().passes(), null);
    }

    @Override
    public synchronized int deal(int stage, int inEpoch, int amount) {
        long[] soFar = dealt.computeIfAbsent(
                stage + "/" + inEpoch, k -> new long[plan.stage(stage + 1).replicas()]);
        int fewest = 0;
        for (int consumer = 1; consumer < soFar.length; consumer++) {
            if (soFar[consumer] < soFar[fewest]) {
                fewest = consumer;
            }
        }
        soFar[fewest] += amount;
        return fewest;
    }

    /** A record that is met again in another epoch is the same record: it counts once. */
    @Override
    public synchronized boolean skip(int stage, int replica, String message) {
        if (skipped.contains(message)) {
            return true;
        }
        return skipped.size() < plan.maxBadRecords() && skipped.add(message);
    }

    @Override
    public synchronized void progress(WorkerProgress now) {
        String worker = now.stage() + "/" + now.replica();
        now.points().forEach((metric, fresh) -> {
            List<Point> all = points.computeIfAbsent(metric, m -> new ArrayList<>());
            all.addAll(fresh);
            thin(all);
        });
        if (!finished.containsKey(worker)) {
            latest.put(worker, now);
        }
    }

    /** Halves a series that has grown too long, keeping every second value. */
    private static void thin(List<Point> all) {
        if (all.size() > POINTS_KEPT) {
            List<Point> kept = new ArrayList<>();
            for (int k = all.size() - 1; k >= 0; k -= 2) {
                kept.add(0, all.get(k));
            }
            all.clear();
            all.addAll(kept);
        }
    }

    @Override
    public void finished(int stage, int replica, String committable, WorkerProgress progress) {
        List<String> committables = null;
        synchronized (this) {
            progress(progress);
            finished.put(stage + "/" + replica, committable);
            if (finished.size() == plan.workers()) {
                committables = lastStage().map(key -> finished.get(key)).toList();
            }
        }
        if (committables != null) {
            outcome.complete(committables);
        }
    }

    private Stream<String> lastStage() {
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        return IntStream.range(0, last.replicas()).mapToObj(replica -> last.index() + "/" + replica);
    }

    @Override
    public void failed(Failure failure) {
        fail(new StageFailedException(failure));
    }

    /** Ends the job, unless it has ended. */
    public void fail(GheeException reason) {
        outcome.completeExceptionally(reason);
    }

    /** True once the job has succeeded or failed, though its workers may still be ending. */
    public boolean isDecided() {
        return outcome.isDone();
    }

    /** True once every worker has finished. */
    public boolean hasSucceeded() {
        return outcome.isDone() && !outcome.isCompletedExceptionally();
    }

    /** The wall time ends here. */
    synchronized void ended() {
        wall = Duration.ofNanos(System.nanoTime() - startNanos);
    }

    /** How far the job is. */
    public synchronized JobProgress jobProgress() {
        List<JobProgress.StageProgress> stages = new ArrayList<>();
        Map<String, Map<Integer, Long>> tallies = new TreeMap<>();
        int queued = 0;
        long records = 0;
        long nanos = 0;
        long stallNanos = 0;
        for (PlannedStage stage : plan.stages()) {
            List<WorkerProgress> workers = latest.values().stream()
                    .filter(worker -> worker.stage() == stage.index())
                    .toList();
            stages.add(add(stage, workers, queued));
            queued = workers.stream().mapToInt(WorkerProgress::outstanding).sum();
            for (WorkerProgress worker : workers) {
                records += worker.training().records();
                if (worker.training().nanos() > nanos) {
                    nanos = worker.training().nanos();
                    stallNanos = worker.training().stallNanos();
                }
                worker.tallies()
                        .forEach((name, byEpoch) ->
                                byEpoch.forEach((in, count) -> tallies.computeIfAbsent(name, n -> new TreeMap<>())
                                        .merge(in, count, Long::sum)));
            }
        }
        Map<String, List<Point>> metrics = new TreeMap<>();
        points.forEach((name, all) -> metrics.put(name, List.copyOf(all)));
        return new JobProgress(
                wall == null ? Duration.ofNanos(System.nanoTime() - startNanos) : wall,
                List.copyOf(stages),
                new WorkerProgress.Training(records, nanos, stallNanos),
                tallies,
                metrics,
                skipped.size(),
                skipped.stream().limit(SKIPPED_SHOWN).toList());
    }

    private static JobProgress.StageProgress add(PlannedStage stage, List<WorkerProgress> workers, int queued) {
        long[] batchesIn = new long[stage.replicas()];
        workers.forEach(worker -> batchesIn[worker.replica()] = worker.batchesIn());
        long waitNanos = workers.stream().mapToLong(WorkerProgress::waitNanos).sum();
        long wallNanos = workers.stream().mapToLong(WorkerProgress::wallNanos).sum();
        return new JobProgress.StageProgress(
                stage.name(),
                stage.replicas(),
                workers.stream().mapToInt(WorkerProgress::epoch).min().orElse(0),
                workers.stream().mapToLong(WorkerProgress::recordsIn).sum(),
                workers.stream().mapToLong(WorkerProgress::recordsOut).sum(),
                Arrays.stream(batchesIn).boxed().toList(),
                workers.stream().mapToLong(WorkerProgress::bytesOut).sum(),
                (wallNanos - waitNanos) / 1e9,
                waitNanos / 1e9,
                queued);
    }
}
