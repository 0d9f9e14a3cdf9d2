package io.ghee.transfer;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Packing;
import io.ghee.transfer.wire.Route;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * An outlet that only writes frames and sends them: the same batches, frames, buffers and sockets as those of a {@link
 * FrameOutlet}, but nothing is numbered for a receipt, kept for being sent again, or asked for. What the rest costs shows
 * against it. {@link BareInlet} sends back how many bytes it has had, a few times per budget, as otherwise nothing would
 * bound what is on the way. Used by one thread.
 */
@NullMarked
public final class BareOutlet {
    static final Route ROUTE = new Route(1, 0, 1, 0, 0);

    private static final long PATIENCE_MILLIS = 1_800_000;

    /** What the sockets say to each other when they connect counts, too. */
    private static final long LONGEST_COUNT = 1 << 12;

    private final TransferConfig config;
    private final long budget;
    private final BufferPool pool = new BufferPool();
    private final Transport transport;
    private final Transport.Inbox counts;
    private final BatchCodec codec;
    private final ArrayDeque<Sent> sent = new ArrayDeque<>();

    private Transport.@Nullable Outbox frames;
    private BufferPool.@Nullable Loan open;
    private ByteBuffer frame = ByteBuffer.allocate(0);
    private int batches;
    private long sequence;
    private long sentBytes;
    private long hadBytes;

    private record Sent(long upTo, BufferPool.Loan loan) {}

    /**
     * Binds it.
     *
     * @param budget bytes that may be on the way
     */
    public BareOutlet(TransferConfig config, long budget) {
        this.config = config;
        this.budget = budget;
        transport = new ZmqTransport(config.host(), pool);
        counts = transport.bind(LONGEST_COUNT);
        codec = new BatchCodec(config.largestBody());
    }

    /** Where the inlet sends its counts. */
    public String endpoint() {
        return counts.endpoint();
    }

    /** Connects to the inlet. */
    public void connect(String inlet) throws InterruptedException {
        frames = Connecting.to(List.of(inlet), transport, config.connectTimeout(), () -> {}, () -> false)
                .get(0);
    }

    /** Writes a batch into the open frame, which goes when it is full. */
    public void send(Batch<?> batch) throws InterruptedException {
        BatchCodec.Measured measured = codec.measure(batch, Origins.NONE);
        int usual = (int) config.frameSize().bytes();
        if (open != null && frame.position() + measured.bytes() > usual) {
            flush(open);
        }
        if (open == null) {
            open = pool.take(Math.max(usual, FrameHeader.BYTES + measured.bytes()));
            frame = open.buffer().position(FrameHeader.BYTES);
        }
        measured.writeTo(frame);
        batches++;
        if (frame.position() >= usual) {
            flush(open);
        }
    }

    private void flush(BufferPool.Loan full) throws InterruptedException {
        int bytes = frame.position();
        awaitRoom(bytes);
        int body = bytes - FrameHeader.BYTES;
        new FrameHeader(FrameHeader.Kind.DATA, false, Packing.NONE, ROUTE, sequence++, 0, batches, body, body, 0)
                .writeTo(frame);
        if (frames == null || !frames.send(frame.flip())) {
            throw new InfrastructureException("a frame was not taken");
        }
        sentBytes += bytes;
        sent.add(new Sent(sentBytes, full));
        open = null;
        batches = 0;
    }

    private void awaitRoom(int bytes) throws InterruptedException {
        long start = System.nanoTime();
        boolean wait = false;
        while (true) {
            Transport.Arrived count = counts.receive(wait ? PATIENCE_MILLIS : 0);
            if (count != null) {
                hadBytes = count.message().getLong(0);
                count.giveBack();
                while (!sent.isEmpty() && sent.element().upTo() <= hadBytes) {
                    sent.remove().loan().giveBack();
                }
            } else if (sent.isEmpty() || sentBytes - hadBytes + bytes <= budget) {
                return;
            } else if (System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS)) {
                throw new InfrastructureException("no count of what has arrived for " + PATIENCE_MILLIS + " ms");
            }
            wait = sentBytes - hadBytes + bytes > budget;
        }
    }
}
