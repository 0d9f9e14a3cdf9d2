package io.ghee.transfer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.Msg;

/** How ghee sets up ZeroMQ. */
public final class Zmq {
    private static final Logger LOG = LoggerFactory.getLogger(Zmq.class);

    /**
     * How long a new connection may take to shake hands before it is made anew. In JeroMQ 0.6.0 a freshly connected socket
     * sometimes never begins to (a few in a hundred, more under load; zeromq/jeromq#1022), and only this timer frees it. Its
     * default is 30 s. {@link Dialer} sees to it that the timer is hardly ever needed.
     */
    private static final int HANDSHAKE_MILLIS = 500;

    private Zmq() {}

    /** A context with one I/O thread. */
    public static ZContext context() {
        ZContext context = new ZContext(1);
        // JeroMQ would print these stacks: of connections that end while the context is being closed.
        context.setNotificationExceptionHandler((thread, e) -> LOG.debug("in {}", thread.getName(), e));
        return context;
    }

    /** A socket of {@code context}. */
    public static ZMQ.Socket socket(ZContext context, SocketType type) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        socket.setMsgAllocator(Zmq::allocate);
        return socket;
    }

    /**
     * Room for a message. A stranger may announce one of any length: JeroMQ takes a length of more than 2^63 for a negative
     * one, which is below any limit, and its thread ends with the error that follows. An empty message instead leaves the
     * stranger's connection in disorder, and nothing else.
     */
    private static Msg allocate(int size) {
        try {
            return new Msg(Math.max(0, size));
        } catch (OutOfMemoryError e) {
            LOG.warn("dropped a message of {} bytes: {}", size, e.getMessage());
            return new Msg(0);
        }
    }
}
