package io.ghee.transfer;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bad link: forwards connections to an endpoint, and resets them after so many bytes, or when it is told; or stops to carry
 * anything while both sides believe that they are connected.
 */
final class TcpProxy implements AutoCloseable {
    private final ServerSocket server;
    private final int targetPort;
    private final LongSupplier bytesUntilReset;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicInteger resets = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean refuses;
    private volatile @Nullable String answer;
    private volatile boolean closed;

    /**
     * A link.
     *
     * @param target the endpoint behind it
     * @param bytesUntilReset how many bytes, in both directions together, a connection carries before it is reset; asked for
     *     each connection
     */
    TcpProxy(String target, LongSupplier bytesUntilReset) throws IOException {
        this.targetPort = Integer.parseInt(target.replaceAll(".*:", ""));
        this.bytesUntilReset = bytesUntilReset;
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    /** Where to connect to instead. */
    String endpoint() {
        return "tcp://127.0.0.1:" + server.getLocalPort();
    }

    int resets() {
        return resets.get();
    }

    int accepted() {
        return accepted.get();
    }

    /** Resets all connections there are. */
    void reset() {
        links.forEach(Link::reset);
    }

    /** Carries nothing any more on the connections that there are: what is sent is swallowed, and nobody is told. */
    void freeze() {
        links.forEach(link -> link.frozen = true);
    }

    /** Closes new connections at once, or does so no more. */
    void refuse(boolean refuse) {
        refuses = refuse;
        answer = null;
    }

    /** Answers new connections with something else, and closes them. */
    void answer(String text) {
        answer = text;
        refuses = true;
    }

    /** How many connections were refused. */
    int refused() {
        return refused.get();
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "tcp-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket left = server.accept();
                if (refuses) {
                    String text = answer;
                    if (text != null) {
                        left.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
                    }
                    left.close();
                    refused.incrementAndGet();
                    continue;
                }
                Socket right = new Socket(InetAddress.getLoopbackAddress(), targetPort);
                accepted.incrementAndGet();
                Link link = new Link(left, right, bytesUntilReset.getAsLong());
                links.add(link);
                daemon(() -> link.pump(left, right));
                daemon(() -> link.pump(right, left));
            } catch (IOException e) {
                // The server was closed, or what is behind is gone: then the connection is not accepted.
            }
        }
    }

    private final class Link {
        private final Socket left;
        private final Socket right;
        private final AtomicLong bytesLeft;
        private volatile boolean frozen;
        private boolean ended;

        Link(Socket left, Socket right, long bytesLeft) throws IOException {
            this.left = left;
            this.right = right;
            this.bytesLeft = new AtomicLong(bytesLeft);
            left.setTcpNoDelay(true);
            right.setTcpNoDelay(true);
        }

        void pump(Socket from, Socket to) {
            byte[] buffer = new byte[1 << 16];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    if (frozen) {
                        continue;
                    }
                    long before = bytesLeft.getAndAdd(-n);
                    out.write(buffer, 0, (int) Math.max(0, Math.min(n, before)));
                    if (before <= n) {
                        reset();
                        return;
                    }
                }
                end();
            } catch (IOException e) {
                end();
            }
        }

        synchronized void reset() {
            if (!ended) {
                resets.incrementAndGet();
                end();
            }
        }

        /** Without lingering: what is not read yet is lost on both sides. */
        synchronized void end() {
            if (!ended) {
                ended = true;
                links.remove(this);
                for (Socket socket : new Socket[] {left, right}) {
                    try {
                        socket.setSoLinger(true, 0);
                        socket.close();
                    } catch (IOException e) {
                        // It is gone already.
                    }
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
        links.forEach(Link::end);
    }
}
