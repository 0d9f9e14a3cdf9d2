package io.ghee.agent;

import io.ghee.transfer.Zmq;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.Msg;

/**
 * The driver's end of the control channel: a ROUTER under CURVE (ZeroMQ RFC 25 and 26), or on loopback under PLAIN (RFC 24),
 * that only those get through to who have the job's {@link WorkerKeys}. What others send is never seen here; they are logged by {@link Doorkeeper}.
 *
 * <p>A message is one part of bytes. An empty one is a knock: a worker asks whether it has been let in, and is answered in
 * kind, unseen by the caller.
 *
 * <p>JeroMQ asks for each key by the ZAP protocol (RFC 27), and takes any key if nobody is there to be asked. So the socket
 * that answers is bound before the one that serves, in the same context, which is this object's own; the thread that receives
 * also answers; and every message must bear the mark that only the answer gives.
 *
 * <p>One thread uses it. {@link #close} closes the context, and so all it has.
 */
final class DriverSocket implements AutoCloseable {
    /** Workers send little; the longest messages are stacks and what a sink has to commit. */
    static final int LONGEST_MESSAGE = 64 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(DriverSocket.class);
    private static final Duration ADMISSION = Duration.ofSeconds(30);
    private static final byte[] KNOCK = {};
    /** Where JeroMQ asks. */
    private static final String ZAP = "inproc://zeromq.zap.01";
    /** What the answer calls the peer; it is then in the metadata of each message. */
    private static final String ADMITTED = "worker";

    private final WorkerKeys workers;
    private final ZContext context = Zmq.context();
    private final ZMQ.Socket zap;
    private final ZMQ.Socket socket;
    private final ZMQ.Poller poller;
    private final Doorkeeper doorkeeper;
    private final String endpoint;

    /**
     * A message.
     *
     * @param peer who sent it, for the answer
     */
    record Received(byte[] peer, byte[] body) {}

    private DriverSocket(JobKeys keys, String host, Duration admission) {
        this.workers = keys.workers();
        zap = context.createSocket(SocketType.REP);
        zap.bind(ZAP);
        socket = Zmq.socket(context, SocketType.ROUTER);
        socket.setLinger(1000);
        socket.setMaxMsgSize(LONGEST_MESSAGE);
        socket.setMsgAllocator(WorkerSocket::allocate);
        keys.applyTo(socket);
        doorkeeper = new Doorkeeper(keys.toString(), admission);
        doorkeeper.watch(socket);
        endpoint = "tcp://" + host + ":" + socket.bindToRandomPort("tcp://" + host);
        poller = context.createPoller(2);
        poller.register(zap, ZMQ.Poller.POLLIN);
        poller.register(socket, ZMQ.Poller.POLLIN);
    }

    /** Binds to a free port of {@code host}. */
    static DriverSocket bind(JobKeys keys, String host) {
        return bind(keys, host, ADMISSION);
    }

    /**
     * Binds to a free port of {@code host}.
     *
     * @param admission how long a peer may take from connecting to its first message
     */
    static DriverSocket bind(JobKeys keys, String host, Duration admission) {
        return new DriverSocket(keys, host, admission);
    }

    /** Where workers connect to. */
    String endpoint() {
        return endpoint;
    }

    /** How many connections were refused, or ended, before they were let in. */
    long refusals() {
        return doorkeeper.refusals();
    }

    /** The next message of a worker, or null if none came within {@code timeout}. */
    @Nullable
    Received receive(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            while (answerZap()) {}
            List<Msg> parts = parts();
            if (!parts.isEmpty()) {
                Received received = check(parts);
                if (received != null) {
                    return received;
                }
                continue;
            }
            doorkeeper.sweep();
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return null;
            }
            // Not longer than a second, for the sweep.
            poller.poll(Math.min(1000, left / 1_000_000 + 1));
        }
    }

    /** Answers a question of JeroMQ whether a key is good; false if there is none. */
    private boolean answerZap() {
        List<byte[]> question = new ArrayList<>();
        byte[] part = zap.recv(ZMQ.DONTWAIT);
        while (part != null) {
            question.add(part);
            part = zap.hasReceiveMore() ? zap.recv(ZMQ.DONTWAIT) : null;
        }
        if (question.isEmpty()) {
            return false;
        }
        // Version, request, domain, address, identity, mechanism, and for CURVE the key, for PLAIN name and password.
        String mechanism = question.size() > 5 && text(question.get(0)).equals("1.0") ? text(question.get(5)) : "";
        boolean admitted = switch (mechanism) {
            case "CURVE" -> question.size() == 7 && workers.isWorker(question.get(6));
            case "PLAIN" -> question.size() == 8 && workers.isPassword(question.get(7));
            default -> false;
        };
        if (!admitted) {
            doorkeeper.wrongKey(question.size() > 3 ? text(question.get(3)) : "");
        }
        zap.sendMore("1.0");
        zap.sendMore(question.size() > 1 ? question.get(1) : KNOCK);
        zap.sendMore(admitted ? "200" : "400");
        zap.sendMore(admitted ? "OK" : "not a key of the job");
        zap.sendMore(admitted ? ADMITTED : "");
        zap.send(KNOCK, 0);
        return true;
    }

    private static String text(byte[] part) {
        return new String(part, StandardCharsets.UTF_8);
    }

    /** All parts of the next message, of which the first says who sent it; none if there is no message. */
    private List<Msg> parts() {
        List<Msg> parts = new ArrayList<>();
        Msg part = socket.base().recv(ZMQ.DONTWAIT);
        while (part != null) {
            parts.add(part);
            part = part.hasMore() ? socket.base().recv(ZMQ.DONTWAIT) : null;
        }
        return parts;
    }

    /** What has arrived, or null if it is for nobody: a knock, or none of a worker's messages. */
    private @Nullable Received check(List<Msg> parts) {
        Msg body = parts.get(parts.size() - 1);
        if (body.getMetadata() == null || !ADMITTED.equals(body.getMetadata().get("User-Id"))) {
            LOG.warn("{}: a message of nobody that was let in was dropped", workers);
            return null;
        }
        doorkeeper.admitted(body.getMetadata().get("Peer-Address"));
        if (parts.size() != 2) {
            LOG.warn("{}: a message of {} parts was dropped (expected: 1)", workers, parts.size() - 1);
            return null;
        }
        byte[] peer = parts.get(0).data();
        if (body.size() == 0) {
            send(peer, KNOCK);
            return null;
        }
        return new Received(peer, body.data());
    }

    /** Sends to a peer of which something has been received. Nothing happens if it is gone. */
    void send(byte[] peer, byte[] body) {
        socket.sendMore(peer);
        socket.send(body, 0);
    }

    @Override
    public void close() {
        poller.close();
        // Before the one that lets in.
        socket.close();
        zap.close();
        context.close();
    }
}
