package io.ghee.transfer;

import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Seal;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Opens and unpacks frames that have arrived. The body of one that is neither sealed nor packed stays where it is; else it
 * is in another buffer of the pool then. Used by one thread, but for giving back.
 */
final class FrameOpener {
    private final BufferPool pool;
    private final int largestBody;
    private final Set<BufferPool.Loan> loans = ConcurrentHashMap.newKeySet();

    FrameOpener(BufferPool pool, int largestBody) {
        this.pool = pool;
        this.largestBody = largestBody;
    }

    /**
     * The body of a frame, as the batches were written into it.
     *
     * @param body from 0 to its limit
     * @param giveBack to be run when the body is not read any more
     */
    record Opened(FrameHeader header, ByteBuffer body, Runnable giveBack) {}

    /**
     * Opens a frame.
     *
     * @param seal what it is sealed with, or null
     * @return null if the seal does not fit; then nothing has happened to the frame
     * @throws InfrastructureException if it is damaged, though the seal fits, or there is no memory
     */
    @Nullable
    Opened open(Transport.Arrived arrived, @Nullable Seal seal) {
        ByteBuffer message = arrived.message();
        if (seal == null) {
            FrameHeader header = FrameHeader.read(message, largestBody);
            ByteBuffer body = message.slice(FrameHeader.BYTES, header.bodyBytes());
            return unpacked(new Opened(header, body, arrived::giveBack));
        }
        int length = message.limit() - FrameHeader.BYTES - Seal.TAG_BYTES;
        if (length < 0) {
            return null;
        }
        BufferPool.Loan loan = take(length);
        ByteBuffer body = loan.buffer().limit(length);
        ByteBuffer sealed = message.slice(FrameHeader.BYTES, length + Seal.TAG_BYTES);
        if (!seal.open(FrameHeader.sequence(message), message.slice(0, FrameHeader.BYTES), sealed, body)) {
            giveBack(loan);
            return null;
        }
        FrameHeader header = FrameHeader.read(message, largestBody);
        arrived.giveBack();
        return unpacked(new Opened(header, body.flip(), () -> giveBack(loan)));
    }

    private Opened unpacked(Opened opened) {
        FrameHeader header = opened.header();
        if (header.packing() == Packing.NONE) {
            return opened;
        }
        BufferPool.Loan loan = take(header.plainBytes());
        ByteBuffer body = loan.buffer().limit(header.plainBytes());
        header.packing().unpack(opened.body(), body);
        opened.giveBack().run();
        return new Opened(header, body, () -> giveBack(loan));
    }

    private BufferPool.Loan take(int bytes) {
        try {
            BufferPool.Loan loan = pool.take(bytes);
            loans.add(loan);
            return loan;
        } catch (OutOfMemoryError e) {
            throw new InfrastructureException(
                    "a batch of " + bytes + " bytes cannot be opened: " + e.getMessage()
                            + " (expected: more memory for this stage, or smaller batches)",
                    e);
        }
    }

    private void giveBack(BufferPool.Loan loan) {
        loans.remove(loan);
        loan.giveBack();
    }

    /** A stage may still read what it holds. */
    void close() {
        loans.forEach(BufferPool.Loan::forget);
        loans.clear();
    }
}
