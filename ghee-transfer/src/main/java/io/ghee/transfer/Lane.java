package io.ghee.transfer;

import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Receipt;
import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one sender has for one consumer: the frame that is being filled, the {@link Flight} of those that are on the way, and
 * the credit in bytes that both take from. Used under the lock of its outlet.
 */
final class Lane {
    /** A consumer is to work on one frame while the next ones come. */
    private static final int FRAMES_IN_A_CREDIT = 4;

    final Route route;

    private final BufferPool pool;
    private final Transport.Outbox outbox;
    private final Flight flight;
    private final Packing packing;
    private final @Nullable Seal frameSeal;
    private final @Nullable Seal receiptSeal;
    private final long credit;
    private final long lingerNanos;
    private final int usualBody;
    private @Nullable FrameWriter open;
    private int lastBody;

    Lane(TransferConfig config, BufferPool pool, Route route, long credit, Transport.Outbox outbox) {
        this.pool = pool;
        this.route = route;
        this.outbox = outbox;
        this.credit = credit;
        this.packing = config.packing();
        byte[] key = config.key();
        frameSeal = key == null ? null : new Seal(key, Seal.Kind.FRAME, route);
        receiptSeal = key == null ? null : new Seal(key, Seal.Kind.RECEIPT, route);
        Seal probeSeal = key == null ? null : new Seal(key, Seal.Kind.PROBE, route);
        flight = new Flight(outbox, route, probeSeal, config.probeInterval().toNanos());
        lingerNanos = config.linger().toNanos();
        usualBody = (int) Math.min(config.frameSize().bytes(), credit / FRAMES_IN_A_CREDIT) - FrameHeader.BYTES;
    }

    /** Bytes of the credit that are left; less than 0 if a frame was longer. */
    long left() {
        return credit - flight.bytes() - (open == null ? 0 : FrameHeader.BYTES + open.body());
    }

    /** If so many bytes more can be sent: a batch longer than the whole credit goes when nothing else is on the way. */
    boolean hasRoom(int bytes) {
        return left() >= bytes + FrameHeader.BYTES || (flight.isEmpty() && open == null);
    }

    /** If a batch would only be added to the frame that is being filled. */
    boolean joins(int epoch, int bytes) {
        return open != null
                && open.epoch == epoch
                && open.body() + bytes < usualBody
                && left() >= bytes
                && !flight.isEmpty();
    }

    /** Adds a batch, and sends what is to go at once. */
    void add(int epoch, BatchCodec.Measured batch) {
        if (open != null && (open.epoch != epoch || open.body() + batch.bytes() > usualBody)) {
            flush();
        }
        if (open == null) {
            // If others can follow, there will be about as many as last time.
            boolean alone = flight.isEmpty() || batch.bytes() >= usualBody;
            open = new FrameWriter(pool, epoch, alone ? batch.bytes() : Math.max(batch.bytes(), lastBody));
        }
        open.add(batch);
        if (flight.isEmpty() || open.body() >= usualBody || lingerNanos == 0) {
            flush();
        }
    }

    /** Sends what is being filled. */
    void flush() {
        if (open != null) {
            FrameWriter full = open;
            open = null;
            // Forgotten slowly: between long frames there is now and then a short one, for a consumer that is idle.
            lastBody = Math.min(usualBody, Math.max(full.body(), lastBody / 4 * 3));
            send(full, FrameHeader.Kind.DATA);
        }
    }

    /** Sends a mark, after everything else. */
    void mark(FrameHeader.Kind kind, int epoch, BatchCodec.@Nullable Measured spare) {
        flush();
        FrameWriter mark = new FrameWriter(pool, epoch, spare == null ? 0 : spare.bytes());
        if (spare != null) {
            mark.add(spare);
        }
        send(mark, kind);
        if (kind == FrameHeader.Kind.END_OF_STREAM) {
            flight.end();
        }
    }

    private void send(FrameWriter frame, FrameHeader.Kind kind) {
        flight.send(frame.finish(kind, route, flight.next(), packing, frameSeal, credit));
    }

    /**
     * Takes a receipt that is for this route.
     *
     * @return how many batches it releases, or -1 if it does not fit
     */
    int take(ByteBuffer message) {
        Receipt receipt = Receipt.read(message, receiptSeal);
        return receipt == null ? -1 : flight.take(receipt);
    }

    /** If something is being filled. */
    boolean isOpen() {
        return open != null;
    }

    boolean isReleased() {
        return open == null && flight.isReleased();
    }

    /**
     * Does what is due.
     *
     * @return nanoseconds until something is due again
     */
    long upkeep() {
        long left = Keeper.NEVER;
        if (open != null) {
            left = open.openedNanos + lingerNanos - System.nanoTime();
            if (left <= 0) {
                flush();
                left = Keeper.NEVER;
            }
        }
        return Math.min(left, flight.upkeep());
    }

    void close(int lingerMillis) {
        if (open != null) {
            open.drop();
            open = null;
        }
        flight.close();
        outbox.close(lingerMillis);
    }
}
