package io.ghee.agent;

import io.ghee.DataSize;
import io.ghee.Resources;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.run.Coordinator;
import io.ghee.run.Failure;
import io.ghee.run.Guidance;
import io.ghee.run.Standing;
import io.ghee.run.Team;
import io.ghee.run.Wiring;
import io.ghee.run.WorkerMetrics;
import io.ghee.run.WorkerProgress;
import io.ghee.train.Collective;
import io.ghee.transfer.PendingInlet;
import io.ghee.transfer.PendingOutlet;
import io.ghee.transfer.TransferManager;
import io.ghee.transfer.collective.RingPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a worker's task and the agent's main thread meet: the task leaves what it has to report and waits for orders; the
 * main thread sends the one and brings the other.
 */
final class AgentLink implements Coordinator, Wiring {
    private static final Logger LOG = LoggerFactory.getLogger(AgentLink.class);
    private static final long SMALLEST_BUFFERS = 4L << 20;
    private static final long LARGEST_BUFFERS = 32L << 20;
    private static final long SHARE_OF_MEMORY = 16;
    private static final long WAKE_MILLIS = 1000;
    /** The kernel has to go through all mappings to tell. */
    private static final long MEASURE_NANOS = 1_000_000_000;

    /** How long the ranks may take to find together. */
    private static final Duration RING = Duration.ofSeconds(60);

    private final Plan plan;
    private final PlannedStage stage;
    private final ControlMessage.Sender self;
    private final DriverConnection questions;
    private final TransferManager transfer;
    private final WorkerMetrics metrics;
    private final Runnable onNews;

    private ControlMessage.Orders orders = new ControlMessage.Orders(0, 0, null, false, false, null, Guidance.NONE);
    private ControlMessage.@Nullable Ready ready;
    private ControlMessage.@Nullable Finished finished;
    private final List<ControlMessage.Failed> failed = new ArrayList<>();
    private boolean news;
    private Memory memory = Memory.now();
    private long measuredNanos = System.nanoTime();
    private @Nullable Outlet outlet;
    private @Nullable Inlet inlet;
    /** Those that are being connected: whom to, may be gone. */
    private @Nullable PendingInlet pendingInlet;

    private @Nullable PendingOutlet pendingOutlet;
    /** Of the task's thread: where ranks of this stage reach this one, and what was begun last. */
    private @Nullable RingPort ring;

    private volatile ControlMessage.@Nullable Begin begun;
    private volatile int generation;
    private volatile boolean over;

    /** @param onNews tells the main thread of something to report that the driver should not wait for */
    AgentLink(
            Plan plan,
            PlannedStage stage,
            ControlMessage.Sender self,
            DriverConnection questions,
            TransferManager transfer,
            WorkerMetrics metrics,
            Runnable onNews) {
        this.plan = plan;
        this.stage = stage;
        this.self = self;
        this.questions = questions;
        this.transfer = transfer;
        this.metrics = metrics;
        this.onNews = onNews;
    }

    // What the main thread calls.

    /** True if there is something to report that the driver should not wait for. */
    synchronized boolean hasNews() {
        return news;
    }

    /** True if the task has done its work of the generation at hand, and waits. */
    synchronized boolean hasFinished() {
        return finished != null;
    }

    private void tell() {
        news = true;
        onNews.run();
    }

    /** @param credentials the version of those that were taken */
    synchronized ControlMessage.Report report(long number, long credentials) {
        news = false;
        if (System.nanoTime() - measuredNanos > MEASURE_NANOS) {
            memory = Memory.now();
            measuredNanos = System.nanoTime();
        }
        return new ControlMessage.Report(
                self, number, credentials, ready, metrics.progress(), finished, memory, List.copyOf(failed));
    }

    /** Takes what the driver wants. */
    void obey(ControlMessage.Orders latest) {
        synchronized (this) {
            if (latest.generation() < orders.generation()) {
                return;
            }
            orders = latest;
            failed.removeIf(failure -> failure.generation() < latest.generation());
            boolean isNew = latest.generation() > generation;
            boolean isOver = latest.over() && !over;
            // Before the channels are abandoned: whoever that wakes looks here why.
            generation = latest.generation();
            over = latest.over();
            if (outlet != null && (isNew || isOver)) {
                outlet.abandon();
            }
            if (inlet != null && isNew) {
                inlet.abandon();
            }
            if (isNew) {
                close(pendingInlet, pendingOutlet);
            }
            notifyAll();
        }
        metrics.guided(latest.guidance());
    }

    // What the task calls.

    @Override
    public int generation() {
        return generation;
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public Wired join(int after, Standing standing) throws InterruptedException {
        int called = after;
        while (true) {
            called = awaitCall(called);
            try {
                Wired wired = joinOne(called, standing);
                if (wired != null) {
                    return wired;
                }
            } catch (AbandonedException e) {
                LOG.debug("generation {} was over before its channels were connected", called);
            } catch (RuntimeException e) {
                // There is no attempt that it could end: the driver either calls for another generation, or ends the
                // job.
                failed(called, Failure.of(stage.name(), self.replica(), e));
            }
        }
    }

    /** Joins the generation called for, or returns null if another one was called for meanwhile. */
    private @Nullable Wired joinOne(int called, Standing standing) throws InterruptedException {
        PendingInlet from = null;
        PendingOutlet to = null;
        Wired wired = null;
        try {
            if (stage.input() instanceof PlannedStage.FromStage input) {
                int senders = plan.stage(input.stage()).replicas();
                from = transfer.inlet(called, stage.index(), self.replica(), senders);
            }
            if (stage.output() instanceof PlannedStage.ToStage output) {
                to = bindOutlet(called, plan.stage(output.stage()));
            }
            String inletAt = from == null ? null : from.endpoint();
            String outletAt = to == null ? null : to.endpoint();
            ControlMessage.Begin begin =
                    awaitBegin(called, new ControlMessage.Ready(called, inletAt, outletAt, ringAt(), standing));
            wired = begin == null ? null : connect(begin, from, to);
            return wired;
        } finally {
            if (wired == null) {
                close(from, to);
            }
        }
    }

    @Override
    public Collective collective(Runnable whileWaiting) throws InterruptedException {
        ControlMessage.Begin begin = begun;
        RingPort port = ring;
        if (begin == null || port == null) {
            throw new IllegalStateException("only ranks that have joined a generation work together");
        }
        int rank = Team.of(stage, begin.start(), self.replica()).rank(self.replica());
        return port.join(begin.start().attempt(), rank, begin.ring(), RING, whileWaiting);
    }

    private @Nullable String ringAt() {
        if (ring == null && stage.worksTogether()) {
            ring = new RingPort(transfer.config());
        }
        return ring == null ? null : ring.endpoint();
    }

    /** The task has ended. */
    void close() {
        if (ring != null) {
            ring.close();
        }
    }

    private static void close(@Nullable PendingInlet from, @Nullable PendingOutlet to) {
        if (from != null) {
            from.close();
        }
        if (to != null) {
            to.close();
        }
    }

    private synchronized int awaitCall(int after) throws InterruptedException {
        while (generation <= after) {
            wait(WAKE_MILLIS);
        }
        return generation;
    }

    /** How the generation begins, or null if another one was called for meanwhile. */
    private synchronized ControlMessage.@Nullable Begin awaitBegin(int called, ControlMessage.Ready mine)
            throws InterruptedException {
        ready = mine;
        finished = null;
        tell();
        while (generation == called) {
            ControlMessage.Begin begin = orders.begin();
            if (begin != null && begin.start().generation() == called) {
                return begin;
            }
            wait(WAKE_MILLIS);
        }
        return null;
    }

    private Wired connect(ControlMessage.Begin begin, @Nullable PendingInlet from, @Nullable PendingOutlet to)
            throws InterruptedException {
        int called = begin.start().generation();
        connecting(called, from, to);
        try {
            Inlet receives = from == null ? null : from.connect(begin.outlets());
            Outlet sends = to == null ? null : to.connect(begin.inlets(), consumers(begin));
            connected(called, receives, sends);
            begun = begin;
            return new Wired(begin.start(), receives, sends);
        } finally {
            connecting(called, null, null);
        }
    }

    /** The replicas that this one sends to. */
    private List<Integer> consumers(ControlMessage.Begin begin) {
        return plan.isLast(plan.stage(stage.index() + 1))
                ? begin.start().members()
                : IntStream.range(0, begin.inlets().size()).boxed().toList();
    }

    private synchronized void connecting(int called, @Nullable PendingInlet from, @Nullable PendingOutlet to) {
        boolean isOld = generation != called;
        pendingInlet = isOld ? null : from;
        pendingOutlet = isOld ? null : to;
        if (isOld) {
            close(from, to);
        }
    }

    private synchronized void connected(int called, @Nullable Inlet receives, @Nullable Outlet sends) {
        inlet = receives;
        outlet = sends;
        // What was called for while they were connected has found nothing to abandon.
        if (generation != called) {
            if (receives != null) {
                receives.abandon();
            }
            if (sends != null) {
                sends.abandon();
            }
        }
    }

    private PendingOutlet bindOutlet(int called, PlannedStage next) {
        long mine = buffers(stage.resources());
        long theirs = buffers(next.resources()) * next.replicas() / stage.replicas();
        return transfer.outlet(
                called, next.index(), self.replica(), next.replicas(), new DataSize(Math.min(mine, theirs)));
    }

    /** Bytes that an outlet, or an inlet, may hold: as declared, or a part of the memory. */
    private static long buffers(Resources resources) {
        return resources.buffers().map(DataSize::bytes).orElseGet(() -> {
            long memory = resources
                    .memory()
                    .map(DataSize::bytes)
                    .orElse(Runtime.getRuntime().maxMemory());
            return Math.max(SMALLEST_BUFFERS, Math.min(LARGEST_BUFFERS, memory / SHARE_OF_MEMORY));
        });
    }

    @Override
    public Assignment nextSplit(int inGeneration, int replica) throws InterruptedException {
        return questions.nextSplit(inGeneration, replica);
    }

    @Override
    public int deal(int inGeneration, int fromStage, int epoch, int team, int amount) throws InterruptedException {
        return questions.deal(inGeneration, fromStage, epoch, team, amount);
    }

    @Override
    public boolean epochOver(int inGeneration, int replica, int epoch, Duration patience) throws InterruptedException {
        boolean yes = questions.epochOver(inGeneration, replica, epoch);
        if (!yes) {
            pause(patience);
        }
        return yes;
    }

    @Override
    public boolean isEnding(int inGeneration, int epoch) throws InterruptedException {
        return questions.isEnding(inGeneration, epoch);
    }

    @Override
    public OptionalInt evenOut(int attempt, int replica, int epoch, int batches, Duration patience)
            throws InterruptedException {
        OptionalInt number = questions.evenOut(attempt, replica, epoch, batches);
        if (number.isEmpty()) {
            pause(patience);
        }
        return number;
    }

    @Override
    public StepOrder atStep(int attempt, int replica, long step) throws InterruptedException {
        return questions.atStep(attempt, replica, step);
    }

    @Override
    public void saved(int attempt, int replica, byte[] position, String failure) throws InterruptedException {
        questions.saved(attempt, replica, position, failure);
    }

    @Override
    public void trialFailed(int replica, String reason) throws InterruptedException {
        questions.trialFailed(replica, reason);
    }

    /** Until there are other orders, but not longer than {@code patience}. */
    @SuppressWarnings("WaitNotInLoop") // whoever asked asks again
    private synchronized void pause(Duration patience) throws InterruptedException {
        wait(Math.max(1, patience.toMillis()));
    }

    @Override
    public boolean skip(int ofStage, int replica, String message) throws InterruptedException {
        return questions.skip(ofStage, replica, message);
    }

    @Override
    public synchronized void finished(
            int inGeneration, int ofStage, int replica, String committable, WorkerProgress progress) {
        finished = new ControlMessage.Finished(inGeneration, committable, progress);
        tell();
    }

    @Override
    public synchronized void failed(int inGeneration, Failure failure) {
        failed.add(new ControlMessage.Failed(inGeneration, failure));
        tell();
    }
}
