package io.ghee.transfer;

import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Seal;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZMQ;
import zmq.Msg;
import zmq.msg.MsgAllocator;

/**
 * A bound PULL socket. Messages are received straight into buffers of the pool, if there is one.
 *
 * <p>Of a message that breaks off with its connection, JeroMQ lets nobody know. So messages that have not arrived are known
 * here by weak references, and what has become of one is seen when the collector has taken it.
 */
final class ZmqInbox implements Transport.Inbox, MsgAllocator {
    private static final Logger LOG = LoggerFactory.getLogger(ZmqInbox.class);

    private static final int SMALL = FrameHeader.BYTES + Seal.TAG_BYTES;

    private final ZMQ.Socket socket;
    private final String endpoint;
    private final long longest;
    private final @Nullable BufferPool pool;
    private final AtomicBoolean woken = new AtomicBoolean();

    /** Guards what is below. */
    private final Object lock = new Object();

    private final ReferenceQueue<PooledMsg> lost = new ReferenceQueue<>();
    private final Set<Arriving> arriving = new HashSet<>();
    private final Set<BufferPool.Loan> held = new HashSet<>();
    private @Nullable String broken;
    private boolean closed;

    ZmqInbox(ZMQ.Socket socket, String host, long longest, @Nullable BufferPool pool) {
        this.socket = socket;
        this.longest = longest;
        this.pool = pool;
        socket.setMaxMsgSize(longest);
        socket.setMsgAllocator(this);
        endpoint = "tcp://" + host + ":" + socket.bindToRandomPort("tcp://" + host);
    }

    /** A message that knows the buffer it comes in. */
    private static final class PooledMsg extends Msg {
        private final Arriving arriving;

        PooledMsg(ByteBuffer buffer, BufferPool.Loan loan, ReferenceQueue<PooledMsg> lost) {
            super(buffer);
            this.arriving = new Arriving(this, loan, lost);
        }
    }

    private static final class Arriving extends WeakReference<PooledMsg> {
        private final BufferPool.Loan loan;

        Arriving(PooledMsg message, BufferPool.Loan loan, ReferenceQueue<PooledMsg> lost) {
            super(message, lost);
            this.loan = loan;
        }
    }

    /**
     * Called by the thread of the context, which would end with an error without a word. A message that there is no memory
     * for becomes an empty one; what follows is then taken for the next message, and ends the connection, after which the
     * sender sends it again. But if there is none while nothing else arrives, there never will be: that is kept for
     * {@link #receive}.
     */
    @Override
    public Msg allocate(int size) {
        if (size < 0 || size > longest) {
            // JeroMQ takes a length of more than 2^63 for a negative one, which is below its limit.
            return new Msg(0);
        }
        if (size <= SMALL || pool == null) {
            // What the sockets say to each other, which never gets to receive; and probes and marks.
            return new Msg(size);
        }
        synchronized (lock) {
            takeBackLost();
            if (closed) {
                return new Msg(0);
            }
            BufferPool.Loan loan = take(pool, size);
            if (loan == null) {
                return new Msg(0);
            }
            PooledMsg message = new PooledMsg(loan.buffer().slice(0, size), loan, lost);
            arriving.add(message.arriving);
            return message;
        }
    }

    private BufferPool.@Nullable Loan take(BufferPool from, int size) {
        try {
            return from.take(size);
        } catch (OutOfMemoryError first) {
            from.clear();
            takeBackLost();
            try {
                return from.take(size);
            } catch (OutOfMemoryError again) {
                String what = "a batch of " + size + " bytes cannot be received: " + again.getMessage()
                        + " (expected: more memory for this stage, or smaller batches)";
                LOG.warn(what);
                if (arriving.isEmpty()) {
                    broken = what;
                    socket.base().cancel(woken);
                }
                return null;
            }
        }
    }

    private void takeBackLost() {
        for (Reference<?> each = lost.poll(); each != null; each = lost.poll()) {
            if (each instanceof Arriving gone && arriving.remove(gone)) {
                gone.loan.giveBack();
            }
        }
    }

    @Override
    public String endpoint() {
        return endpoint;
    }

    @Override
    public Transport.@Nullable Arrived receive(long millis) throws InterruptedException {
        if (millis > 0) {
            socket.setReceiveTimeOut((int) Math.min(millis, Integer.MAX_VALUE));
        }
        Msg message = socket.base().recv(millis > 0 ? 0 : ZMQ.DONTWAIT, woken);
        if (message == null) {
            if (!woken.getAndSet(false)) {
                ZmqTransport.checkWait(socket);
            }
            checkBroken();
            return null;
        }
        ByteBuffer bytes = message.buf().clear().order(ByteOrder.LITTLE_ENDIAN);
        if (!(message instanceof PooledMsg pooled)) {
            return new Received(bytes, null);
        }
        BufferPool.Loan loan = pooled.arriving.loan;
        synchronized (lock) {
            arriving.remove(pooled.arriving);
            held.add(loan);
        }
        return new Received(bytes, loan);
    }

    private void checkBroken() {
        synchronized (lock) {
            if (broken != null) {
                throw new InfrastructureException(broken);
            }
        }
    }

    private final class Received implements Transport.Arrived {
        private final ByteBuffer message;
        private final BufferPool.@Nullable Loan loan;

        Received(ByteBuffer message, BufferPool.@Nullable Loan loan) {
            this.message = message;
            this.loan = loan;
        }

        @Override
        public ByteBuffer message() {
            return message;
        }

        @Override
        public void giveBack() {
            synchronized (lock) {
                if (loan != null && held.remove(loan)) {
                    loan.giveBack();
                }
            }
        }
    }

    @Override
    public void wake() {
        synchronized (lock) {
            if (!closed) {
                socket.base().cancel(woken);
            }
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            arriving.forEach(each -> each.loan.forget());
            arriving.clear();
            held.forEach(BufferPool.Loan::forget);
            held.clear();
        }
        socket.close();
    }
}
