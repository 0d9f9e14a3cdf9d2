package io.ghee.transfer;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.zeromq.SocketType;
import org.zeromq.ZEvent;
import org.zeromq.ZMQ;
import zmq.Msg;
import zmq.ZError;

/**
 * A PUSH socket that connects. It keeps what it has not begun to send when a connection breaks, and sends it on the next.
 *
 * <p>It pings its peer, so that a link that is dead without a word ends after some seconds. The bound sides do not: a long
 * frame on a slow link is not dead, and only who sends it knows.
 */
final class ZmqOutbox implements Transport.Outbox {
    private static final int RECONNECT_MILLIS = 10;
    private static final int RECONNECT_MOST_MILLIS = 200;
    private static final int PING_MILLIS = 1000;
    private static final int PONG_MILLIS = 5000;

    /** How long a connection may be silent before it is helped: see {@link Zmq#nudge}. */
    private static final long MUTE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** JeroMQ gives a connection up for good when something else than ZeroMQ answers, as from a port in other hands. */
    private static final long RENEW_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final int EVENTS =
            ZMQ.EVENT_CONNECTED | ZMQ.EVENT_HANDSHAKE_PROTOCOL | ZMQ.EVENT_DISCONNECTED | ZMQ.EVENT_CLOSED;

    private final ZmqTransport transport;
    private final String endpoint;
    private final Runnable changed;
    private final AtomicInteger connections = new AtomicInteger();
    private Link link;

    ZmqOutbox(ZmqTransport transport, String endpoint, Runnable changed) {
        this.transport = transport;
        this.endpoint = endpoint;
        this.changed = changed;
        this.link = new Link();
    }

    private enum State {
        NONE,
        /** There is a TCP connection, and nothing was said yet. */
        SILENT,
        CONNECTED
    }

    /** One socket, and what the thread of the context tells of it. */
    private final class Link implements ZEvent.ZEventConsummer {
        private final ZMQ.Socket socket = transport.socket(SocketType.PUSH);
        private volatile State state = State.NONE;
        private volatile long since = System.nanoTime();

        Link() {
            socket.setReconnectIVL(RECONNECT_MILLIS);
            socket.setReconnectIVLMax(RECONNECT_MOST_MILLIS);
            socket.setHeartbeatIvl(PING_MILLIS);
            socket.setHeartbeatTimeout(PONG_MILLIS);
            socket.setEventHook(this, EVENTS);
            socket.connect(endpoint);
        }

        @Override
        public void consume(ZEvent event) {
            State before = state;
            State now = switch (event.getEvent()) {
                case CONNECTED -> before == State.CONNECTED ? before : State.SILENT;
                case HANDSHAKE_PROTOCOL -> State.CONNECTED;
                default -> State.NONE;
            };
            if (now != before && (before == State.CONNECTED || now != State.NONE)) {
                since = System.nanoTime();
            }
            if (now == State.CONNECTED) {
                // Before the state: whoever sees that there is a connection sees that it is another one.
                connections.incrementAndGet();
            }
            state = now;
            if (now != State.SILENT) {
                changed.run();
            }
        }
    }

    @Override
    public String endpoint() {
        return endpoint;
    }

    @Override
    public boolean send(ByteBuffer message) {
        // Sliced to its exact length: the encoder of JeroMQ sends up to the capacity.
        Msg copy = new Msg(message.slice(0, message.limit()));
        boolean interrupted = false;
        boolean sent = link.socket.base().send(copy, ZMQ.DONTWAIT);
        while (!sent && link.socket.errno() == ZError.EINTR) {
            // The socket has taken the interrupt for itself. It is the stage's: it ends there.
            interrupted = true;
            sent = link.socket.base().send(copy, ZMQ.DONTWAIT);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return sent;
    }

    @Override
    public int connections() {
        return connections.get();
    }

    @Override
    public boolean isConnected() {
        return link.state == State.CONNECTED;
    }

    @Override
    public void help() {
        if (link.state == State.SILENT && System.nanoTime() - link.since > MUTE_NANOS) {
            link.since = System.nanoTime();
            transport.nudge();
        }
    }

    @Override
    public boolean renew() {
        if (link.state == State.CONNECTED || System.nanoTime() - link.since < RENEW_NANOS) {
            return false;
        }
        link.socket.close();
        link = new Link();
        return true;
    }

    @Override
    public void close(int lingerMillis) {
        link.socket.setLinger(lingerMillis);
        link.socket.close();
    }
}
