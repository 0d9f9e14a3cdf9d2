package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.transfer.Zmq;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZEvent;
import org.zeromq.ZMQ;
import zmq.Msg;

/**
 * A worker's end of the control channel: a DEALER under CURVE, or PLAIN on loopback, that talks to nobody but the driver whose key it was given.
 * {@link DriverSocket} is the other end.
 *
 * <p>JeroMQ tells when a connection has been refused, in several ways, but not when it has been let in: {@link #connect}
 * therefore knocks, and waits for the answer. What a refusal looks like on this side (JeroMQ 0.6.0):
 *
 * <ul>
 *   <li>the driver does not know the worker's key: {@code HANDSHAKE_FAILED_AUTH} with the status of the refusal;
 *   <li>the driver has another key than the worker was told: the greeting, then {@code DISCONNECTED}, and no other attempt;
 *   <li>the peer is ZeroMQ and speaks another mechanism: {@code DISCONNECTED} with no greeting before, and no other attempt;
 *   <li>the peer is no ZeroMQ: {@code DISCONNECTED} with no greeting before, and another attempt, and so on.
 * </ul>
 *
 * <p>One thread uses it. The context is one of {@link Zmq#context()}.
 */
final class WorkerSocket implements AutoCloseable {
    private static final Duration HELP = Duration.ofMillis(20);
    /** JeroMQ begins another attempt, if it makes one, right after it has told of the end of the last. */
    private static final Duration GIVEN_UP = Duration.ofSeconds(1);

    private static final Duration SEND = Duration.ofSeconds(30);
    private static final byte[] KNOCK = {};

    private final ZContext context;
    private final ZMQ.Socket socket;
    private final String endpoint;
    private boolean admitted;

    // What JeroMQ has told, in its own thread.
    private final Semaphore greetings = new Semaphore(0);
    private final AtomicInteger hangUps = new AtomicInteger();
    /** When a connection ended, if no other attempt has begun since. */
    private volatile @Nullable Long endedNanos;

    private volatile @Nullable String refusal;
    /** Guards {@link #closed}, too. */
    private final AtomicBoolean woken = new AtomicBoolean();

    private boolean closed;

    private WorkerSocket(ZContext context, WorkerKeys keys, String endpoint) {
        this.context = context;
        this.endpoint = endpoint;
        socket = Zmq.socket(context, SocketType.DEALER);
        socket.setLinger(2000);
        socket.setSendTimeOut(100);
        socket.setMsgAllocator(WorkerSocket::allocate);
        keys.applyTo(socket);
        socket.setEventHook(
                this::event,
                ZMQ.EVENT_HANDSHAKE_PROTOCOL
                        | ZMQ.HANDSHAKE_FAILED_AUTH
                        | ZMQ.HANDSHAKE_FAILED_PROTOCOL
                        | ZMQ.EVENT_DISCONNECTED
                        | ZMQ.EVENT_CONNECT_RETRIED);
    }

    /**
     * Connects to the driver, and waits until it has let the worker in.
     *
     * @throws InfrastructureException if it refuses, or if it has not answered within {@code timeout}
     */
    static WorkerSocket connect(ZContext context, WorkerKeys keys, String endpoint, Duration timeout)
            throws InterruptedException {
        WorkerSocket socket = new WorkerSocket(context, keys, endpoint);
        try {
            socket.connect(timeout);
            return socket;
        } catch (RuntimeException | InterruptedException e) {
            socket.close(0);
            throw e;
        }
    }

    /**
     * Memory for what a frame says its length is; anybody may say so, before any key is shown. JeroMQ 0.6.0 takes a length
     * with the highest bit set for a small one, allocates what its lower half says, and loses its only I/O thread if that is
     * too much. An empty message instead is none of the protocol, and the connection is torn down.
     */
    static Msg allocate(int bytes) {
        try {
            return new Msg(bytes < 0 || bytes > DriverSocket.LONGEST_MESSAGE ? 0 : bytes);
        } catch (OutOfMemoryError e) {
            return new Msg(0);
        }
    }

    private void event(ZEvent event) {
        switch (event.getEvent()) {
            case HANDSHAKE_PROTOCOL -> greetings.release();
            case HANDSHAKE_FAILED_AUTH ->
                refusal = "the driver does not know the worker's key (status " + event.getValue() + ")";
            case HANDSHAKE_FAILED_PROTOCOL ->
                refusal = "the peer is not the driver, or not heard well (" + event.getValue() + ")";
            case CONNECT_RETRIED -> endedNanos = null;
            default -> {
                hangUps.incrementAndGet();
                endedNanos = System.nanoTime();
            }
        }
    }

    private void connect(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        socket.connect(endpoint);
        socket.setReceiveTimeOut((int) HELP.toMillis());
        boolean knocked = false;
        while (!admitted) {
            if (greetings.tryAcquire(knocked ? 0 : HELP.toMillis(), TimeUnit.MILLISECONDS)) {
                // For each connection: one that breaks off takes the knock with it.
                socket.send(KNOCK, ZMQ.DONTWAIT);
                knocked = true;
            } else if (!knocked) {
                Zmq.nudge(context);
            }
            if (knocked) {
                admitted = socket.recv(0) != null;
            }
            if (!admitted) {
                check(knocked, deadline, timeout);
            }
        }
    }

    private void check(boolean greeted, long deadline, Duration timeout) {
        Long ended = endedNanos;
        checkRefusal();
        long now = System.nanoTime();
        if (ended != null && now - ended > GIVEN_UP.toNanos()) {
            throw failure(
                    greeted
                            ? "it hung up on the handshake (expected: a driver with the key that this worker was given)"
                            : "it hung up on the greeting (expected: a ZeroMQ socket that speaks CURVE)");
        }
        if (now > deadline) {
            throw failure("none within " + timeout.toMillis() + " ms"
                    + (hangUps.get() == 0 ? "" : ", in which it hung up " + hangUps + " times"));
        }
    }

    private void checkRefusal() {
        String reason = refusal;
        if (reason != null) {
            throw failure(reason);
        }
    }

    private InfrastructureException failure(String reason) {
        return new InfrastructureException("no connection to the driver at " + endpoint + ": " + reason);
    }

    /**
     * Sends a message, which is not empty.
     *
     * @throws InfrastructureException if the driver has refused the worker since, or does not take it for long
     */
    void send(byte[] body) {
        long deadline = System.nanoTime() + SEND.toNanos();
        do {
            // A socket that has been refused has nobody to send to, and would wait.
            checkRefusal();
            if (socket.send(body, 0)) {
                return;
            }
        } while (System.nanoTime() < deadline);
        throw failure("it took no message within " + SEND.toSeconds() + " s");
    }

    /**
     * The next message from the driver, or null if none came within {@code timeout}, or {@link #wake} was called.
     *
     * @throws InfrastructureException if the driver has refused the worker since
     */
    byte @Nullable [] receive(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            checkRefusal();
            long left = Math.max(0, deadline - System.nanoTime());
            socket.setReceiveTimeOut((int) Math.min(1000, left / 1_000_000));
            Msg body = socket.base().recv(0, woken);
            // An empty one answers a knock of an earlier connection.
            if (body != null && body.size() > 0) {
                return body.data();
            }
            if (woken.getAndSet(false) || left == 0) {
                return null;
            }
        }
    }

    /** Makes {@link #receive} return, now or when it is called next. Any thread may call it. */
    void wake() {
        synchronized (woken) {
            if (!closed) {
                socket.base().cancel(woken);
            }
        }
    }

    private void close(int lingerMillis) {
        synchronized (woken) {
            closed = true;
        }
        socket.setLinger(lingerMillis);
        socket.setEventHook(null, 0);
        socket.close();
    }

    @Override
    public void close() {
        close(2000);
    }
}
