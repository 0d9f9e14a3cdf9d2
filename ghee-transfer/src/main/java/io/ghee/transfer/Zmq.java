package io.ghee.transfer;

import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** How ghee sets up ZeroMQ sockets. */
public final class Zmq {
    /**
     * How long a new connection may take to shake hands before it is made anew. In JeroMQ 0.6.0 a freshly connected socket
     * sometimes never begins to (a few in a hundred, more under load; zeromq/jeromq#1022), and only this timer frees it. Its
     * default is 30 s. Nothing is lost by it: messages wait until a connection stands.
     */
    private static final int HANDSHAKE_MILLIS = 500;

    private Zmq() {}

    /** A socket of {@code context}. */
    public static ZMQ.Socket socket(ZContext context, SocketType type) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        return socket;
    }
}
