package io.ghee.transfer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** How ghee sets up ZeroMQ. */
public final class Zmq {
    private static final Logger LOG = LoggerFactory.getLogger(Zmq.class);

    /**
     * How long a new connection may take to shake hands before it is made anew. In JeroMQ 0.6.0 a freshly connected socket
     * sometimes never begins to (a few in a hundred, more under load; zeromq/jeromq#1022), and only this timer frees it. Its
     * default is 30 s. What a bound socket has put into a connection that is torn down is lost, so {@link ZmqOutlet} waits
     * for the handshake; and {@link Dialer} sees to it that the timer is hardly ever needed.
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
        return socket;
    }
}
