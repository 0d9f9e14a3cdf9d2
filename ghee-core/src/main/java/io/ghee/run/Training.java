package io.ghee.run;

import static io.ghee.ConfigurationException.check;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.Resources;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Origins;
import io.ghee.plan.PlannedStage;
import io.ghee.train.Checkpointable;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A train function's view of the stream: it asks for the next batch, and that pumps the feed. Keeps the time: from the
 * first request for a batch to the end of the last step, and how much of that went into waiting for batches.
 */
final class Training implements TrainContext<Object> {
    private static final String LOSS = "loss";

    private final Feed feed;
    private final Terminal.ToTrainer batches;
    private final Ahead ahead;
    private final PlannedStage stage;
    private final int rank;
    private final int ranks;
    private final int epochs;
    private final int heldOutPass;
    private final Coordinator coordinator;
    private final Wiring wiring;
    private final boolean evened;
    private final WorkerMetrics metrics;
    private @Nullable Collective collective;
    private boolean exhausted;
    /** The pass that the train function is in. */
    private int pass;

    private int nextEpoch = 1;
    private final @Nullable Saving saving;
    private final Stopping stopping;
    private long steps;
    private Terminal.ToTrainer.Pushed taken = new Terminal.ToTrainer.Pushed(0, Batch.of(List.of()), Origins.NONE);
    private long startNanos;
    /** What an earlier attempt took, from which this one goes on. */
    private long beforeNanos;

    private long stallNanos;
    private long records;
    private @Nullable Exception broken;
    /** The records that the metrics know of. */
    private long shown;

    Training(
            Feed feed,
            Terminal.ToTrainer batches,
            Ahead ahead,
            PlannedStage stage,
            int rank,
            int ranks,
            PlannedStage.FromSource input,
            Coordinator coordinator,
            Wiring wiring,
            WorkerMetrics metrics,
            Start start,
            @Nullable Saving saving,
            Stopping stopping) {
        this.feed = feed;
        this.evened = feed.evening != null;
        this.coordinator = coordinator;
        this.wiring = wiring;
        this.batches = batches;
        this.ahead = ahead;
        this.stage = stage;
        this.rank = rank;
        this.ranks = ranks;
        this.stopping = stopping;
        this.epochs = input.source().passes();
        this.heldOutPass = input.heldOutPass();
        this.metrics = metrics;
        this.saving = saving;
        Start.Resume resume = start.resume();
        if (resume != null) {
            nextEpoch = resume.epoch();
            steps = resume.step();
            WorkerProgress.Training before = resume.counted().training();
            records = rank == 0 ? before.records() : 0;
            shown = records;
            beforeNanos = before.nanos();
            stallNanos = before.stallNanos();
        }
    }

    @Override
    public Iterable<Epoch<Object>> epochs() {
        return () -> new Iterator<>() {
            @Override
            public boolean hasNext() {
                return nextEpoch <= epochs && !stopping.isStopped();
            }

            @Override
            public Epoch<Object> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("epoch " + nextEpoch + " (expected: <= " + epochs + ")");
                }
                return new Pass(nextEpoch++, false);
            }
        };
    }

    @Override
    public Epoch<Object> heldOut() {
        settle();
        nextEpoch = epochs + 1;
        return new Pass(heldOutPass == 0 ? epochs + 1 : heldOutPass, true);
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int worldSize() {
        return ranks;
    }

    @Override
    public Collective collective() {
        check(
                evened || ranks == 1,
                "distribution into " + stage.name() + ", whose ranks work together",
                "one that is not even",
                "even()");
        Collective joined = collective;
        if (joined == null) {
            try {
                joined = ranks == 1
                        ? MemoryCollective.alone()
                        : new WatchedCollective(wiring.collective(this::whileWaiting), metrics);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InfrastructureException("joining the other ranks was interrupted", e);
            }
            collective = joined;
        }
        return joined;
    }

    /**
     * This rank is in a step, and waits for another one there. That one may need this one: to join a generation, or to come to
     * the end of the pass, of which it may have less.
     */
    private void whileWaiting() {
        if (!ahead.tryEnter()) {
            return;
        }
        batches.detaching(true);
        try {
            feed.keepUp(batches.ended() < pass && isEnding());
        } catch (Exception e) {
            broken = e;
            throw new StreamBrokenException(e);
        } finally {
            batches.detaching(false);
            ahead.leave();
        }
    }

    @Override
    public void keepUp() {
        whileWaiting();
    }

    private boolean isEnding() throws InterruptedException {
        try {
            return coordinator.isEnding(feed.generation(), pass);
        } catch (AbandonedException e) {
            // The feed hears of it as well.
            return false;
        }
    }

    @Override
    public Resources resources() {
        return stage.resources();
    }

    @Override
    public void checkpoint(Checkpointable state) throws IOException {
        if (saving != null) {
            saving.keep(state);
        }
    }

    @Override
    public long step() {
        return steps;
    }

    @Override
    public void report(String metric, double value) {
        if (metric.equals(LOSS) && !Double.isFinite(value)) {
            throw new InputException("loss: " + value + " at epoch " + pass + ", step " + steps + ", in a batch of "
                    + taken.batch().size() + " records"
                    + (taken.origins().rows() == 0
                            ? ""
                            : ", the first of which is record "
                                    + Origins.record(taken.origins().id(0)) + " of split "
                                    + Origins.split(taken.origins().id(0)))
                    + " (expected: a number; the checkpoints before it stay)");
        }
        // Not what has been received: that may be a batch ahead.
        metrics.report(metric, new WorkerProgress.Point(records, value));
    }

    /** Takes what the train function has left, so that the stages before can end. */
    void exhaust() throws Exception {
        settle();
        ahead.close();
        while (!exhausted && !stopping.isStopped()) {
            while (batches.peek() != null) {
                batches.take();
            }
            exhausted = !pump();
        }
    }

    /** Counts the last batch of an epoch that was left part way: nobody asked for another after it. */
    private void settle() {
        if (records > shown) {
            show(System.nanoTime());
        }
    }

    private void show(long nowNanos) {
        metrics.training(new WorkerProgress.Training(records, nowNanos - startNanos, stallNanos));
        shown = records;
    }

    /** If the stream broke: then whatever the train function threw, wrapped or swallowed is of no account. */
    void checkStream() throws Exception {
        if (broken != null) {
            throw broken;
        }
    }

    private boolean pump() throws Exception {
        checkStream();
        try {
            return feed.pump();
        } catch (Exception e) {
            broken = e;
            throw e;
        }
    }

    private void take(Terminal.ToTrainer.Pushed head) {
        taken = head;
        if (head.epoch() != heldOutPass) {
            steps++;
            if (saving != null) {
                saving.taken(head.epoch(), head.origins());
            }
        }
    }

    private void stepEnded(int number) throws Exception {
        try {
            if (saving != null) {
                saving.stepEnded(number);
            }
            stopping.stepEnded(steps);
        } catch (Exception e) {
            broken = e;
            throw e;
        }
    }

    /** The next batch of pass {@code number}, or null at its end. */
    private @Nullable Batch<?> next(int number) throws Exception {
        checkStream();
        try {
            ahead.enter();
            Batch<?> batch = find(number);
            if (batch != null) {
                ahead.stepBegins(number);
            }
            return batch;
        } catch (Exception e) {
            broken = e;
            throw e;
        } finally {
            ahead.leave();
        }
    }

    /** The same; skips what is left of the passes before. */
    private @Nullable Batch<?> find(int number) throws Exception {
        while (!stopping.isStopped()) {
            Terminal.ToTrainer.Pushed head = batches.peek();
            if (head != null && head.epoch() > number) {
                return null;
            } else if (head != null) {
                batches.take();
                feed.advance();
                if (head.epoch() == number) {
                    take(head);
                    return head.batch();
                }
            } else if (exhausted || batches.ended() >= number) {
                return null;
            } else {
                exhausted = !pump();
            }
        }
        return null;
    }

    private final class Pass implements Epoch<Object> {
        private final int number;
        private final boolean heldOut;
        private boolean iterated;

        Pass(int number, boolean heldOut) {
            this.number = number;
            this.heldOut = heldOut;
        }

        @Override
        public int number() {
            return number;
        }

        @Override
        public Iterator<Batch<Object>> iterator() {
            if (iterated) {
                throw new IllegalStateException(
                        "epoch " + number + " was iterated before (it streams: iterate it once)");
            }
            iterated = true;
            return new Batches();
        }

        private final class Batches implements Iterator<Batch<Object>> {
            private @Nullable Batch<?> ahead;
            private boolean ended;

            @Override
            public boolean hasNext() {
                if (ahead == null && !ended) {
                    ahead = timed();
                    ended = ahead == null;
                }
                return ahead != null;
            }

            private @Nullable Batch<?> timed() {
                // Another step.
                metrics.in(Activity.COMPUTE);
                long asked = System.nanoTime();
                if (startNanos == 0) {
                    startNanos = asked - beforeNanos;
                }
                if (!heldOut) {
                    show(asked);
                }
                try {
                    if (!heldOut) {
                        stepEnded(number);
                    }
                    pass = number;
                    Batch<?> batch = Training.this.next(number);
                    if (!heldOut) {
                        stallNanos += System.nanoTime() - asked;
                        records += batch == null || batch.isPadding() ? 0 : batch.size();
                    }
                    return batch;
                } catch (RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new StreamBrokenException(e);
                }
            }

            @Override
            @SuppressWarnings("unchecked")
            public Batch<Object> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("no batch left in epoch " + number);
                }
                Batch<?> batch = ahead;
                ahead = null;
                return (Batch<Object>) Objects.requireNonNull(batch);
            }
        }
    }

    /** Carries a checked exception of the stream through the train function; {@link #checkStream} throws what it was. */
    private static final class StreamBrokenException extends RuntimeException {
        StreamBrokenException(Exception cause) {
            super(cause);
        }
    }
}
