package io.ghee.transfer;

import io.ghee.InfrastructureException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The receiving end of an edge: one inbox for the frames of all senders, and an outbox to each of them for receipts. Of each
 * sender, the frame that is expected next is taken; one that was taken before is dropped, and one that comes too early too,
 * as the sender sends it again. Columnar batches stay in the buffer that the frame was received into until the stage has
 * released all of them. See {@link FrameOutlet} for the protocol.
 *
 * <p>One thread receives, and may wait for it; releasing is for any thread.
 */
final class FrameInlet implements Inlet, Keeper.Chore {
    private static final Logger LOG = LoggerFactory.getLogger(FrameInlet.class);
    private static final long FAREWELL_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FAREWELL_POLL_MILLIS = 20;
    private static final long POLL_MILLIS = 50;

    /** How long what was released may wait to be told. */
    private static final long TELL_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    private final TransferManager manager;
    private final TransferConfig config;
    private final Route anySender;
    private final int senders;
    private final Transport.Inbox inbox;
    private final FrameOpener opener;
    private final BatchCodec codec;
    private final ArrayDeque<Ready> ready = new ArrayDeque<>();

    /** Held by whoever receives. */
    private final ReentrantLock receiving = new ReentrantLock();

    /** Guards the tracks, and what frames have left to be released; may be taken while receiving. */
    private final Object state = new Object();

    private final List<SenderTrack> tracks = new ArrayList<>();

    private volatile boolean abandoned;
    private boolean tellingSoon;
    private boolean closed;

    FrameInlet(TransferManager manager, Route anySender, int senders) {
        this.manager = manager;
        this.config = manager.config();
        this.anySender = anySender;
        this.senders = senders;
        this.opener = new FrameOpener(manager.pool(), config.largestBody());
        this.codec = new BatchCodec(config.largestBody());
        this.inbox = manager.transport().bind(FrameHeader.BYTES + (long) config.largestBody() + Seal.TAG_BYTES);
    }

    String endpoint() {
        return inbox.endpoint();
    }

    void connect(List<String> endpoints) throws InterruptedException {
        List<Transport.Outbox> outboxes =
                Connecting.to(endpoints, manager.transport(), config.connectTimeout(), () -> {}, () -> abandoned);
        synchronized (state) {
            for (int sender = 0; sender < senders; sender++) {
                Route route = new Route(
                        anySender.job(), anySender.generation(), anySender.edge(), sender, anySender.consumer());
                tracks.add(new SenderTrack(config, route, outboxes.get(sender)));
            }
        }
        manager.keeper().add(this);
    }

    /** A batch or a mark that has arrived in order. */
    private record Ready(HeldFrame frame, BatchCodec.@Nullable Written batch) {}

    @Override
    public int senders() {
        return senders;
    }

    @Override
    public @Nullable Delivery receive(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        receiving.lock();
        try {
            while (true) {
                if (abandoned) {
                    throw new AbandonedException();
                }
                Ready next = ready.poll();
                if (next != null) {
                    return next.frame().deliver(next.batch());
                }
                upkeep();
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                Transport.Arrived arrived = inbox.receive(Math.max(0, Math.min(POLL_MILLIS, left + 1)));
                if (arrived != null) {
                    accept(arrived);
                } else if (left < 0) {
                    return null;
                }
            }
        } finally {
            receiving.unlock();
        }
    }

    private void upkeep() {
        synchronized (state) {
            tracks.forEach(SenderTrack::upkeep);
        }
    }

    private void accept(Transport.Arrived arrived) {
        String refused = refused(arrived);
        if (refused != null) {
            manager.strangers().dropped("what came to " + endpoint() + " for replica " + anySender.consumer(), refused);
            arrived.giveBack();
        }
    }

    /** Takes what arrived, or tells why not. */
    private @Nullable String refused(Transport.Arrived arrived) {
        ByteBuffer message = arrived.message();
        String foreign = FrameHeader.foreign(message);
        if (foreign != null) {
            return foreign;
        }
        Route route = FrameHeader.route(message);
        SenderTrack track = route.sender() < 0 || route.sender() >= tracks.size() ? null : tracks.get(route.sender());
        if (track == null || !track.route.equals(route)) {
            return "it is of another job, generation or edge, or of a replica that there is not";
        }
        if (FrameHeader.isSealed(message) != (track.frameSeal != null)) {
            return track.frameSeal == null ? "it is sealed" : "it is not sealed";
        }
        return FrameHeader.isProbe(message) ? refusedProbe(arrived, track) : refusedFrame(arrived, track);
    }

    private @Nullable String refusedProbe(Transport.Arrived arrived, SenderTrack track) {
        ByteBuffer message = arrived.message();
        Seal seal = track.probeSeal;
        if (message.limit() != FrameHeader.BYTES + (seal == null ? 0 : Seal.TAG_BYTES)) {
            return "it is a probe of another length";
        }
        long number = FrameHeader.sequence(message);
        if (seal != null
                && !seal.verify(
                        number,
                        message.slice(0, FrameHeader.BYTES),
                        message.slice(FrameHeader.BYTES, Seal.TAG_BYTES))) {
            return "its seal is wrong";
        }
        checkRoom(FrameHeader.longestBody(message));
        synchronized (state) {
            if (FrameHeader.isFarewell(message)) {
                track.farewell();
            } else {
                track.probed(number);
            }
        }
        arrived.giveBack();
        return null;
    }

    /** A frame that is larger than all the memory there is would be sent again and again. */
    private void checkRoom(int longestBody) {
        String refused =
                inbox.refused(FrameHeader.BYTES + (long) longestBody + (config.key() == null ? 0 : Seal.TAG_BYTES));
        if (refused != null) {
            throw new InfrastructureException(refused);
        }
    }

    private @Nullable String refusedFrame(Transport.Arrived arrived, SenderTrack track) {
        ByteBuffer message = arrived.message();
        long sequence = FrameHeader.sequence(message);
        if (sequence != track.expected()) {
            arrived.giveBack();
            synchronized (state) {
                if (sequence > track.expected()) {
                    track.gap();
                }
            }
            return null;
        }
        FrameOpener.Opened opened = opener.open(arrived, track.frameSeal);
        if (opened == null) {
            return "its seal is wrong";
        }
        take(track, opened);
        return null;
    }

    private void take(SenderTrack track, FrameOpener.Opened opened) {
        FrameHeader header = opened.header();
        List<BatchCodec.Written> batches = codec.read(header.batches(), opened.body());
        Runnable released = () -> released(track, opened);
        HeldFrame held = new HeldFrame(header, Math.max(1, batches.size()), released);
        synchronized (state) {
            track.arrived();
            if (header.kind() == FrameHeader.Kind.END_OF_STREAM) {
                track.ended();
            }
        }
        if (batches.isEmpty()) {
            ready.add(new Ready(held, null));
        }
        batches.forEach(batch -> ready.add(new Ready(held, batch)));
    }

    private void released(SenderTrack track, FrameOpener.Opened opened) {
        synchronized (state) {
            if (!closed) {
                opened.giveBack().run();
                if (track.release(opened.header()) && !tellingSoon) {
                    tellingSoon = true;
                    manager.keeper().within(TELL_NANOS);
                }
            }
        }
    }

    /** The keeper's turn. */
    @Override
    public long run() {
        synchronized (state) {
            if (tellingSoon && !closed) {
                tracks.forEach(SenderTrack::tell);
            }
            tellingSoon = false;
        }
        return Keeper.NEVER;
    }

    @Override
    public void abandon() {
        abandoned = true;
        inbox.wake();
    }

    /**
     * Closes the inlet. If everything has arrived and was released, it waits for the senders to know that: the receipts that
     * say so may be lost, and then somebody has to be here who is asked.
     */
    @Override
    public void close() {
        receiving.lock();
        try {
            awaitFarewells();
            abandoned = true;
            synchronized (state) {
                if (closed) {
                    return;
                }
                closed = true;
                manager.keeper().remove(this);
                tracks.forEach(track -> track.close(0));
                inbox.close();
                opener.close();
            }
            manager.closed(this);
        } finally {
            receiving.unlock();
        }
    }

    private void awaitFarewells() {
        long start = System.nanoTime();
        synchronized (state) {
            tracks.forEach(SenderTrack::awaitFarewell);
        }
        try {
            while (isAwaited() && System.nanoTime() - start < FAREWELL_NANOS) {
                upkeep();
                Transport.Arrived arrived = inbox.receive(FAREWELL_POLL_MILLIS);
                if (arrived != null) {
                    accept(arrived);
                }
            }
        } catch (InterruptedException e) {
            // Whoever closes in a hurry gets it closed.
            Thread.currentThread().interrupt();
        } catch (InfrastructureException e) {
            LOG.warn("while closing the inlet of replica {}: {}", anySender.consumer(), e.getMessage());
        }
    }

    private boolean isAwaited() {
        synchronized (state) {
            return !abandoned
                    && !closed
                    && !tracks.isEmpty()
                    && tracks.stream().allMatch(SenderTrack::isThrough)
                    && tracks.stream().filter(track -> !track.isGone()).count() > 0;
        }
    }
}
