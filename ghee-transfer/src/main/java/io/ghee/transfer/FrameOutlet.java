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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
    private final int consumers;
    private final long credit;
    private final Transport.Inbox inbox;
    private final BatchCodec codec;
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicLongArray waitedNanos;
    private final AtomicInteger outstanding = new AtomicInteger();
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

    void connect(List<String> endpoints) throws InterruptedException {
        List<Transport.Outbox> outboxes =
                Connecting.to(endpoints, manager.transport(), config.connectTimeout(), this::changed, () -> abandoned);
        lock.lock();
        try {
            for (int consumer = 0; consumer < consumers; consumer++) {
                Route route = new Route(
                        anyConsumer.job(),
                        anyConsumer.generation(),
                        anyConsumer.edge(),
                        anyConsumer.sender(),
                        consumer);
                lanes.add(new Lane(config, manager.pool(), route, credit, outboxes.get(consumer)));
            }
        } finally {
            lock.unlock();
        }
        manager.keeper().add(this);
    }

    /** Called by the transport when a connection has come or gone. */
    private void changed() {
        if (waiting) {
            inbox.wake();
        } else {
            manager.keeper().within(0);
        }
    }

    @Override
    public int consumers() {
        return consumers;
    }

    @Override
    public long send(int consumer, int epoch, Batch<?> batch, Origins origins) throws InterruptedException {
        BatchCodec.Measured measured = codec.measure(batch, origins);
        int bytes = measured.bytes();
        lock.lock();
        try {
            Lane lane = lane(consumer);
            takeReceipts();
            if (!lane.hasRoom(bytes)) {
                lane.flush();
                long waiting = System.nanoTime();
                try {
                    await(() -> lane.hasRoom(bytes));
                } finally {
                    waitedNanos.addAndGet(consumer, System.nanoTime() - waiting);
                }
            }
            lane.add(epoch, measured);
            outstanding.incrementAndGet();
            lastBytes = bytes;
            scheduleUpkeep();
        } finally {
            lock.unlock();
        }
        return bytes;
    }

    private Lane lane(int consumer) {
        checkOpen();
        return lanes.get(consumer);
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
        boolean open = lanes.stream().anyMatch(Lane::isOpen);
        manager.keeper().within((open ? config.linger() : config.probeInterval()).toNanos());
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
            if (!hasRoomiestRoom()) {
                lanes.forEach(Lane::flush);
                long waiting = System.nanoTime();
                try {
                    await(this::hasRoomiestRoom);
                } finally {
                    waitedNanos.addAndGet(roomiest(), System.nanoTime() - waiting);
                }
            }
            return roomiest();
        } finally {
            lock.unlock();
        }
    }

    private boolean hasRoomiestRoom() {
        return lanes.get(roomiest()).hasRoom(lastBytes);
    }

    private int roomiest() {
        int best = 0;
        for (int consumer = 1; consumer < consumers; consumer++) {
            if (lanes.get(consumer).left() > lanes.get(best).left()) {
                best = consumer;
            }
        }
        return best;
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
            await(() -> lanes.stream().allMatch(Lane::isReleased));
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
            lanes.forEach(lane -> lane.mark(kind, epoch, spare));
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
                long nanos = Math.min(POLL_NANOS, upkeep());
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

    private void take(Transport.Arrived arrived) {
        String refused = refused(arrived);
        if (refused != null) {
            manager.strangers().dropped("what came to " + endpoint() + " for replica " + anyConsumer.sender(), refused);
        }
        arrived.giveBack();
    }

    private @Nullable String refused(Transport.Arrived arrived) {
        String foreign = Receipt.foreign(arrived.message());
        if (foreign != null) {
            return foreign;
        }
        Route route = Receipt.route(arrived.message());
        Lane lane = route.consumer() < 0 || route.consumer() >= lanes.size() ? null : lanes.get(route.consumer());
        if (lane == null || !lane.route.equals(route)) {
            return "it is of another job, generation or edge, or of a replica that there is not";
        }
        int released = lane.take(arrived.message());
        if (released < 0) {
            return "its seal is wrong, or it tells of what was never sent";
        }
        outstanding.addAndGet(-released);
        return null;
    }

    private long upkeep() {
        long left = Keeper.NEVER;
        for (Lane lane : lanes) {
            left = Math.min(left, lane.upkeep());
        }
        return left;
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
            return upkeep();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the keeper was interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int outstanding() {
        return outstanding.get();
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
                lanes.forEach(lane -> lane.close(ended ? FAREWELL_MILLIS : 0));
                inbox.close();
                manager.closed(this);
            }
        } finally {
            lock.unlock();
        }
    }
}
