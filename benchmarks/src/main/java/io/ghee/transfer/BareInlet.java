package io.ghee.transfer;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/** The other end of a {@link BareOutlet}. Used by one thread. */
@NullMarked
public final class BareInlet {
    private static final long PATIENCE_MILLIS = 1_800_000;
    private static final int COUNTS_IN_A_BUDGET = 8;

    private final TransferConfig config;
    private final long often;
    private final Transport transport;
    private final Transport.Inbox frames;
    private final BatchCodec codec;

    private Transport.@Nullable Outbox counts;
    private long hadBytes;
    private long toldBytes;

    /** Binds it; {@code budget} is that of the outlet. */
    public BareInlet(TransferConfig config, long budget) {
        this.config = config;
        often = budget / COUNTS_IN_A_BUDGET;
        transport = new ZmqTransport(config.host(), new BufferPool());
        frames = transport.bind(FrameHeader.BYTES + (long) config.largestBody());
        codec = new BatchCodec(config.largestBody());
    }

    /** Where the outlet sends its frames. */
    public String endpoint() {
        return frames.endpoint();
    }

    /** Connects to the outlet. */
    public void connect(String outlet) throws InterruptedException {
        counts = Connecting.to(List.of(outlet), transport, config.connectTimeout(), () -> {}, () -> false)
                .get(0);
    }

    /** Waits for a frame, has its batches looked at, and gives its buffer back. */
    public void receive(Consumer<Batch<?>> look) throws InterruptedException {
        Transport.Arrived arrived = frames.receive(PATIENCE_MILLIS);
        if (arrived == null) {
            throw new InfrastructureException("no frame for " + PATIENCE_MILLIS + " ms");
        }
        ByteBuffer message = arrived.message();
        FrameHeader header = FrameHeader.read(message, config.largestBody());
        List<BatchCodec.Written> batches =
                codec.read(header.batches(), message.slice(FrameHeader.BYTES, header.bodyBytes()));
        hadBytes += message.limit();
        for (BatchCodec.Written batch : batches) {
            look.accept(batch.batch());
        }
        arrived.giveBack();
        if (hadBytes - toldBytes >= often && counts != null) {
            toldBytes = hadBytes;
            ByteBuffer count = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            if (!counts.send(count.putLong(0, hadBytes))) {
                throw new InfrastructureException("a count was not taken");
            }
        }
    }
}
