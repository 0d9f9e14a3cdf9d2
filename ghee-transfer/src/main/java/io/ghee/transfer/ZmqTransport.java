package io.ghee.transfer;

import io.ghee.InfrastructureException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.ZError;

/** ZeroMQ: a PULL socket for each inbox, a PUSH socket for each outbox. Thread-safe; what it makes is not. */
final class ZmqTransport implements Transport {
    private final ZContext context = Zmq.context();
    private final BufferPool pool;
    private final String host;
    private final Set<ZmqInbox> inboxes = ConcurrentHashMap.newKeySet();

    ZmqTransport(String host, BufferPool pool) {
        this.host = host;
        this.pool = pool;
    }

    @Override
    public Inbox bind(long longest, boolean pooled) {
        ZMQ.Socket socket = socket(SocketType.PULL);
        ZmqInbox inbox = new ZmqInbox(socket, host, longest, pooled ? pool : null);
        inboxes.add(inbox);
        return inbox;
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

    /** Makes the poller look again at what it watches: see {@link Dialer}. */
    void nudgePoller() {
        ZMQ.Socket any = context.createSocket(SocketType.PULL);
        any.bindToRandomPort("tcp://127.0.0.1");
        any.close();
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
        context.close();
    }
}
