package io.ghee.transfer;

import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A frame that batches are being written into, and that is packed and sealed in the end, each time into another buffer. Used
 * under the lock of its outlet, until {@link #finish} or {@link #drop}.
 */
final class FrameWriter {
    /** What is shorter is not worth packing. */
    private static final int SHORT = 512;

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

    /** Length of the body so far. */
    int body() {
        return frame.position() - FrameHeader.BYTES;
    }

    void add(BatchCodec.Measured batch) {
        if (frame.remaining() < batch.bytes()) {
            copyTo(Math.max(frame.position() + batch.bytes(), 2 * frame.capacity()));
        }
        batch.writeTo(frame);
        batches++;
    }

    private void copyTo(int size) {
        BufferPool.Loan other = pool.take(size);
        moveTo(other, other.buffer().put(frame.flip()));
    }

    private void moveTo(BufferPool.Loan other, ByteBuffer otherFrame) {
        loan.giveBack();
        loan = other;
        frame = otherFrame;
    }

    /** The frame, with header and seal. */
    SentFrame finish(
            FrameHeader.Kind kind, Route route, long sequence, Packing packing, @Nullable Seal seal, long credit) {
        int plain = body();
        Packing packed = pack(packing);
        FrameHeader header =
                new FrameHeader(kind, seal != null, packed, route, sequence, epoch, batches, body(), plain, credit);
        if (seal != null) {
            seal(header, seal);
        } else if (frame.capacity() > 2 * BufferPool.capacity(frame.position())) {
            // Most of the buffer would lie idle until the frame is released.
            copyTo(frame.position());
        }
        header.writeTo(frame);
        return new SentFrame(header, loan);
    }

    private Packing pack(Packing packing) {
        int plain = body();
        if (packing == Packing.NONE || plain < SHORT) {
            return Packing.NONE;
        }
        BufferPool.Loan other = pool.take(frame.position());
        ByteBuffer out = other.buffer().position(FrameHeader.BYTES).limit(frame.position());
        int length = packing.pack(frame.slice(FrameHeader.BYTES, plain), out);
        if (length < 0 || length >= plain) {
            other.giveBack();
            return Packing.NONE;
        }
        moveTo(other, out.position(FrameHeader.BYTES + length));
        return packing;
    }

    private void seal(FrameHeader header, Seal seal) {
        BufferPool.Loan other = pool.take(header.frameBytes());
        ByteBuffer out = other.buffer();
        header.writeTo(out);
        seal.seal(
                header.sequence(),
                out.slice(0, FrameHeader.BYTES),
                frame.slice(FrameHeader.BYTES, header.bodyBytes()),
                out.position(FrameHeader.BYTES).limit(header.frameBytes()));
        moveTo(other, out);
    }

    void drop() {
        loan.giveBack();
    }
}
