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
import io.ghee.run.Standing;
import io.ghee.run.Wiring;
import io.ghee.run.WorkerMetrics;
import io.ghee.run.WorkerProgress;
import io.ghee.transfer.PendingInlet;
import io.ghee.transfer.PendingOutlet;
import io.ghee.transfer.TransferManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Where a worker's task and the agent's main thread meet: the task leaves what it has to report and waits for orders; the
 * main thread sends the one and brings the other.
 */
final class AgentLink implements Coordinator, Wiring {
    private static final long SMALLEST_BUFFERS = 4L << 20;
    private static final long LARGEST_BUFFERS = 256L << 20;
    private static final long SHARE_OF_MEMORY = 16;
    private static final long WAKE_MILLIS = 1000;

    private final Plan plan;
    private final PlannedStage stage;
    private final ControlMessage.Sender self;
    private final DriverConnection questions;
    private final TransferManager transfer;
    private final WorkerMetrics metrics;

    private ControlMessage.Orders orders = new ControlMessage.Orders(0, 0, null, false, false, List.of());
    private ControlMessage.@Nullable Ready ready;
    private ControlMessage.@Nullable Finished finished;
    private final List<ControlMessage.Failed> failed = new ArrayList<>();
    private boolean news;
    private @Nullable PendingOutlet pendingOutlet;
    private @Nullable PendingInlet pendingInlet;
    private @Nullable Outlet outlet;
    private @Nullable Inlet inlet;
    private volatile int generation;
    private volatile boolean over;

    AgentLink(
            Plan plan,
            PlannedStage stage,
            ControlMessage.Sender self,
            DriverConnection questions,
            TransferManager transfer,
            WorkerMetrics metrics) {
        this.plan = plan;
        this.stage = stage;
        this.self = self;
        this.questions = questions;
        this.transfer = transfer;
        this.metrics = metrics;
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

    synchronized ControlMessage.Report report(long number) {
        news = false;
        return new ControlMessage.Report(self, number, ready, metrics.progress(), finished, List.copyOf(failed));
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
                closePending();
            }
            notifyAll();
        }
        metrics.settled(latest.settled());
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
        while (true) {
            int called = awaitCall(after);
            PendingInlet from = stage.input() instanceof PlannedStage.FromStage input
                    ? transfer.inlet(
                            called,
                            stage.index(),
                            self.replica(),
                            plan.stage(input.stage()).replicas())
                    : null;
            PendingOutlet to = stage.output() instanceof PlannedStage.ToStage output
                    ? bindOutlet(called, plan.stage(output.stage()))
                    : null;
            synchronized (this) {
                pendingInlet = from;
                pendingOutlet = to;
            }
            ControlMessage.Begin begin = awaitBegin(
                    called,
                    new ControlMessage.Ready(
                            called,
                            from == null ? null : from.endpoint(),
                            to == null ? null : to.endpoint(),
                            standing));
            Wired wired = begin == null ? null : connect(begin, from, to);
            if (wired != null) {
                return wired;
            }
            closePending();
        }
    }

    /** Whoever is connecting them gets an exception. */
    private synchronized void closePending() {
        if (pendingInlet != null) {
            pendingInlet.close();
            pendingInlet = null;
        }
        if (pendingOutlet != null) {
            pendingOutlet.close();
            pendingOutlet = null;
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
        news = true;
        while (generation == called) {
            ControlMessage.Begin begin = orders.begin();
            if (begin != null && begin.start().generation() == called) {
                return begin;
            }
            wait(WAKE_MILLIS);
        }
        return null;
    }

    /** The channels of a generation, connected; null if another one was called for meanwhile. */
    private @Nullable Wired connect(ControlMessage.Begin begin, @Nullable PendingInlet from, @Nullable PendingOutlet to)
            throws InterruptedException {
        Inlet receives;
        Outlet sends;
        try {
            receives = from == null ? null : from.connect(begin.outlets());
            sends = to == null ? null : to.connect(begin.inlets());
        } catch (AbandonedException e) {
            return null;
        }
        synchronized (this) {
            if (generation != begin.start().generation()) {
                return null;
            }
            pendingInlet = null;
            pendingOutlet = null;
            inlet = receives;
            outlet = sends;
        }
        return new Wired(begin.start(), receives, sends);
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
    public int deal(int inGeneration, int fromStage, int epoch, int amount) throws InterruptedException {
        return questions.deal(inGeneration, fromStage, epoch, amount);
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
    public OptionalInt evenOut(int attempt, int replica, int epoch, int batches, Duration patience)
            throws InterruptedException {
        OptionalInt number = questions.evenOut(attempt, replica, epoch, batches);
        if (number.isEmpty()) {
            pause(patience);
        }
        return number;
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
        news = true;
    }

    @Override
    public synchronized void failed(int inGeneration, Failure failure) {
        failed.add(new ControlMessage.Failed(inGeneration, failure));
        news = true;
    }
}
