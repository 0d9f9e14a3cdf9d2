package io.ghee.run;

import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.train.Trials;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the workers have reported, and the sum of it. Guarded by the driver. */
final class ProgressBoard {
    private static final int SKIPPED_SHOWN = 20;
    private static final int POINTS_KEPT = 4096;

    private final Plan plan;
    private final long startNanos = System.nanoTime();
    private final Map<Integer, WorkerProgress> latest = new LinkedHashMap<>();
    private final Map<String, List<Point>> points = new TreeMap<>();
    private final Set<String> skipped = new LinkedHashSet<>();
    private final Map<Integer, Long> quarantined = new HashMap<>();
    private long quarantinedBefore;
    private @Nullable Duration wall;

    ProgressBoard(Plan plan) {
        this.plan = plan;
    }

    /** A worker is so far; {@code newer} is false for a report that comes after its last one. */
    void report(int worker, WorkerProgress now, boolean newer) {
        PlannedStage stage = plan.stages().get(now.stage());
        Trials trials = stage.sweeps() ? plan.trials() : null;
        now.points().forEach((metric, fresh) -> {
            String name = trials == null
                    ? metric
                    : trials.all().get(stage.teamOf(now.replica())).name() + "/" + metric;
            List<Point> all = points.computeIfAbsent(name, m -> new ArrayList<>());
            all.addAll(fresh);
            thin(all);
        });
        if (newer) {
            latest.put(worker, now);
            Long before = quarantined.put(worker, now.quarantined());
            if (before != null && before > now.quarantined()) {
                // Another process: what the one before has put aside is there.
                quarantinedBefore += before;
            }
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

    /** The last stage begins anew. */
    void rewind() {
        points.clear();
        int last = plan.stages().size() - 1;
        latest.values().removeIf(worker -> worker.stage() == last);
    }

    /** A record that is met again in another epoch is the same record: it counts once. */
    boolean skip(String message) {
        if (skipped.contains(message)) {
            return true;
        }
        return skipped.size() < plan.limits().badRecords() && skipped.add(message);
    }

    /** How many malformed records have been put aside. */
    long quarantined() {
        return quarantinedBefore
                + quarantined.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The wall time ends here. */
    void ended() {
        wall = Duration.ofNanos(System.nanoTime() - startNanos);
    }

    JobProgress sum(List<String> restarts, List<String> hangs, List<TrialProgress> trials) {
        List<JobProgress.StageProgress> stages = new ArrayList<>();
        Map<String, Map<Integer, Long>> tallies = new TreeMap<>();
        WorkerProgress.Training training = new WorkerProgress.Training(0, 0, 0);
        int queued = 0;
        for (PlannedStage stage : plan.stages()) {
            List<WorkerProgress> workers = latest.values().stream()
                    .filter(worker -> worker.stage() == stage.index())
                    .toList();
            stages.add(add(stage, workers, queued));
            queued = workers.stream().mapToInt(WorkerProgress::outstanding).sum();
            for (WorkerProgress worker : workers) {
                training = training.plus(worker.training());
                worker.tallies()
                        .forEach((name, byEpoch) ->
                                byEpoch.forEach((in, count) -> tallies.computeIfAbsent(name, n -> new TreeMap<>())
                                        .merge(in, count, Long::sum)));
            }
        }
        Map<String, Long> lags = new TreeMap<>();
        latest.values().forEach(worker -> lags.putAll(worker.lags()));
        Map<String, List<Point>> metrics = new TreeMap<>();
        points.forEach((name, all) -> metrics.put(name, List.copyOf(all)));
        return new JobProgress(
                wall == null ? Duration.ofNanos(System.nanoTime() - startNanos) : wall,
                List.copyOf(stages),
                training,
                tallies,
                metrics,
                skipped.size(),
                skipped.stream().limit(SKIPPED_SHOWN).toList(),
                quarantined(),
                lags,
                restarts,
                hangs,
                trials);
    }

    private JobProgress.StageProgress add(PlannedStage stage, List<WorkerProgress> workers, int queued) {
        long[] batchesIn = new long[stage.replicas()];
        Map<Activity, Double> seconds = new EnumMap<>(Activity.class);
        int consumers = stage.output() instanceof PlannedStage.ToStage to
                ? plan.stage(to.stage()).replicas()
                : 0;
        double[] waitedFor = new double[consumers];
        for (WorkerProgress worker : workers) {
            batchesIn[worker.replica()] = worker.batchesIn();
            worker.nanos().forEach((activity, nanos) -> seconds.merge(activity, nanos / 1e9, Double::sum));
            for (int consumer = 0; consumer < worker.creditNanos().size(); consumer++) {
                waitedFor[consumer] += worker.creditNanos().get(consumer) / 1e9;
            }
        }
        return new JobProgress.StageProgress(
                stage.name(),
                stage.replicas(),
                workers.stream().mapToInt(WorkerProgress::epoch).min().orElse(0),
                workers.stream().mapToLong(WorkerProgress::recordsIn).sum(),
                workers.stream().mapToLong(WorkerProgress::recordsOut).sum(),
                IntStream.range(0, batchesIn.length).mapToObj(k -> batchesIn[k]).toList(),
                workers.stream().mapToLong(WorkerProgress::bytesOut).sum(),
                workers.stream().mapToLong(WorkerProgress::padded).sum(),
                workers.stream().mapToLong(WorkerProgress::dropped).sum(),
                seconds,
                IntStream.range(0, consumers).mapToObj(k -> waitedFor[k]).toList(),
                queued);
    }
}
