package io.ghee.testing;

import io.ghee.InfrastructureException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint behind a {@link TcpProxy}, and the connections to it. What is done to it holds for those there are and
 * those to come. Thread-safe; closed with its proxy.
 */
public final class Link {
    private static final int BACKLOG = 64;
    private static final long ACCEPTING_MILLIS = 5000;

    private final String endpoint;
    private final InetSocketAddress target;
    private final ServerSocket server;
    private final TcpProxy.Counters counters;
    private final Impairment impairment = new Impairment();
    private final List<ProxiedConnection> connections = new CopyOnWriteArrayList<>();
    private volatile @Nullable Thread accepting;

    private Link(String endpoint, InetSocketAddress target, ServerSocket server, TcpProxy.Counters counters) {
        this.endpoint = endpoint;
        this.target = target;
        this.server = server;
        this.counters = counters;
    }

    static Link open(String endpoint, InetSocketAddress target, Impairment initial, TcpProxy.Counters counters) {
        ServerSocket server;
        try {
            server = new ServerSocket();
            // Small, so that a slow link is felt at the other end and not buffered away.
            server.setReceiveBufferSize(4 * Impairment.CHUNK_BYTES);
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
        } catch (IOException e) {
            throw new InfrastructureException("a proxy for " + endpoint + " cannot be opened: " + e, e);
        }
        Link link = new Link(endpoint, target, server, counters);
        initial.copyTo(link.impairment);
        link.accepting = Daemons.start("ghee-proxy-" + server.getLocalPort(), link::accept);
        return link;
    }

    private void accept() {
        while (!server.isClosed()) {
            Socket socket;
            try {
                socket = server.accept();
            } catch (IOException e) {
                // Closed; or one connection was gone before it was accepted.
                continue;
            }
            ProxiedConnection connection = new ProxiedConnection(socket, impairment, counters);
            connections.add(connection);
            counters.connections.increment();
            if (server.isClosed()) {
                connection.close();
            }
            String name = "ghee-proxy-" + server.getLocalPort() + "-" + socket.getPort();
            Daemons.start(name, () -> connection.run(target, name));
            connections.removeIf(each -> !each.isOpen());
        }
    }

    /** What it leads to: {@code tcp://host:port}. */
    public String endpoint() {
        return endpoint;
    }

    /** Where it is entered: {@code tcp://127.0.0.1:port}. */
    public String address() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    /** Resets every connection, wherever it is in a frame; returns how many there were. */
    public int resetAll() {
        return (int) open().stream().filter(ProxiedConnection::reset).count();
    }

    /** Lets every connection there is carry {@code bytes} more, in both directions together, and resets it then. */
    public void resetAfter(long bytes) {
        open().forEach(connection -> connection.resetAfter(bytes));
    }

    /** Holds every chunk of at most 16 KiB back for so long; zero ends it. */
    public void delay(Duration by) {
        impairment.delay(by);
    }

    /** Lets every connection carry so many bytes a second in each direction; zero ends it. */
    public void throttle(long bytesPerSecond) {
        impairment.throttle(bytesPerSecond);
    }

    /**
     * Takes everything that is sent in this direction and lets it vanish, without a sign of it, until {@link
     * #endHalfOpen}.
     */
    public void halfOpen(Direction direction) {
        impairment.swallow(direction);
    }

    /** Ends {@link #halfOpen}. Connections that have lost bytes are reset, as the rest of what they carry would be noise. */
    public void endHalfOpen() {
        impairment.swallow(null);
        open().forEach(ProxiedConnection::resetIfTorn);
    }

    /** Ends delay, throttle and half-open. */
    public void heal() {
        delay(Duration.ZERO);
        throttle(0);
        endHalfOpen();
    }

    List<ProxiedConnection> open() {
        return connections.stream().filter(ProxiedConnection::isOpen).toList();
    }

    /** How many connections it carries now. */
    public int live() {
        return open().size();
    }

    void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new InfrastructureException(address() + " cannot be closed: " + e, e);
        } finally {
            connections.forEach(ProxiedConnection::close);
        }
        awaitAccepting();
    }

    /** The system keeps the port open for a thread that is still about to accept. */
    private void awaitAccepting() {
        Thread thread = accepting;
        try {
            if (thread != null) {
                thread.join(ACCEPTING_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return address() + " -> " + endpoint + ", " + live() + " connections";
    }
}
