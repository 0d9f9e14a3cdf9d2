package io.ghee.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZMQ;
import zmq.Msg;

/** A bound PULL socket. Messages are received straight into buffers of the pool, but for the smallest. */
final class ZmqInbox implements Transport.Inbox {
    /**
     * A connection that completes no message in this time, nor answers a ping, is dead, or somebody's who does not mean well.
     * Between that a long message on a slow link must have the time to arrive.
     */
    private static final int PING_MILLIS = 20_000;

    private static final int PONG_MILLIS = 60_000;

    private final ZmqTransport transport;
    private final ZMQ.Socket socket;
    private final String endpoint;
    private final PooledMessages messages;
    private final AtomicBoolean woken = new AtomicBoolean();

    /** Guards {@link #closed}, so that nobody is woken after that. */
    private final Object lock = new Object();

    private boolean closed;

    ZmqInbox(ZmqTransport transport, ZMQ.Socket socket, String host, PooledMessages messages, long longest) {
        this.transport = transport;
        this.socket = socket;
        this.messages = messages;
        socket.setMaxMsgSize(longest);
        socket.setMsgAllocator(messages);
        socket.setHeartbeatIvl(PING_MILLIS);
        socket.setHeartbeatTimeout(PONG_MILLIS);
        endpoint = "tcp://" + host + ":" + socket.bindToRandomPort("tcp://" + host);
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
            transport.checkAlive();
            return null;
        }
        return new Received(message.buf().clear().order(ByteOrder.LITTLE_ENDIAN), messages.delivered(message));
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
            if (loan != null) {
                messages.giveBack(loan);
            }
        }
    }

    @Override
    public @Nullable String refused(long bytes) {
        return messages.refused(bytes);
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
        }
        messages.close();
        transport.closed(this);
        socket.close();
    }
}
