package io.ghee.run;

import io.ghee.distribution.Distribution;
import io.ghee.function.BatchFunction;
import io.ghee.function.BatchTally;
import io.ghee.function.FlatMapFunction;
import io.ghee.function.Opener;
import io.ghee.function.RecordFunction;
import io.ghee.function.RecordPredicate;
import io.ghee.function.WithFunction;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.plan.Step;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds the chains of one replica, from the last link to the first. What its functions open is opened once and outlives the
 * chains: every generation of the job builds one anew.
 */
final class Chain implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Chain.class);

    private final Plan plan;
    private final PlannedStage stage;
    private final int replica;
    private final WorkerMetrics metrics;
    private final Faults faults;
    private final Map<Integer, Object> opened;
    /** What the seeds of shuffles differ by. */
    private final int lane;

    Chain(Plan plan, PlannedStage stage, int replica, WorkerMetrics metrics, Faults faults) {
        this(plan, stage, replica, replica, metrics, faults, new HashMap<>());
    }

    private Chain(
            Plan plan,
            PlannedStage stage,
            int replica,
            int lane,
            WorkerMetrics metrics,
            Faults faults,
            Map<Integer, Object> opened) {
        this.plan = plan;
        this.stage = stage;
        this.replica = replica;
        this.lane = lane;
        this.opened = opened;
        this.metrics = metrics;
        this.faults = faults;
    }

    /** Builds chains of one lane of a replica, whose shuffles are of their own. */
    Chain ofLane(int number) {
        return new Chain(plan, stage, replica, number, metrics, faults, opened);
    }

    /** True if records may come out of the chain later than others that came in after them. */
    boolean holdsBack() {
        return stage.steps().stream().anyMatch(Chain::holdsBack) || crossing() != null;
    }

    private static boolean holdsBack(Step step) {
        return step instanceof Step.Shuffle || step instanceof Step.Group;
    }

    private PlannedStage.@Nullable Crossing crossing() {
        return stage.output() instanceof PlannedStage.ToStage to ? to.group() : null;
    }

    /**
     * Builds the links of some of the stage's steps in front of {@code terminal}.
     *
     * @param from the first step
     * @param to behind the last step
     * @param consumed what has arrived in earlier generations; left out behind the step where records last fan out
     */
    Node build(int from, int to, Lineage lineage, Consumed consumed, Node terminal) throws Exception {
        Node node = terminal;
        if (to == stage.steps().size() && stage.output() instanceof PlannedStage.ToStage next) {
            PlannedStage.Crossing crossing = next.group();
            // byKey groups the records of each consumer for themselves.
            if (crossing != null && !(next.distribution() instanceof Distribution.ByKey)) {
                node = new Node.Group(crossing.records(), Optional.of(crossing.linger()), lineage, node);
            }
        }
        boolean skips = !consumed.isEmpty() && stage.index() == plan.lastFanOut() && !plan.broadcasts(stage);
        for (int k = to - 1; k >= from; k--) {
            Step step = stage.steps().get(k);
            if (skips && step instanceof Step.FlatMapRecords) {
                node = new Node.SkipConsumed(consumed, lineage, node);
                skips = false;
            }
            boolean held = stage.steps().subList(from, k).stream().anyMatch(Chain::holdsBack);
            node = node(k, step, lineage, held ? faults.behindHeldRecords() : faults, node);
        }
        return node;
    }

    @SuppressWarnings("unchecked")
    private Node node(int index, Step step, Lineage lineage, Faults faulty, Node next) throws Exception {
        if (step instanceof Step.MapRecords map) {
            return new Node.MapRecords((RecordFunction<Object, Object>) map.function(), lineage, faulty, next);
        } else if (step instanceof Step.MapRecordsWith map) {
            Object resource = open(index, map.opener());
            WithFunction<Object, Object, Object> function = (WithFunction<Object, Object, Object>) map.function();
            return new Node.MapRecords(record -> function.apply(resource, record), lineage, faulty, next);
        } else if (step instanceof Step.MapBatchesWith map) {
            Object resource = open(index, map.opener());
            WithFunction<Object, Object, List<Object>> function =
                    (WithFunction<Object, Object, List<Object>>) map.function();
            return new Node.MapBatches(batch -> function.apply(resource, batch), lineage, faulty, next);
        } else if (step instanceof Step.FlatMapRecords map) {
            return new Node.FlatMapRecords((FlatMapFunction<Object, Object>) map.function(), lineage, faulty, next);
        } else if (step instanceof Step.FilterRecords filter) {
            return new Node.Filter((RecordPredicate<Object>) filter.predicate(), lineage, faulty, next);
        } else if (step instanceof Step.HoldOut holdOut) {
            return new Node.HoldOut(
                    (RecordPredicate<Object>) holdOut.predicate(), plan.input().heldOutPass(), lineage, faulty, next);
        } else if (step instanceof Step.Shuffle shuffle) {
            return new Node.Shuffle(shuffle.window(), shuffle.seed(), lane, lineage, next);
        } else if (step instanceof Step.Group group) {
            return new Node.Group(group.size(), group.maybeLinger(), lineage, next);
        } else if (step instanceof Step.Ungroup) {
            return new Node.Ungroup(lineage, next);
        } else if (step instanceof Step.MapBatches map) {
            return new Node.MapBatches((BatchFunction<Object, Object>) map.function(), lineage, faulty, next);
        } else if (step instanceof Step.Tally tally) {
            return new Node.Tally(tally.name(), (BatchTally<Object>) tally.tally(), metrics, faulty, next);
        }
        throw new IllegalStateException("a plan has no " + step.describe() + " inside a stage");
    }

    private Object open(int index, Opener<?> opener) throws Exception {
        Object resource = opened.get(index);
        if (resource == null) {
            resource = opener.open(replica);
            opened.put(index, resource);
        }
        return resource;
    }

    @Override
    public void close() {
        for (Object resource : opened.values()) {
            if (resource instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    LOG.warn("stage {}, replica {}: closing failed", stage.name(), replica, e);
                }
            }
        }
        opened.clear();
    }
}
