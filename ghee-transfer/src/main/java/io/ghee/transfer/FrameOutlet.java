package io.ghee.transfer;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Origins;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Receipt;
import io.ghee.transfer.wire.Route;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sending end of an edge.
 *
 * <h2>The protocol</h2>
 *
 * Each pair of sender and consumer has a sequence of frames of its own, and a credit in bytes. A frame takes its length from
 * the credit; the consumer tells in a receipt when the stage there has done with it, and that gives the credit back. So the
 * credit bounds what is outstanding, wherever it is: in our buffers, in the kernel, or waiting over there.
 *
 * <p>A frame's buffer comes from the pool and returns to it when the frame was released: until then it can be sent again,
 * which {@link Flight} does if need be. Marks (end of epoch, end of stream) are frames too, so all that has been said of
 * losing nothing holds for them.
 *
 * <h2>Threads</h2>
 *
 * One thread uses the outlet. As it may be busy elsewhere for long, the {@link Keeper} does upkeep beside it; both under the
 * lock. Whoever waits here holds the lock, and does the upkeep itself.
 */
final class FrameOutlet implements Outlet, Keeper.Chore {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int FAREWELL_MILLIS = 1000;
    private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final TransferManager manager;
    private final TransferConfig config;
    private final Route anyConsumer;
    private int consumers;
    private final long credit;
    private final Transport.Inbox inbox;
    private final BatchCodec codec;
    private final ReentrantLock lock = new ReentrantLock();
    private final Lanes lanes = new Lanes();
    private final AtomicLongArray waitedNanos;
    private int lastBytes;
    private volatile boolean waiting;
    private volatile boolean abandoned;
    private boolean ended;
    private boolean closed;

    FrameOutlet(TransferManager manager, Route anyConsumer, int consumers, long credit) {
        this.manager = manager;
        this.config = manager.config();
        this.anyConsumer = anyConsumer;
        this.consumers = consumers;
        this.credit = credit;
        this.waitedNanos = new AtomicLongArray(consumers);
        this.codec = new BatchCodec(config.largestBody());
        this.inbox = manager.transport().bind(Receipt.LONGEST);
    }

    String endpoint() {
        return inbox.endpoint();
    }

    void connect(List<String> endpoints, List<Integer> replicas) throws InterruptedException {
        List<Transport.Outbox> outboxes =
                Connecting.to(endpoints, manager.transport(), config.connectTimeout(), this::changed, () -> abandoned);
        lock.lock();
        try {
            consumers = replicas.size();
            for (int consumer = 0; consumer < consumers; consumer++) {
                Route route = new Route(
                        anyConsumer.job(),
                        anyConsumer.generation(),
                        anyConsumer.edge(),
                        anyConsumer.sender(),
                        replicas.get(consumer));
                lanes.add(new Lane(config, manager.pool(), route, credit, outboxes.get(consumer)));
            }
        } finally {
            lock.unlock();
        }
        manager.keeper().add(this);
    }

    /** Called by the transport when a connection has come or gone. */
    private void changed() {
        manager.keeper().within(0);
        if (waiting) {
            inbox.wake();
        }
    }

    @Override
    public int consumers() {
        return consumers;
    }

    @Override
    public void prepare(Batch<?> batch) {
        codec.prepare(batch);
    }

    @Override
    public long send(int consumer, int epoch, Batch<?> batch, Origins origins) throws InterruptedException {
        BatchCodec.Measured measured = codec.measure(batch, origins);
        int bytes = measured.bytes();
        lock.lock();
        try {
            checkOpen();
            if (lanes.joins(consumer, epoch, bytes)) {
                // The usual case of a small batch: everything else was seen to with the first one of its frame.
                lanes.send(consumer, epoch, measured);
            } else {
                takeReceipts();
                awaitRoom(consumer, bytes);
                lanes.send(consumer, epoch, measured);
                scheduleUpkeep();
            }
            lastBytes = bytes;
        } finally {
            lock.unlock();
        }
        return bytes;
    }

    private void awaitRoom(int consumer, int bytes) throws InterruptedException {
        if (!lanes.hasRoom(consumer, bytes)) {
            lanes.flush(consumer);
            long start = System.nanoTime();
            try {
                await(() -> lanes.hasRoom(consumer, bytes));
            } finally {
                waitedNanos.addAndGet(consumer, System.nanoTime() - start);
            }
        }
    }

    private void checkOpen() {
        if (abandoned) {
            throw new AbandonedException();
        }
        if (closed) {
            throw new InfrastructureException("the outlet is closed");
        }
    }

    /** The keeper looks when the linger of what was left open is over, or else to see what has become of what was sent. */
    private void scheduleUpkeep() {
        manager.keeper().within((lanes.isOpen() ? config.linger() : config.probeInterval()).toNanos());
    }

    /**
     * Waits until a consumer has room for another batch like the last one: with room for less it would be waited for alone,
     * however fast the others are meanwhile.
     */
    @Override
    public int awaitRoomiest() throws InterruptedException {
        lock.lock();
        try {
            checkOpen();
            takeReceipts();
            if (!lanes.hasRoom(lanes.roomiest(), lastBytes)) {
                lanes.flushAll();
                long start = System.nanoTime();
                try {
                    await(() -> lanes.hasRoom(lanes.roomiest(), lastBytes));
                } finally {
                    waitedNanos.addAndGet(lanes.roomiest(), System.nanoTime() - start);
                }
            }
            return lanes.roomiest();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void endEpoch(int epoch, @Nullable Batch<?> spare) throws InterruptedException {
        mark(FrameHeader.Kind.END_OF_EPOCH, epoch, spare == null ? null : codec.measure(spare, Origins.NONE));
    }

    @Override
    public void endStream() throws InterruptedException {
        mark(FrameHeader.Kind.END_OF_STREAM, 0, null);
        lock.lock();
        try {
            await(lanes::isReleased);
            ended = true;
        } finally {
            lock.unlock();
        }
    }

    /** Marks are small and few: they do not wait for credit. */
    private void mark(FrameHeader.Kind kind, int epoch, BatchCodec.@Nullable Measured spare)
            throws InterruptedException {
        lock.lock();
        try {
            checkOpen();
            takeReceipts();
            lanes.mark(kind, epoch, spare);
            scheduleUpkeep();
        } finally {
            lock.unlock();
        }
    }

    private void await(BooleanSupplier condition) throws InterruptedException {
        waiting = true;
        try {
            while (true) {
                takeReceipts();
                checkOpen();
                if (condition.getAsBoolean()) {
                    return;
                }
                long nanos = Math.min(POLL_NANOS, lanes.upkeep());
                Transport.Arrived receipt = inbox.receive(TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
                if (receipt != null) {
                    take(receipt);
                }
            }
        } finally {
            waiting = false;
            scheduleUpkeep();
        }
    }

    private void takeReceipts() throws InterruptedException {
        for (Transport.Arrived receipt = inbox.receive(0); receipt != null; receipt = inbox.receive(0)) {
            take(receipt);
        }
    }

    private void take(Transport.Arrived receipt) {
        String refused = lanes.refused(receipt.message());
        if (refused != null) {
            manager.strangers().dropped("what came to " + endpoint() + " for replica " + anyConsumer.sender(), refused);
        }
        receipt.giveBack();
    }

    /** The keeper's turn. */
    @Override
    public long run() {
        if (!lock.tryLock()) {
            // Whoever waits does it all, and tells when that is over.
            return waiting ? Keeper.NEVER : BUSY_NANOS;
        }
        try {
            if (closed || abandoned) {
                return Keeper.NEVER;
            }
            takeReceipts();
            return lanes.upkeep();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the keeper was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int outstanding() {
        return lanes.outstanding();
    }

    @Override
    public long waitedNanos(int consumer) {
        return waitedNanos.get(consumer);
    }

    @Override
    public void abandon() {
        abandoned = true;
        inbox.wake();
    }

    @Override
    public void close() {
        abandon();
        manager.keeper().remove(this);
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                lanes.close(ended ? FAREWELL_MILLIS : 0);
                inbox.close();
                manager.closed(this);
            }
        } finally {
            lock.unlock();
        }
    }
}
