package io.ghee.run;

import io.ghee.GheeException;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
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
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.train.Artifact;
import io.ghee.train.TrainFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one replica of one stage does, the same in a thread, a process and a pod: it builds the chain of the stage, from
 * its last step to its first, and pumps the feed until everything is through.
 *
 * <pre>
 *   Feed (source or inlet)  ->  Node  ->  Node  ->  ...  ->  Terminal (outlet, sink, or trainer)
 * </pre>
 *
 * <p>A train stage turns the drive around: the train function asks for batches, and that pumps the feed.
 */
public final class StageTask {
    private static final Logger LOG = LoggerFactory.getLogger(StageTask.class);

    private final String job;
    private final Plan plan;
    private final PlannedStage stage;
    private final int replica;
    private final Coordinator coordinator;
    private final @Nullable Inlet inlet;
    private final @Nullable Outlet outlet;
    private final WorkerMetrics metrics;
    private final Faults faults;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private @Nullable Feed feed;

    /**
     * Prepares a task; nothing happens before {@link #run}.
     *
     * @param inlet where it receives; null for the first stage
     * @param outlet where it sends; null for the last stage
     */
    public StageTask(
            String job,
            Plan plan,
            int stage,
            int replica,
            Coordinator coordinator,
            @Nullable Inlet inlet,
            @Nullable Outlet outlet,
            WorkerMetrics metrics) {
        this.job = job;
        this.plan = plan;
        this.stage = plan.stage(stage);
        this.replica = replica;
        this.coordinator = coordinator;
        this.inlet = inlet;
        this.outlet = outlet;
        this.metrics = metrics;
        this.faults = new Faults(coordinator, stage, replica, this::position, true);
    }

    private String position() {
        return feed == null ? "the start" : feed.position();
    }

    /** Runs to the end and reports to the driver, whatever the end is. Never throws an exception of the stage. */
    public void run() {
        try {
            metrics.started();
            String committable = work();
            // Before the driver hears of the end: it stops the workers that are left then.
            close();
            metrics.ended();
            coordinator.finished(stage.index(), replica, committable, metrics.progress());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            coordinator.failed(cancelled(e));
        } catch (Training.StreamBrokenException e) {
            Throwable cause = e.getCause();
            coordinator.failed(
                    cause instanceof InterruptedException
                            ? cancelled(cause)
                            : Failure.of(stage.name(), replica, cause == null ? e : cause));
        } catch (Throwable e) {
            coordinator.failed(Failure.of(stage.name(), replica, e));
        } finally {
            close();
        }
    }

    private Failure cancelled(Throwable e) {
        Failure f = Failure.of(stage.name(), replica, e);
        return new Failure(
                GheeException.Kind.CANCELLED, f.stage(), replica, f.type(), "stopped before the end", f.stack());
    }

    private String work() throws Exception {
        Step.Train train = stage.steps().stream()
                .filter(Step.Train.class::isInstance)
                .map(Step.Train.class::cast)
                .findFirst()
                .orElse(null);
        if (train == null) {
            Terminal terminal = terminal();
            Feed feed = feed(chain(stage.steps(), terminal));
            while (feed.pump()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("between two records");
                }
            }
            return terminal.finish();
        }
        return train(train);
    }

    @SuppressWarnings("unchecked")
    private String train(Step.Train train) throws Exception {
        int at = stage.steps().indexOf(train);
        Terminal.ToTrainer batches = new Terminal.ToTrainer();
        Feed feed = feed(chain(stage.steps().subList(0, at), batches));
        Training context = new Training(feed, batches, stage, replica, plan.input(), metrics);
        Artifact artifact = ((TrainFunction<Object, ?>) train.function()).train(context);
        context.exhaust();
        Terminal terminal = terminal();
        chain(stage.steps().subList(at + 1, stage.steps().size()), terminal).accept(artifact);
        return terminal.finish();
    }

    private Feed feed(Node chain) {
        Faults atEnd = stage.steps().stream().anyMatch(StageTask::holdsBack) || crosses() != null
                ? faults.behindHeldRecords()
                : faults;
        Feed made = stage.input() instanceof PlannedStage.FromStage from
                ? new Feed.OfInlet(need(inlet, "an inlet"), from, plan.input().passes(), chain, metrics, atEnd)
                : new Feed.OfSource(plan.input(), coordinator, replica, chain, metrics, faults, atEnd);
        opened.add(made);
        feed = made;
        return made;
    }

    private static boolean holdsBack(Step step) {
        return step instanceof Step.Shuffle || step instanceof Step.Group;
    }

    private PlannedStage.@Nullable Crossing crosses() {
        return stage.output() instanceof PlannedStage.ToStage to ? to.group() : null;
    }

    @SuppressWarnings("unchecked")
    private Terminal terminal() throws Exception {
        if (stage.output() instanceof PlannedStage.ToStage to) {
            Outlet sends = need(outlet, "an outlet");
            opened.add(sends);
            boolean byRows = plan.stage(to.stage()).input() instanceof PlannedStage.FromStage next
                    && (next.unbatch() || next.rebatch() > 0);
            return Terminal.ToStage.of(
                    to.distribution(), to.group(), byRows, stage.index(), sends, coordinator, metrics);
        }
        Sink<Object> sink = (Sink<Object>) plan.sink();
        SinkWriter<Object> writer = sink.open(job, replica);
        opened.add(writer);
        return new Terminal.ToSink(writer, metrics);
    }

    private Node chain(List<Step> steps, Terminal terminal) throws Exception {
        Node node = terminal;
        PlannedStage.Crossing crossing = crosses();
        if (crossing != null) {
            node = new Node.Group(crossing.records(), Optional.of(crossing.linger()), node);
        }
        for (int k = steps.size() - 1; k >= 0; k--) {
            boolean held = steps.subList(0, k).stream().anyMatch(StageTask::holdsBack);
            node = node(steps.get(k), held ? faults.behindHeldRecords() : faults, node);
        }
        return node;
    }

    @SuppressWarnings("unchecked")
    private Node node(Step step, Faults faulty, Node next) throws Exception {
        if (step instanceof Step.MapRecords map) {
            return new Node.MapRecords((RecordFunction<Object, Object>) map.function(), faulty, next);
        } else if (step instanceof Step.MapRecordsWith map) {
            return mapWith(map.opener(), map.function(), false, faulty, next);
        } else if (step instanceof Step.MapBatchesWith map) {
            return mapWith(map.opener(), map.function(), true, faulty, next);
        } else if (step instanceof Step.FlatMapRecords map) {
            return new Node.FlatMapRecords((FlatMapFunction<Object, Object>) map.function(), faulty, next);
        } else if (step instanceof Step.FilterRecords filter) {
            return new Node.Filter((RecordPredicate<Object>) filter.predicate(), faulty, next);
        } else if (step instanceof Step.HoldOut holdOut) {
            return new Node.HoldOut(
                    (RecordPredicate<Object>) holdOut.predicate(), plan.input().heldOutPass(), faulty, next);
        } else if (step instanceof Step.Shuffle shuffle) {
            return new Node.Shuffle(shuffle.window(), shuffle.seed(), replica, next);
        } else if (step instanceof Step.Group group) {
            return new Node.Group(group.size(), group.maybeLinger(), next);
        } else if (step instanceof Step.Ungroup) {
            return new Node.Ungroup(next);
        } else if (step instanceof Step.MapBatches map) {
            return new Node.MapBatches((BatchFunction<Object, Object>) map.function(), faulty, next);
        } else if (step instanceof Step.Tally tally) {
            return new Node.Tally(tally.name(), (BatchTally<Object>) tally.tally(), metrics, faulty, next);
        }
        throw new IllegalStateException("a plan has no " + step.describe() + " inside a stage");
    }

    @SuppressWarnings("unchecked")
    private Node mapWith(Opener<?> opener, WithFunction<?, ?, ?> function, boolean batches, Faults faulty, Node next)
            throws Exception {
        Object resource = opener.open(replica);
        if (resource instanceof AutoCloseable closeable) {
            opened.add(closeable);
        }
        return new Node.MapWith(resource, (WithFunction<Object, Object, Object>) function, batches, faulty, next);
    }

    private void close() {
        while (!opened.isEmpty()) {
            try {
                opened.remove(opened.size() - 1).close();
            } catch (Exception e) {
                LOG.warn("stage {}, replica {}: closing failed", stage.name(), replica, e);
            }
        }
    }

    private static <T> T need(@Nullable T value, String what) {
        if (value == null) {
            throw new IllegalStateException("this stage needs " + what);
        }
        return value;
    }
}
