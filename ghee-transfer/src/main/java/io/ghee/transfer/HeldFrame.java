package io.ghee.transfer;

import io.ghee.Batch;
import io.ghee.channel.Delivery;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A frame that has arrived, until the stage has released all that was in it. Releasing is thread-safe. */
final class HeldFrame {
    private final FrameHeader header;
    private final AtomicInteger left;
    private final Runnable released;

    /**
     * A frame.
     *
     * @param deliveries how many it makes
     * @param released is run once, when all are released
     */
    HeldFrame(FrameHeader header, int deliveries, Runnable released) {
        this.header = header;
        this.left = new AtomicInteger(deliveries);
        this.released = released;
    }

    /** What the stage gets for a batch of the frame, or for the frame if it has none. */
    Delivery deliver(BatchCodec.@Nullable Written written) {
        int sender = header.route().sender();
        switch (header.kind()) {
            case END_OF_EPOCH -> {
                // It has no release: so it is not to lie in the frame.
                Batch<?> spare =
                        written == null ? null : Batch.of(written.batch().records());
                release();
                return new Delivery.EndOfEpoch(sender, header.epoch(), spare);
            }
            case END_OF_STREAM -> {
                release();
                return new Delivery.EndOfStream(sender);
            }
            default -> {
                if (written == null) {
                    throw new IllegalStateException("data without a batch");
                }
                return new Delivery.Data(sender, header.epoch(), written.batch(), written.origins(), new Release(this));
            }
        }
    }

    private void release() {
        if (left.decrementAndGet() == 0) {
            released.run();
        }
    }

    /** Counts once, however often it is run. */
    private static final class Release implements Runnable {
        private final HeldFrame frame;
        private final AtomicBoolean done = new AtomicBoolean();

        Release(HeldFrame frame) {
            this.frame = frame;
        }

        @Override
        public void run() {
            if (!done.getAndSet(true)) {
                frame.release();
            }
        }
    }
}
