package io.ghee.transfer;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Seal;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zmq.Msg;
import zmq.msg.MsgAllocator;

/**
 * Gives the messages of an inbox the buffers that they are received into. Thread-safe.
 *
 * <p>Of a message that breaks off with its connection, JeroMQ lets nobody know. So messages that have not been delivered are
 * known here by weak references, and what has become of one is seen when the collector has taken it.
 *
 * <p>Anyone can connect and announce a message. So what has not been delivered takes no more than half of the memory that
 * there is; it is only more if it is a single message.
 */
final class PooledMessages implements MsgAllocator {
    private static final Logger LOG = LoggerFactory.getLogger(PooledMessages.class);

    /** No message with a body is shorter. */
    private static final int SMALL = FrameHeader.BYTES + Seal.TAG_BYTES;

    private static final long MOST_ARRIVING = maxDirectMemory() / 2;
    private static final long BETWEEN_COLLECTIONS = TimeUnit.SECONDS.toNanos(5);

    private final BufferPool pool;
    private final long longest;
    private final ReferenceQueue<PooledMsg> lost = new ReferenceQueue<>();
    private final Set<Arriving> arriving = new HashSet<>();
    private final Set<BufferPool.Loan> held = new HashSet<>();
    private long arrivingBytes;
    private long collectedNanos = System.nanoTime() - BETWEEN_COLLECTIONS;
    private long refusedBytes;
    private @Nullable String refused;
    private boolean closed;

    PooledMessages(BufferPool pool, long longest) {
        this.pool = pool;
        this.longest = longest;
    }

    /** A message that knows the buffer it comes in. */
    private static final class PooledMsg extends Msg {
        private final Arriving arriving;

        PooledMsg(ByteBuffer buffer, BufferPool.Loan loan, ReferenceQueue<PooledMsg> lost) {
            super(buffer);
            this.arriving = new Arriving(this, loan, buffer.capacity(), lost);
        }
    }

    private static final class Arriving extends WeakReference<PooledMsg> {
        private final BufferPool.Loan loan;
        private final int bytes;

        Arriving(PooledMsg message, BufferPool.Loan loan, int bytes, ReferenceQueue<PooledMsg> lost) {
            super(message, lost);
            this.loan = loan;
            this.bytes = bytes;
        }
    }

    /**
     * Called by the thread of the context, which would end with an error without a word. A message that there is no room for
     * becomes an empty one; what follows is then taken for the next message, and ends the connection. A sender sends it
     * again, when there may be room; if there never will be, that is kept for {@link #refused}.
     */
    @Override
    public synchronized Msg allocate(int size) {
        if (size < 0 || size > longest || closed) {
            // JeroMQ takes a length of more than 2^63 for a negative one, which is below its limit.
            return new Msg(0);
        }
        if (size <= SMALL) {
            // What the sockets say to each other, which never gets to receive; and probes and marks.
            return new Msg(size);
        }
        takeBackLost();
        BufferPool.Loan loan = fits(size) ? take(size) : null;
        if (loan == null) {
            collectSometimes();
            return new Msg(0);
        }
        PooledMsg message = new PooledMsg(loan.buffer().slice(0, size), loan, lost);
        arriving.add(message.arriving);
        arrivingBytes += size;
        return message;
    }

    private boolean fits(int size) {
        if (arriving.isEmpty() || arrivingBytes + size <= MOST_ARRIVING) {
            return true;
        }
        LOG.warn("refused a message of {} bytes, as others that have not been taken have {}", size, arrivingBytes);
        return false;
    }

    private BufferPool.@Nullable Loan take(int size) {
        try {
            return pool.take(size);
        } catch (OutOfMemoryError first) {
            pool.clear();
            takeBackLost();
            try {
                return pool.take(size);
            } catch (OutOfMemoryError again) {
                String what = "a batch of " + size + " bytes cannot be received: " + again.getMessage()
                        + " (expected: more memory for this stage, or smaller batches)";
                LOG.warn(what);
                if (arriving.isEmpty() && held.isEmpty()) {
                    refusedBytes = size;
                    refused = what;
                }
                return null;
            }
        }
    }

    private void takeBackLost() {
        for (Reference<?> each = lost.poll(); each != null; each = lost.poll()) {
            if (each instanceof Arriving gone && arriving.remove(gone)) {
                arrivingBytes -= gone.bytes;
                gone.loan.giveBack();
            }
        }
    }

    /** Who holds the room may be gone, and nobody else may have reason to collect. */
    private void collectSometimes() {
        if (System.nanoTime() - collectedNanos > BETWEEN_COLLECTIONS) {
            collectedNanos = System.nanoTime();
            System.gc();
        }
    }

    /** The buffer of a message that was delivered, to be given back here; null if it has none of the pool. */
    synchronized BufferPool.@Nullable Loan delivered(Msg message) {
        if (!(message instanceof PooledMsg pooled)) {
            return null;
        }
        if (arriving.remove(pooled.arriving)) {
            arrivingBytes -= pooled.arriving.bytes;
            held.add(pooled.arriving.loan);
        }
        return pooled.arriving.loan;
    }

    synchronized void giveBack(BufferPool.Loan loan) {
        if (held.remove(loan)) {
            loan.giveBack();
        }
    }

    /** See {@link Transport.Inbox#refused}. */
    synchronized @Nullable String refused(long bytes) {
        return refused != null && bytes == refusedBytes ? refused : null;
    }

    /** The socket may still write into what is arriving, and a stage may read what it holds. */
    synchronized void close() {
        closed = true;
        arriving.forEach(each -> each.loan.forget());
        arriving.clear();
        held.forEach(BufferPool.Loan::forget);
        held.clear();
    }

    private static long maxDirectMemory() {
        HotSpotDiagnosticMXBean java = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long set = java == null
                ? 0
                : Long.parseLong(java.getVMOption("MaxDirectMemorySize").getValue());
        return set > 0 ? set : Runtime.getRuntime().maxMemory();
    }
}
