package io.ghee.transfer;

import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Receipt;
import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frames from one sender that one consumer has not released, and what makes them arrive. Used under the lock of its
 * outlet.
 *
 * <p>A receipt tells what was released; that is all that is needed while nothing is lost. When something may be lost, a
 * <i>probe</i> is sent after the frames, and the consumer answers it with what it expects next. As messages keep their order
 * until they have left, the answer proves that every frame sent before the probe has arrived or is lost: so those from the
 * expected one on are sent again, and no frame ever waits here twice. A probe is sent
 *
 * <ul>
 *   <li>when a connection has come about anew. Until the answer, frames are held: after a gap they would be dropped;
 *   <li>when the consumer reports a gap;
 *   <li>when there was no receipt for some time, as the last frames or the last receipts may be lost; a consumer that is
 *       busy does not answer, and is asked less and less often;
 *   <li>when the buffer of a frame that was sent twice waits for the proof that the second copy is gone.
 * </ul>
 */
final class Flight {
    private static final Logger LOG = LoggerFactory.getLogger(Flight.class);
    private static final long NOT_CONNECTED = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long NOT_CONNECTED_IDLE = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long ENDED = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int SELDOM = 10;

    private final Transport.Outbox outbox;
    private final Route route;
    private final @Nullable Seal probeSeal;
    private final long probeNanos;
    private final TreeMap<Long, SentFrame> frames = new TreeMap<>();

    /** Released, but a copy may not have left. */
    private final List<SentFrame> leaving = new ArrayList<>();

    private long bytes;
    private long next;
    private int connections;
    private long lastProbe;
    private long answered;
    private boolean holding;
    private boolean ended;
    private long lastSign;
    private long patience;

    /** The frames of a route, from {@code outbox}, which is connected. */
    Flight(Transport.Outbox outbox, Route route, @Nullable Seal probeSeal, long probeNanos) {
        this.outbox = outbox;
        this.route = route;
        this.probeSeal = probeSeal;
        this.probeNanos = probeNanos;
        this.patience = probeNanos;
        this.connections = outbox.connections();
        this.lastSign = System.nanoTime();
    }

    /** The sequence of the next frame. */
    long next() {
        return next;
    }

    /** What is outstanding takes of the credit. */
    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return frames.isEmpty() && leaving.isEmpty();
    }

    /** If everything was released. */
    boolean isReleased() {
        return frames.isEmpty();
    }

    void send(SentFrame frame) {
        if (frames.isEmpty()) {
            sign();
        }
        frames.put(frame.sequence, frame);
        bytes += frame.bytes;
        next = frame.sequence + 1;
        if (isSound()) {
            frame.send(outbox, lastProbe);
        }
    }

    /** If what is sent now arrives next to what was sent before. */
    private boolean isSound() {
        return !holding && isSameConnection();
    }

    private boolean isSameConnection() {
        return outbox.isConnected() && outbox.connections() == connections;
    }

    private void sign() {
        lastSign = System.nanoTime();
        patience = probeNanos;
    }

    /**
     * Takes a receipt.
     *
     * @return how many batches it releases, or -1 if it is none for this flight
     */
    int take(Receipt receipt) {
        long released = receipt.released();
        if (released < 0
                || released > receipt.expected()
                || receipt.expected() > next
                || receipt.beyond().length() > receipt.expected() - released) {
            return -1;
        }
        int batches = releaseAll(frames.headMap(released).values());
        for (int k = receipt.beyond().nextSetBit(0);
                k >= 0;
                k = receipt.beyond().nextSetBit(k + 1)) {
            batches += releaseAll(frames.subMap(released + k, released + k + 1).values());
        }
        if (ended && frames.isEmpty()) {
            // The consumer waits for that before it goes; if it tells us again, it has not heard it.
            sendNumbered(FrameHeader.Kind.FAREWELL);
        } else if (receipt.probe() == lastProbe && answered < lastProbe) {
            answered(receipt.expected());
        } else if (receipt.gap() && answered == lastProbe && isSameConnection()) {
            holding = true;
            probe();
        }
        return batches;
    }

    private int releaseAll(Collection<SentFrame> some) {
        int batches = 0;
        for (SentFrame frame : some) {
            batches += frame.batches;
            end(frame);
            sign();
        }
        some.clear();
        // With nothing missing there is nothing to hold for.
        holding &= !frames.isEmpty();
        return batches;
    }

    private void end(SentFrame frame) {
        if (frame.hasLeft(answered)) {
            bytes -= frame.bytes;
            frame.end();
        } else {
            leaving.add(frame);
        }
    }

    private void answered(long expected) {
        answered = lastProbe;
        sign();
        List<SentFrame> left = List.copyOf(leaving);
        leaving.clear();
        left.forEach(this::end);
        if (!isSameConnection()) {
            return;
        }
        holding = false;
        int again = 0;
        for (SentFrame frame : frames.tailMap(expected).values()) {
            if (frame.wasSentBefore(lastProbe)) {
                frame.send(outbox, lastProbe);
                again++;
            }
        }
        if (again > 0) {
            LOG.debug("{} frames from {} on sent again on {}", again, expected, route);
        }
    }

    /**
     * Does what is due.
     *
     * @return nanoseconds until something is due again, unless something happens
     */
    long upkeep() {
        if (!outbox.isConnected()) {
            outbox.help();
            if (outbox.renew()) {
                frames.values().forEach(SentFrame::leave);
                leaving.forEach(SentFrame::leave);
            }
            return frames.isEmpty() ? NOT_CONNECTED_IDLE : NOT_CONNECTED;
        }
        if (connections != outbox.connections()) {
            connections = outbox.connections();
            holding = !frames.isEmpty();
            if (holding) {
                probe();
            }
        } else if (!leaving.isEmpty() && answered == lastProbe) {
            probe();
        }
        if (isEmpty()) {
            // A consumer that has not heard the farewell tells us again.
            return ended ? ENDED : Keeper.NEVER;
        }
        long left = lastSign + patience - System.nanoTime();
        if (left <= 0) {
            probe();
            patience = Math.min(2 * patience, SELDOM * probeNanos);
            left = patience;
        }
        return left;
    }

    private void probe() {
        lastSign = System.nanoTime();
        sendNumbered(FrameHeader.Kind.PROBE);
    }

    /** To be called when the last frame was sent. */
    void end() {
        ended = true;
    }

    /** What has to be there to receive the longest of the frames. */
    private int longestBody() {
        return frames.values().stream().mapToInt(frame -> frame.body).max().orElse(0);
    }

    private void sendNumbered(FrameHeader.Kind kind) {
        lastProbe++;
        ByteBuffer message = ByteBuffer.allocate(FrameHeader.BYTES + (probeSeal == null ? 0 : Seal.TAG_BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        new FrameHeader(kind, probeSeal != null, Packing.NONE, route, lastProbe, 0, 0, 0, longestBody(), 0)
                .writeTo(message);
        if (probeSeal != null) {
            probeSeal.sign(lastProbe, message.slice(0, FrameHeader.BYTES), message.position(FrameHeader.BYTES));
        }
        outbox.send(message.clear());
    }

    void close() {
        frames.values().forEach(SentFrame::forget);
        frames.clear();
        leaving.forEach(SentFrame::forget);
        leaving.clear();
        bytes = 0;
    }
}
