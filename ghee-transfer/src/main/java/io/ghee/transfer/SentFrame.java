package io.ghee.transfer;

import java.nio.ByteBuffer;

/** A frame that its consumer has not released. Used under the lock of its outlet. */
final class SentFrame {
    final long sequence;
    final int batches;

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
     * @param length of the frame in it
     */
    SentFrame(long sequence, int batches, long bytes, BufferPool.Loan loan, int length) {
        this.sequence = sequence;
        this.batches = batches;
        this.bytes = bytes;
        this.loan = loan;
        this.message = loan.buffer().limit(length);
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
