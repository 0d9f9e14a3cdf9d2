package io.ghee.run;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.channel.Origins;
import io.ghee.train.Checkpointable;
import io.ghee.train.Checkpoints;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A rank's part in checkpoints: keeps count of the steps and of what was trained on, saves when the driver says so, and takes
 * up what was saved. Rank 0 saves the state for all, unless each has its own. Used by the task's thread.
 */
final class Saving {
    private final Checkpoints how;
    private final Coordinator coordinator;
    private final int attempt;
    private final int replica;
    private final int rank;
    private final WorkerMetrics metrics;
    private final Start.@Nullable Resume resume;
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

    private final @Nullable StepLog log;
    private final Consumed consumed = new Consumed();
    private @Nullable Checkpointable state;
    private long step;
    private long ended;
    private long ask;
    private @Nullable Thread writing;

    Saving(Checkpoints how, Coordinator coordinator, Start start, int replica, int rank, WorkerMetrics metrics) {
        this.how = how;
        this.coordinator = coordinator;
        this.attempt = start.attempt();
        this.resume = start.resume();
        this.replica = replica;
        this.rank = rank;
        this.log = how.isAudited() ? new StepLog(how.store(), attempt, rank) : null;
        this.metrics = metrics;
        this.step = resume == null ? 0 : resume.step();
        this.ended = step;
        this.ask = step + 1;
        if (resume != null && rank == 0) {
            metrics.resume(resume.counted().tallies());
        }
    }

    /** Takes up the state that was saved, if something was. */
    void keep(Checkpointable kept) throws IOException {
        check(state == null, "checkpoint(state)", "called twice", "once");
        state = kept;
        Start.Resume from = resume;
        if (from == null) {
            return;
        }
        check(step == from.step(), "checkpoint(state)", "called after step " + step, "before the first batch");
        for (Start.State each : from.states()) {
            verify(each, from.step());
            try (InputStream in = read(each, from.step())) {
                kept.restore(in);
                if (in.read() >= 0) {
                    throw new InputException(where(from.step()) + ": bytes are left when " + each.part()
                            + " has been restored (expected: that it reads all that it wrote)");
                }
            } catch (EOFException e) {
                throw new InputException(where(from.step()) + ": " + each.part() + " is of something else", e);
            }
        }
    }

    private String where(long at) {
        return how.store().describe() + ", step " + at;
    }

    private InputStream read(Start.State of, long at) throws IOException {
        return new BufferedInputStream(how.store().read(at, of.part()), 1 << 16);
    }

    /** Before it is restored: damaged numbers could ask for any amount of memory. */
    private void verify(Start.State saved, long at) throws IOException {
        CRC32C checksum = new CRC32C();
        try (InputStream in = new CheckedInputStream(read(saved, at), checksum)) {
            long bytes = in.transferTo(OutputStream.nullOutputStream());
            if (bytes != saved.bytes() || checksum.getValue() != saved.checksum()) {
                throw new InputException(where(at) + ": " + saved.part() + " is damaged: " + bytes + " bytes, checksum "
                        + Long.toHexString(checksum.getValue()) + " (expected: " + saved.bytes() + " bytes, checksum "
                        + Long.toHexString(saved.checksum()) + ")");
            }
        }
    }

    /** The train function is given a batch. */
    void taken(int epoch, Origins origins) {
        step++;
        consumed.add(epoch, origins);
        if (log != null) {
            log.given(step, epoch, origins);
        }
    }

    /**
     * The train function asks for the next batch, and so has done with the one before.
     *
     * @param epoch the pass that it asks in
     */
    void stepEnded(int epoch) throws InterruptedException {
        if (step == ended) {
            return;
        }
        ended = step;
        RuntimeException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
        if (log != null && log.isLarge()) {
            store(log);
        }
        if (step < ask) {
            return;
        }
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        Coordinator.StepOrder order = coordinator.atStep(attempt, replica, step);
        metrics.in(before);
        ask = order.next();
        if (!order.save().isEmpty()) {
            save(order.save(), epoch);
        }
    }

    private void save(String part, int epoch) throws InterruptedException {
        Checkpointable kept = state;
        if (kept == null) {
            throw new ConfigurationException(
                    "the pipeline has checkpoints, but its train function keeps nothing in them (expected:"
                            + " context.checkpoint(state) before the first batch)");
        }
        consumed.forgetUntil(epoch - 1);
        Start.Counted counted = metrics.counted();
        boolean saves = rank == 0 || kept.isOfEachRank();
        if (!saves && log == null) {
            TrainPosition position = TrainPosition.ofRank(step, epoch, consumed, counted, List.of());
            coordinator.saved(attempt, rank, position.toBytes(), "");
            return;
        }
        Thread earlier = writing;
        if (earlier != null) {
            earlier.join();
        }
        Checkpointable.Snapshot snapshot = saves ? kept.snapshot() : null;
        if (log != null) {
            log.cut();
        }
        // What is consumed goes on growing meanwhile.
        Consumed now = Consumed.read(consumed.toBytes());
        long at = step;
        Thread thread =
                new Thread(() -> write(part + "-" + rank, snapshot, at, epoch, now, counted), "ghee-save-" + step);
        thread.setDaemon(true);
        thread.start();
        writing = thread;
    }

    private void write(
            String part,
            Checkpointable.@Nullable Snapshot snapshot,
            long at,
            int epoch,
            Consumed now,
            Start.Counted counted) {
        String failed = "";
        Counting counting = new Counting();
        try {
            if (log != null) {
                log.store();
            }
            if (snapshot != null) {
                how.store().write(at, part, out -> {
                    counting.to(out);
                    BufferedOutputStream buffered = new BufferedOutputStream(counting, 1 << 16);
                    snapshot.writeTo(buffered);
                    buffered.flush();
                });
            }
        } catch (IOException | RuntimeException e) {
            failed = e.toString();
        }
        List<Start.State> states = snapshot == null
                ? List.of()
                : List.of(new Start.State(part, counting.bytes, counting.checksum.getValue()));
        TrainPosition position = TrainPosition.ofRank(at, epoch, now, counted, states);
        try {
            coordinator.saved(attempt, rank, position.toBytes(), failed);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure.set(e);
        }
    }

    /** Sums up what goes through it. */
    private static final class Counting extends FilterOutputStream {
        private final CRC32C checksum = new CRC32C();
        private long bytes;

        Counting() {
            super(OutputStream.nullOutputStream());
        }

        void to(OutputStream stream) {
            out = stream;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] from, int start, int length) throws IOException {
            out.write(from, start, length);
            checksum.update(from, start, length);
            bytes += length;
        }
    }

    /** What training goes on from must be safe before the worker ends: it may be halted then. */
    void close() throws InterruptedException {
        Thread thread = writing;
        if (thread != null) {
            thread.join();
        }
        if (log != null) {
            store(log);
        }
    }

    private void store(StepLog written) {
        try {
            written.cut();
            written.store();
        } catch (IOException e) {
            throw new InfrastructureException(how.store().describe() + ": " + e.getMessage(), e);
        }
    }
}
