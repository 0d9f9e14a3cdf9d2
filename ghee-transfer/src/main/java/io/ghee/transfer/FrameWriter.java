package io.ghee.transfer;

import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A frame that batches are being written into. Used under the lock of its outlet, until {@link #finish} or {@link #drop}. */
final class FrameWriter {
    final int epoch;
    final long openedNanos = System.nanoTime();

    private final BufferPool pool;
    private BufferPool.Loan loan;
    private ByteBuffer frame;
    private int batches;

    /**
     * An empty frame.
     *
     * @param body how long the body will be, if nothing unforeseen happens
     */
    FrameWriter(BufferPool pool, int epoch, int body) {
        this.pool = pool;
        this.epoch = epoch;
        loan = pool.take(FrameHeader.BYTES + body);
        frame = loan.buffer().position(FrameHeader.BYTES);
    }

    int batches() {
        return batches;
    }

    /** Length of the body so far. */
    int body() {
        return frame.position() - FrameHeader.BYTES;
    }

    void add(BatchCodec.Measured batch) {
        if (frame.remaining() < batch.bytes()) {
            move(Math.max(frame.position() + batch.bytes(), 2 * frame.capacity()));
        }
        batch.writeTo(frame);
        batches++;
    }

    private void move(int size) {
        BufferPool.Loan other = pool.take(size);
        frame = other.buffer().put(frame.flip());
        loan.giveBack();
        loan = other;
    }

    /** The frame, with header and seal. */
    SentFrame finish(FrameHeader.Kind kind, Route route, long sequence, @Nullable Seal seal) {
        int body = body();
        FrameHeader header =
                new FrameHeader(kind, seal != null, Packing.NONE, route, sequence, epoch, batches, body, body);
        if (seal == null) {
            if (frame.capacity() > 2 * BufferPool.capacity(frame.position())) {
                // Most of the buffer would lie idle until the frame is released.
                move(frame.position());
            }
        } else {
            BufferPool.Loan sealed = pool.take(header.frameBytes());
            ByteBuffer out = sealed.buffer();
            header.writeTo(out);
            seal.seal(
                    sequence,
                    out.slice(0, FrameHeader.BYTES),
                    frame.slice(FrameHeader.BYTES, body),
                    out.position(FrameHeader.BYTES).limit(header.frameBytes()));
            loan.giveBack();
            loan = sealed;
            frame = out;
        }
        header.writeTo(frame);
        return new SentFrame(header, loan);
    }

    void drop() {
        loan.giveBack();
    }
}
