package io.ghee.plan;

import io.ghee.distribution.Distribution;
import io.ghee.sink.Sink;
import io.ghee.source.Source;
import io.ghee.train.Checkpoints;
import io.ghee.train.Trials;
import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What will run: stages in a row, each with its environment, its fused steps and its edge to the next. Made by
 * {@link Planner}; a value that travels to every worker.
 */
public record Plan(String pipeline, Limits limits, List<PlannedStage> stages) implements Serializable {
    /**
     * What a job puts up with.
     *
     * @param badRecords malformed records that are left out
     * @param restarts how often each worker may be lost within ten minutes
     * @param exactlyOnce false if records may arrive twice after a loss
     * @param commitMillis how often the sink commits on the way; 0 if it commits once, in the end
     * @param checkpoints what training goes on from after a loss; null if it begins anew
     * @param seed of the order in which records are trained on; null if that is left to chance
     */
    public record Limits(
            long badRecords,
            int restarts,
            boolean exactlyOnce,
            long commitMillis,
            @Nullable Checkpoints checkpoints,
            @Nullable Long seed)
            implements Serializable {
        /** What is so if nothing else is said. */
        public static final Limits DEFAULT = new Limits(0, 3, true, 0, null, null);

        public Limits withBadRecords(long n) {
            return new Limits(n, restarts, exactlyOnce, commitMillis, checkpoints, seed);
        }

        public Limits withRestarts(int n) {
            return new Limits(badRecords, n, exactlyOnce, commitMillis, checkpoints, seed);
        }

        public Limits withExactlyOnce(boolean yes) {
            return new Limits(badRecords, restarts, yes, commitMillis, checkpoints, seed);
        }

        public Limits withCommitMillis(long millis) {
            return new Limits(badRecords, restarts, exactlyOnce, millis, checkpoints, seed);
        }

        public Limits withCheckpoints(Checkpoints which) {
            return new Limits(badRecords, restarts, exactlyOnce, commitMillis, which, seed);
        }

        public Limits withSeed(long of) {
            return new Limits(badRecords, restarts, exactlyOnce, commitMillis, checkpoints, of);
        }
    }

    public Plan {
        stages = List.copyOf(stages);
    }

    public PlannedStage stage(int index) {
        return stages.get(index);
    }

    /** What the first stage reads. */
    public PlannedStage.FromSource input() {
        return (PlannedStage.FromSource) stages.get(0).input();
    }

    public Source<?> source() {
        return input().source();
    }

    /** Where the last stage writes. */
    public Sink<?> sink() {
        return ((PlannedStage.ToSink) stages.get(stages.size() - 1).output()).sink();
    }

    public int workers() {
        return stages.stream().mapToInt(PlannedStage::replicas).sum();
    }

    /** A number for each worker, from 0, in the order of the stages. */
    public int worker(int stage, int replica) {
        return stages.subList(0, stage).stream()
                        .mapToInt(PlannedStage::replicas)
                        .sum()
                + replica;
    }

    /** True for the stage that writes or trains: the only one with effects. */
    public boolean isLast(PlannedStage stage) {
        return stage.index() == stages.size() - 1;
    }

    /** How a stage is given its batches, or null if it reads them. */
    public @Nullable Distribution distributionInto(PlannedStage stage) {
        return stage.input() instanceof PlannedStage.FromStage from
                        && stage(from.stage()).output() instanceof PlannedStage.ToStage to
                ? to.distribution()
                : null;
    }

    /** The name by which the sink knows a job of this plan: the job's own, unless later ones may go on with it. */
    public String sinkJob(String job) {
        return commits() ? pipeline : job;
    }

    /** True if the sink commits on the way. */
    public boolean commits() {
        return limits.commitMillis() > 0;
    }

    /** What training goes on from after a loss; null if it begins anew. */
    public @Nullable Checkpoints checkpoints() {
        return limits.checkpoints();
    }

    /** The trials of the last stage; null if it does not sweep. */
    public @Nullable Trials trials() {
        return stages.get(stages.size() - 1).steps().stream()
                .filter(Step.TrainEach.class::isInstance)
                .map(step -> ((Step.TrainEach) step).trials())
                .findFirst()
                .orElse(null);
    }

    /** True if the order in which records are trained on is always the same. */
    public boolean isDeterministic() {
        return limits.seed() != null;
    }

    /** True if the origins of records are followed: if a lost worker begins again, and does not do so from the source. */
    public boolean follows() {
        return (limits.restarts() > 0 || commits() || checkpoints() != null || isDeterministic()) && stages.size() > 1;
    }

    /** True if {@code stage} sends to all replicas of the next one. */
    public boolean broadcasts(PlannedStage stage) {
        return stage.output() instanceof PlannedStage.ToStage to && to.distribution() instanceof Distribution.Broadcast;
    }

    /** The last stage, before the last one of all, in which one record can become several; -1 if there is none. */
    public int lastFanOut() {
        for (int k = stages.size() - 2; k >= 0; k--) {
            boolean flatMaps = stage(k).steps().stream().anyMatch(Step.FlatMapRecords.class::isInstance);
            if (flatMaps || broadcasts(stage(k))) {
                return k;
            }
        }
        return -1;
    }
}
