package io.ghee.agent;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZEvent;
import org.zeromq.ZMQ;

/**
 * Keeps an eye on who connects to a socket under CURVE: logs who was not let in, and shows out who stands in the door. JeroMQ
 * has a timer for the greeting alone; a peer that greets, and then says nothing, would keep its connection for ever.
 *
 * <p>A refusal is one line, with the address and what is known of the reason: JeroMQ tells the reason and the connection by
 * two events, so where several are refused at once, one's reason may be told of the other. There is one line in ten seconds
 * at most, which says how many it stands for.
 *
 * <p>The events come in JeroMQ's I/O thread, the rest in the thread of the socket.
 */
final class Doorkeeper {
    private static final Logger LOG = LoggerFactory.getLogger(Doorkeeper.class);
    private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();

    /** A connection that has not been let in yet. */
    private static final class Waiting {
        private final SocketChannel channel;
        private volatile long sinceNanos = System.nanoTime();
        private volatile boolean shown;

        Waiting(SocketChannel channel) {
            this.channel = channel;
        }
    }

    private final String job;
    private final long admissionNanos;
    /** By the peer's address. */
    private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
    /** The host from which a key came that is not the job's. */
    private volatile @Nullable String wrongKeyFrom;
    /** In the I/O thread alone. */
    private @Nullable Object protocolFailure;

    private final AtomicLong refusals = new AtomicLong();
    private long loggedNanos = System.nanoTime() - QUIET_NANOS;
    private long unlogged;

    /** @param admission how long a connection may stand there before its first message */
    Doorkeeper(String job, Duration admission) {
        this.job = job;
        this.admissionNanos = admission.toNanos();
    }

    /** Begins to watch a socket that is not bound yet, and has no other event hook. */
    void watch(ZMQ.Socket socket) {
        socket.setEventHook(this::event, ZMQ.EVENT_ACCEPTED | ZMQ.EVENT_DISCONNECTED | ZMQ.HANDSHAKE_FAILED_PROTOCOL);
    }

    private void event(ZEvent event) {
        switch (event.getEvent()) {
            case ACCEPTED -> {
                SocketChannel channel = event.getValue();
                waiting.put(address(channel), new Waiting(channel));
            }
            case DISCONNECTED -> {
                SocketChannel channel = event.getValue();
                String address = address(channel);
                Waiting gone = waiting.remove(address);
                Object failure = protocolFailure;
                protocolFailure = null;
                if (gone != null || failure != null) {
                    refused(address, reason(address, gone, failure));
                }
            }
            default -> protocolFailure = event.getValue();
        }
    }

    private String reason(String address, @Nullable Waiting gone, @Nullable Object failure) {
        String host = wrongKeyFrom;
        if (gone != null && host != null && address.startsWith(host + ":")) {
            wrongKeyFrom = null;
            return "its key is not that of the job's workers";
        }
        if (failure != null) {
            return "it does not have the driver's key or does not keep to the protocol (" + failure + ")";
        }
        return gone != null && gone.shown
                ? "it was not let in within " + Duration.ofNanos(admissionNanos).toMillis() + " ms"
                : "it ended before it was let in, perhaps as it speaks no CURVE";
    }

    private synchronized void refused(String address, String reason) {
        refusals.incrementAndGet();
        long now = System.nanoTime();
        if (now - loggedNanos < QUIET_NANOS) {
            unlogged++;
            LOG.debug("{}: the connection from {} was refused: {}", job, address, reason);
            return;
        }
        String more = unlogged == 0 ? "" : "; so were " + unlogged + " before it";
        LOG.warn("{}: the connection from {} was refused: {}{}", job, address, reason, more);
        loggedNanos = now;
        unlogged = 0;
    }

    /** As JeroMQ writes it. */
    private static String address(SocketChannel channel) {
        try {
            return channel.getRemoteAddress() instanceof InetSocketAddress remote
                    ? remote.getAddress().getHostAddress() + ":" + remote.getPort()
                    : "unknown";
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** A peer of this host has shown a key that is not the job's. */
    void wrongKey(String host) {
        wrongKeyFrom = host;
    }

    /** The peer of this address has sent a message. */
    void admitted(String address) {
        waiting.remove(address);
    }

    /** Ends the connections that have waited for too long. Called when there is nothing to receive. */
    void sweep() {
        long now = System.nanoTime();
        for (Iterator<Waiting> each = waiting.values().iterator(); each.hasNext(); ) {
            Waiting peer = each.next();
            if (now - peer.sinceNanos < admissionNanos) {
                continue;
            }
            try {
                if (peer.shown) {
                    // JeroMQ has not noticed: it failed over what this peer had sent before.
                    each.remove();
                    peer.channel.close();
                    refused("one", "it was not let in and did not go");
                } else {
                    peer.shown = true;
                    peer.sinceNanos = now;
                    peer.channel.shutdownInput();
                }
            } catch (IOException e) {
                LOG.debug("{}: a connection that is to be ended", job, e);
            }
        }
    }

    /** How many connections were refused, or ended, before they were let in. */
    long refusals() {
        return refusals.get();
    }
}
