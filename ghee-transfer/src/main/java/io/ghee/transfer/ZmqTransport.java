package io.ghee.transfer;

import io.ghee.InfrastructureException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.ZError;

/** ZeroMQ: a PULL socket for each inbox, a PUSH socket for each outbox. Thread-safe; what it makes is not. */
final class ZmqTransport implements Transport {
    private static final Logger LOG = LoggerFactory.getLogger(ZmqTransport.class);

    /** One for each replica on the other side; JeroMQ's own limit is 1024. */
    private static final int MOST_SOCKETS = 1 << 14;

    private final ZContext context = Zmq.context();
    private final BufferPool pool;
    private final String host;
    private final Set<ZmqInbox> inboxes = ConcurrentHashMap.newKeySet();
    private volatile @Nullable Throwable died;

    ZmqTransport(String host, BufferPool pool) {
        this.host = host;
        this.pool = pool;
        context.getContext().setMaxSockets(MOST_SOCKETS);
        context.setUncaughtExceptionHandler(this::died);
    }

    @Override
    public Inbox bind(long longest) {
        ZmqInbox inbox = new ZmqInbox(this, socket(SocketType.PULL), host, new PooledMessages(pool, longest), longest);
        inboxes.add(inbox);
        return inbox;
    }

    void closed(ZmqInbox inbox) {
        inboxes.remove(inbox);
    }

    /** Nothing arrives any more, and nobody would be told. */
    private void died(Thread thread, Throwable e) {
        LOG.error("{} has ended", thread.getName(), e);
        died = e;
        inboxes.forEach(ZmqInbox::wake);
    }

    /** Throws if this transport works no more. */
    void checkAlive() {
        Throwable e = died;
        if (e != null) {
            throw new InfrastructureException("the thread that sends and receives has ended: " + e, e);
        }
    }

    @Override
    public Outbox connect(String endpoint, Runnable changed) {
        return new ZmqOutbox(this, endpoint, changed);
    }

    /** A socket that keeps what it cannot send, and drops it when it is closed. */
    ZMQ.Socket socket(SocketType type) {
        ZMQ.Socket socket = Zmq.socket(context, type);
        // Credits bound what is on the way, in bytes; the high-water marks, which count messages, must not interfere.
        socket.setHWM(0);
        socket.setLinger(0);
        socket.setTCPKeepAlive(1);
        socket.setTCPKeepAliveIdle(10);
        socket.setTCPKeepAliveInterval(5);
        socket.setTCPKeepAliveCount(4);
        return socket;
    }

    void nudge() {
        Zmq.nudge(context);
    }

    /**
     * To be called when a socket had nothing: returns if that was only for now. ZeroMQ clears the interrupt of a thread that
     * it stops waiting for.
     */
    static void checkWait(ZMQ.Socket socket) throws InterruptedException {
        int error = socket.errno();
        if (error == ZError.EINTR || Thread.interrupted()) {
            throw new InterruptedException("while waiting for a message");
        }
        if (error == ZError.ETERM) {
            throw new InfrastructureException("the channels were closed while waiting for a message");
        }
    }

    @Override
    public void close() {
        inboxes.forEach(ZmqInbox::close);
        if (died == null) {
            // It would wait for that thread.
            context.close();
        }
    }
}
