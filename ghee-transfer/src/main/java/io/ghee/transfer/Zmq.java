package io.ghee.transfer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.Msg;

/**
 * How ghee sets up ZeroMQ.
 *
 * <p>That a connection comes about cannot be left to JeroMQ 0.6.0. In the hand-over from the part that connects to the part
 * that speaks, both have a handle on the same channel; if its poller meets the two in one round, it cancels the key of the
 * first and registers nothing for the second (zeromq/jeromq#1022). With a busy processor that happens to some connections in
 * a hundred. Such a connection is mute until the handshake timer tears it down and it is made anew. Any change of what the
 * poller watches makes it look again and repairs this at once: so whoever waits for a connection {@linkplain #nudge nudges}
 * it now and then.
 */
public final class Zmq {
    /**
     * How long a new connection may take to shake hands before it is made anew, which on a busy machine takes some time
     * under CURVE, where each side has to compute.
     */
    private static final int HANDSHAKE_MILLIS = 5000;

    private Zmq() {}

    /** Not before there is something to say: a worker connects before it has all its code, and that may have the backend. */
    private static Logger log() {
        return LoggerFactory.getLogger(Zmq.class);
    }

    /** A context with one I/O thread, as it is that one's poller that may have to be nudged. */
    public static ZContext context() {
        ZContext context = new ZContext(1);
        // JeroMQ would print these stacks: of connections that end while the context is being closed.
        context.setNotificationExceptionHandler((thread, e) -> log().debug("in {}", thread.getName(), e));
        return context;
    }

    /** A socket of {@code context}. */
    public static ZMQ.Socket socket(ZContext context, SocketType type) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setHandshakeIvl(HANDSHAKE_MILLIS);
        socket.setMsgAllocator(Zmq::allocate);
        return socket;
    }

    /** Makes the poller look again at all that it watches. */
    public static void nudge(ZContext context) {
        ZMQ.Socket any = context.createSocket(SocketType.PULL);
        any.bindToRandomPort("tcp://127.0.0.1");
        any.close();
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
            log().warn("dropped a message of {} bytes: {}", size, e.getMessage());
            return new Msg(0);
        }
    }
}
