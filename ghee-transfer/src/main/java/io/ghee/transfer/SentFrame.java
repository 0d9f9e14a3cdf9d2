package io.ghee.transfer;

import io.ghee.transfer.wire.FrameHeader;
import java.nio.ByteBuffer;

/** A frame that its consumer has not released. Used under the lock of its outlet. */
final class SentFrame {
    final long sequence;
    final int batches;

    /** Length of its body as it travels. */
    final int body;

    /** What it takes of the credit. */
    final long bytes;

    private final BufferPool.Loan loan;
    private final ByteBuffer message;

    /** The last probe that was sent before it was; -1 if it has not been sent. */
    private long afterProbe = -1;

    private boolean sentAgain;
    private boolean abroad;

    /**
     * A frame.
     *
     * @param loan the buffer that it lies in
     */
    SentFrame(FrameHeader header, BufferPool.Loan loan) {
        this.sequence = header.sequence();
        this.batches = header.kind() == FrameHeader.Kind.DATA ? header.batches() : 0;
        this.body = header.bodyBytes();
        this.bytes = FrameHeader.BYTES + (long) header.plainBytes();
        this.loan = loan;
        this.message = loan.buffer().limit(header.frameBytes());
    }

    void send(Transport.Outbox outbox, long lastProbe) {
        sentAgain |= afterProbe >= 0;
        afterProbe = lastProbe;
        outbox.send(message);
    }

    boolean wasSent() {
        return afterProbe >= 0;
    }

    /** If it was sent before a probe, and thus has arrived or is lost when the probe has arrived. */
    boolean wasSentBefore(long probe) {
        return afterProbe < probe;
    }

    /** To be called when the outbox was renewed: nobody knows how long the old one still reads. */
    void leave() {
        abroad |= wasSent();
    }

    /**
     * If the buffer can be used again, or dropped, now that the frame was released. What was sent once is known to have left,
     * as it has arrived. Of what was sent again, an earlier copy may have arrived late, and the later one still wait here.
     */
    boolean hasLeft(long answeredProbe) {
        return abroad || !sentAgain || afterProbe < answeredProbe;
    }

    void end() {
        if (abroad) {
            loan.forget();
        } else {
            loan.giveBack();
        }
    }

    void forget() {
        loan.forget();
    }
}
