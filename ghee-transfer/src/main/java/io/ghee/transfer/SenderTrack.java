package io.ghee.transfer;

import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Receipt;
import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer knows of one sender: what is to come next, and what was released. Used under the lock of its inlet.
 *
 * <p>A receipt costs two processes a wake-up each, so one is to do for several frames of a fast stream. What was released is
 * told at once when it is much of the sender's credit, or all there will be; else soon.
 */
final class SenderTrack {
    /** The sender is to have most of its credit. */
    private static final int PART_OF_THE_CREDIT = 8;

    private static final long TELL_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long GONE_NANOS = TimeUnit.SECONDS.toNanos(2);

    final Route route;
    final @Nullable Seal frameSeal;
    final @Nullable Seal probeSeal;

    private final Transport.Outbox outbox;
    private final @Nullable Seal receiptSeal;

    /** Which frames from {@link #released} on are released; bit 0 never is. */
    private BitSet beyond = new BitSet();

    private long expected;
    private long released;
    private long probe;
    private long receipts;
    private long gapTold = -1;
    private int connections;
    private boolean ended;
    private boolean farewell;
    private long untold;
    private long seenNanos;
    private long toldNanos;

    SenderTrack(TransferConfig config, Route route, Transport.Outbox outbox) {
        this.route = route;
        this.outbox = outbox;
        this.connections = outbox.connections();
        byte[] key = config.key();
        frameSeal = key == null ? null : new Seal(key, Seal.Kind.FRAME, route);
        probeSeal = key == null ? null : new Seal(key, Seal.Kind.PROBE, route);
        receiptSeal = key == null ? null : new Seal(key, Seal.Kind.RECEIPT, route);
    }

    /** The sequence of the frame that is to come next. */
    long expected() {
        return expected;
    }

    /** The frame that was expected has arrived. */
    void arrived() {
        expected++;
    }

    /** A frame has arrived before one that is expected. It is told once; if that is lost, the sender asks. */
    void gap() {
        if (gapTold != expected) {
            gapTold = expected;
            tell(true);
        }
    }

    /** A probe has arrived. */
    void probed(long number) {
        probe = number;
        gapTold = -1;
        tell(false);
    }

    /** The sender has sent everything. */
    void ended() {
        ended = true;
    }

    /** If the sender has sent everything, and everything was released. */
    boolean isThrough() {
        return ended && released == expected;
    }

    /** The sender knows that everything was released. */
    void farewell() {
        farewell = true;
    }

    /** To be called before it is asked if the sender {@link #isGone}. */
    void awaitFarewell() {
        seenNanos = System.nanoTime();
    }

    /** If the sender needs no more receipts, or is no longer there. It is told again now and then until that is so. */
    boolean isGone() {
        long now = System.nanoTime();
        if (outbox.isConnected()) {
            seenNanos = now;
        }
        boolean gone = farewell || now - seenNanos > GONE_NANOS;
        if (!gone && now - toldNanos > TELL_AGAIN_NANOS) {
            tell(false);
        }
        return gone;
    }

    /**
     * The stage has done with a frame.
     *
     * @return if that is to be told soon: {@link #tell()}
     */
    boolean release(FrameHeader frame) {
        long sequence = frame.sequence();
        beyond.set((int) (sequence - released));
        int run = beyond.nextClearBit(0);
        if (run > 0) {
            released += run;
            beyond = beyond.get(run, Math.max(run, beyond.length()));
        }
        untold += frame.frameBytes();
        if (untold >= frame.credit() / PART_OF_THE_CREDIT || isThrough()) {
            tell(false);
        }
        return untold > 0;
    }

    /** Tells what was not told. */
    void tell() {
        if (untold > 0) {
            tell(false);
        }
    }

    /** Tells everything again over a new connection. */
    void upkeep() {
        if (!outbox.isConnected()) {
            outbox.help();
            outbox.renew();
        } else if (connections != outbox.connections()) {
            connections = outbox.connections();
            if (expected > 0) {
                tell(false);
            }
        }
    }

    private void tell(boolean gap) {
        untold = 0;
        toldNanos = System.nanoTime();
        Receipt receipt = new Receipt(route, ++receipts, expected, released, beyond, probe, gap);
        outbox.send(receipt.write(receiptSeal));
    }

    void close(int lingerMillis) {
        outbox.close(lingerMillis);
    }
}
