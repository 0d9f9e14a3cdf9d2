package io.ghee.run;

import io.ghee.GheeException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.distribution.Distribution;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.plan.Step;
import io.ghee.sink.CommittingWriter;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.train.Artifact;
import io.ghee.train.Checkpoints;
import io.ghee.train.TrainFunction;
import io.ghee.train.Trial;
import io.ghee.train.TrialFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one replica of one stage does, the same in a thread, a process and a pod: it joins a generation of the job, builds the
 * chain of the stage, and pumps the feed until everything is through.
 *
 * <pre>
 *   Feed (source or inlet)  ->  Node  ->  Node  ->  ...  ->  Terminal (outlet, sink, or trainer)
 * </pre>
 *
 * <p>A train stage turns the drive around: the train function asks for batches, and that pumps the feed.
 *
 * <p>When a worker is lost, the driver calls for a new generation. In the stages before the last one a task then drops
 * what it was doing and begins anew, with whatever has not arrived in the last stage. In the last stage it goes on where it is,
 * unless one of that stage was lost.
 */
public final class StageTask {
    private static final Logger LOG = LoggerFactory.getLogger(StageTask.class);

    private final String job;
    private final Plan plan;
    private final PlannedStage stage;
    private final int replica;
    private final boolean last;
    private final Coordinator coordinator;
    private final Wiring wiring;
    private final WorkerMetrics metrics;
    private final Faults faults;
    private final Chain chain;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private @Nullable Feed feed;
    private int generation = -1;

    /** Prepares a task; nothing happens before {@link #run}. */
    public StageTask(
            String job,
            Plan plan,
            int stage,
            int replica,
            Coordinator coordinator,
            Wiring wiring,
            WorkerMetrics metrics) {
        this.job = job;
        this.plan = plan;
        this.stage = plan.stage(stage);
        this.replica = replica;
        this.last = plan.isLast(this.stage);
        this.coordinator = coordinator;
        this.wiring = wiring;
        this.metrics = metrics;
        this.faults = new Faults(coordinator, stage, replica, this::position, true);
        this.chain = new Chain(plan, this.stage, replica, metrics, faults);
    }

    private String position() {
        return feed == null ? "the start" : feed.position();
    }

    /**
     * Runs one generation after the other, and reports to the driver how each of them ended. Returns when the thread is
     * interrupted, which is how a worker ends; never throws an exception of the stage.
     */
    public void run() {
        metrics.started();
        try {
            Wiring.Wired next = null;
            while (true) {
                Wiring.Wired wired = next == null ? wiring.join(generation, Standing.NONE) : next;
                next = runGeneration(wired);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            coordinator.failed(at(), cancelled(e));
        } finally {
            closeAttempt();
            chain.close();
        }
    }

    /** The generation this worker is in: that of the feed, which may have joined a later one than it began with. */
    private int at() {
        return feed == null ? generation : Math.max(generation, feed.generation());
    }

    /** Runs until this generation is over for this worker; returns the next one if that has been joined already. */
    private Wiring.@Nullable Wired runGeneration(Wiring.Wired wired) throws InterruptedException {
        generation = wired.start().generation();
        metrics.attempt(wired.start().attempt());
        metrics.in(Activity.COMPUTE);
        try {
            String committable = work(wired);
            // Before the driver hears of the end: it stops the workers that are left then.
            closeAttempt();
            if (last) {
                chain.close();
                metrics.ended();
            }
            metrics.in(Activity.WAIT_DRIVER);
            coordinator.finished(at(), stage.index(), replica, committable, metrics.progress());
            if (stage.sweeps()) {
                // The others may go on for long, in generations that this trial is no part of.
                new CountDownLatch(1).await();
            }
        } catch (AbandonedException e) {
            LOG.debug("stage {}, replica {}: generation {} is over", stage.name(), replica, generation);
        } catch (Arrivals.RewoundException e) {
            return e.wired();
        } catch (InterruptedException e) {
            throw e;
        } catch (Throwable e) {
            coordinator.failed(at(), Failure.of(stage.name(), replica, e));
        } finally {
            generation = at();
            closeAttempt();
        }
        metrics.in(Activity.WAIT_DRIVER);
        return null;
    }

    private Failure cancelled(Throwable e) {
        Failure f = Failure.of(stage.name(), replica, e);
        return new Failure(
                GheeException.Kind.CANCELLED, f.stage(), replica, f.type(), "stopped before the end", f.stack());
    }

    private String work(Wiring.Wired wired) throws Exception {
        if (wired.inlet() != null) {
            opened.add(wired.inlet());
        }
        if (wired.outlet() != null) {
            opened.add(wired.outlet());
        }
        boolean settles = (plan.follows() || plan.commits()) && !plan.isDeterministic();
        Ledger ledger = settles ? Ledger.of(generation, Units.of(plan)) : Ledger.none();
        metrics.ledger(ledger);
        boolean fansOut = plan.follows() && plan.lastFanOut() >= 0;
        // A record has arrived when it enters the last stage, and is followed there only for what was trained on.
        Lineage lineage = last
                ? new Lineage(plan.checkpoints() != null, fansOut, Ledger.none())
                : new Lineage(plan.follows(), fansOut, ledger);
        Consumed consumed = Consumed.read(wired.start().consumed());
        int train = trainStep();
        if (train >= 0) {
            return train(train, wired, lineage, ledger, consumed);
        }
        Terminal terminal = terminal(wired, lineage, consumed);
        if (plan.isDeterministic() && terminal instanceof ToStage sender) {
            OrderedFeed ordered = ordered(wired, sender, lineage, consumed);
            opened.add(ordered);
            feed = ordered;
            while (ordered.pump()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("between two records");
                }
            }
            return terminal.finish();
        }
        Node first = chain.build(0, stage.steps().size(), lineage, consumed, terminal);
        Arrivals arrivals = last ? arrivals(wired) : null;
        Feed pumped = feed(wired, first, lineage, ledger, arrivals, null);
        Commits commits = arrivals != null && plan.commits() && terminal instanceof Terminal.ToSink sink
                ? new Commits(
                        (CommittingWriter<?>) sink.writer(),
                        pumped,
                        arrivals,
                        metrics,
                        plan.limits().commitMillis())
                : null;
        while (pumped.pump()) {
            if (Thread.interrupted()) {
                throw new InterruptedException("between two records");
            }
            if (commits != null) {
                commits.ifDue();
            }
        }
        if (commits != null) {
            commits.commit();
        }
        return terminal.finish();
    }

    /** Reads the lanes of this replica, each through a chain of its own. */
    private OrderedFeed ordered(Wiring.Wired wired, ToStage sender, Lineage lineage, Consumed consumed)
            throws Exception {
        Outlet outlet = need(wired.outlet(), "an outlet");
        PlannedStage ranks = plan.stage(stage.index() + 1);
        int size = ((PlannedStage.FromStage) ranks.input()).rebatch() * outlet.consumers();
        Faults atEnd = chain.holdsBack() ? faults.behindHeldRecords() : faults;
        List<OrderedFeed.Lane> lanes = new ArrayList<>();
        for (int lane = replica; lane < Lanes.COUNT; lane += stage.replicas()) {
            ToRanks made = new ToRanks(lane, size, lineage.paths());
            Node first = chain.ofLane(lane).build(0, stage.steps().size(), lineage, new Consumed(), made);
            lanes.add(new OrderedFeed.Lane(
                    new SourceFeed(
                            plan.input(),
                            coordinator,
                            wiring,
                            wired.start(),
                            lane,
                            false,
                            null,
                            lineage,
                            Ledger.none(),
                            first,
                            metrics,
                            faults,
                            atEnd,
                            null),
                    made));
        }
        return new OrderedFeed(
                lanes, sender, outlet, consumed, plan.input().passes(), wired.start(), wiring, metrics, atEnd);
    }

    private int trainStep() {
        for (int k = 0; k < stage.steps().size(); k++) {
            if (stage.steps().get(k) instanceof Step.Train || stage.steps().get(k) instanceof Step.TrainEach) {
                return k;
            }
        }
        return -1;
    }

    @SuppressWarnings("unchecked")
    private String train(int at, Wiring.Wired wired, Lineage lineage, Ledger ledger, Consumed consumed)
            throws Exception {
        Distribution.@Nullable Even even = evenly();
        Terminal.ToTrainer batches =
                new Terminal.ToTrainer(even != null && even.dropsRemainder(), stage.batchSizeBefore(at));
        Evening evening =
                even == null ? null : new Evening(coordinator, wired.start().attempt(), replica, batches, metrics);
        Feed pumped =
                feed(wired, chain.build(0, at, lineage, consumed, batches), lineage, ledger, arrivals(wired), evening);
        Checkpoints checkpoints = plan.checkpoints();
        Saving saving = checkpoints == null
                ? null
                : new Saving(checkpoints, coordinator, wired.start(), replica, rank(wired.start()), metrics);
        // The functions of a stage are all called by one thread.
        Ahead ahead = new Ahead(pumped, batches, at == 0);
        opened.add(ahead);
        Training training = new Training(
                pumped,
                batches,
                ahead,
                stage,
                rank(wired.start()),
                Team.of(stage, wired.start(), replica).replicas().size(),
                plan.input(),
                coordinator,
                wiring,
                metrics,
                wired.start(),
                saving,
                new Stopping(
                        coordinator,
                        wired.start().attempt(),
                        replica,
                        stage.sweeps() && stage.worksTogether(),
                        metrics));
        TrainFunction<Object, Artifact> function = function(stage.steps().get(at));
        Artifact artifact;
        try {
            artifact = function.train(training);
        } catch (Throwable e) {
            training.checkStream();
            if (stage.sweeps() && !(e instanceof InterruptedException)) {
                LOG.warn("trial {} has failed", stage.teamOf(replica) + 1, e);
                coordinator.trialFailed(
                        replica, Failure.of(stage.name(), replica, e).message());
                return "";
            }
            throw e;
        }
        training.exhaust();
        if (saving != null) {
            saving.close();
        }
        Terminal terminal = terminal(wired, lineage, consumed);
        if (rank(wired.start()) == 0 || !artifact.isSameOnAllRanks()) {
            chain.build(at + 1, stage.steps().size(), lineage, consumed, terminal)
                    .record(artifact, 0, 0);
        }
        return terminal.finish();
    }

    @SuppressWarnings("unchecked")
    private TrainFunction<Object, Artifact> function(Step step) {
        if (step instanceof Step.TrainEach each) {
            TrialFunction<Object, Artifact> ofTrial = (TrialFunction<Object, Artifact>) each.function();
            Trial trial = each.trials().all().get(stage.teamOf(replica));
            return context -> ofTrial.train(trial, context);
        }
        return (TrainFunction<Object, Artifact>) ((Step.Train) step).function();
    }

    /** The rank of this replica of the last stage, among those that it works together with. */
    private int rank(Start start) {
        return Team.of(stage, start, replica).rank(replica);
    }

    /** The replica of the sink: what rank 0 of the first trial makes is number 1, and that of other ranks behind all of these. */
    private int sinkReplica(Start start) {
        int trials = stage.replicas() / stage.teamSize();
        return stage.sweeps() ? stage.teamOf(replica) + 1 + rank(start) * trials : start.rank(replica);
    }

    /** How a train stage is given its batches, if they have to be evened out. */
    private Distribution.@Nullable Even evenly() {
        Distribution into = plan.distributionInto(stage);
        Distribution how = into == null || stage.sweeps() ? Distribution.even() : into;
        return how instanceof Distribution.Even even && (even.dropsRemainder() || stage.worksTogether()) ? even : null;
    }

    private Arrivals arrivals(Wiring.Wired wired) {
        return new Arrivals(
                coordinator,
                replica,
                wired.start().attempt(),
                Units.of(plan),
                plan.limits().exactlyOnce(),
                plan.commits());
    }

    /**
     * What pumps.
     *
     * @param arrivals in the last stage; null in the others
     */
    private Feed feed(
            Wiring.Wired wired,
            Node first,
            Lineage lineage,
            Ledger ledger,
            @Nullable Arrivals arrivals,
            @Nullable Evening evening) {
        Faults atEnd = chain.holdsBack() ? faults.behindHeldRecords() : faults;
        Start start = wired.start();
        Feed made;
        if (stage.input() instanceof PlannedStage.FromStage from) {
            Inlet inlet = need(wired.inlet(), "an inlet");
            if (arrivals != null) {
                arrivals.joined(wired, metrics);
            }
            int passes = plan.input().passes();
            boolean ordered = last && plan.isDeterministic();
            made = new InletFeed(
                    wiring, wired, inlet, from, passes, lineage, arrivals, first, metrics, atEnd, evening, ordered);
        } else {
            made = new SourceFeed(
                    plan.input(),
                    coordinator,
                    wiring,
                    start,
                    replica,
                    last,
                    arrivals,
                    lineage,
                    ledger,
                    first,
                    metrics,
                    faults,
                    atEnd,
                    evening);
        }
        opened.add(made);
        feed = made;
        return made;
    }

    @SuppressWarnings("unchecked")
    private Terminal terminal(Wiring.Wired wired, Lineage lineage, Consumed consumed) throws Exception {
        if (stage.output() instanceof PlannedStage.ToStage to) {
            Outlet outlet = need(wired.outlet(), "an outlet");
            PlannedStage next = plan.stage(to.stage());
            List<Integer> consumers = plan.isLast(next)
                    ? wired.start().members()
                    : IntStream.range(0, next.replicas()).boxed().toList();
            ToStage.Edge edge = new ToStage.Edge(wiring, generation, stage, next, outlet, consumers, lineage);
            return ToStage.of(to, edge, coordinator, consumed, metrics);
        }
        Sink<Object> sink = (Sink<Object>) plan.sink();
        SinkWriter<Object> writer = sink.open(
                plan.sinkJob(job), sinkReplica(wired.start()), wired.start().sinkAttempt());
        opened.add(writer);
        return new Terminal.ToSink(writer, metrics);
    }

    private void closeAttempt() {
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
