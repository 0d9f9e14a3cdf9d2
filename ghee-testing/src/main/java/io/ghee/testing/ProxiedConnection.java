package io.ghee.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** One connection through a proxy: two sockets, and a thread for each direction. Thread-safe; ends by itself. */
final class ProxiedConnection {
    private static final int CONNECT_MILLIS = 5000;
    private static final int DIRECTIONS = 2;

    private final Socket dialer;
    private final Socket listener = new Socket();
    private final Impairment impairment;
    private final TcpProxy.Counters counters;
    private final AtomicLong carried = new AtomicLong();
    private final AtomicInteger pumping = new AtomicInteger(DIRECTIONS);
    private final AtomicBoolean closed = new AtomicBoolean();
    /** How much it may have carried before it is reset. */
    private volatile long allowance = Long.MAX_VALUE;
    /** True when bytes, or the end, are missing, so that what comes later must not be passed on. */
    private volatile boolean torn;

    /**
     * A connection that nothing has been carried over.
     *
     * @param dialer the accepted side
     * @param counters count what is passed on, and the resets that nobody but the proxy wanted
     */
    ProxiedConnection(Socket dialer, Impairment impairment, TcpProxy.Counters counters) {
        this.dialer = dialer;
        this.impairment = impairment;
        this.counters = counters;
    }

    /** Connects to the target and carries until both ends have closed or one is reset. Called once. */
    void run(InetSocketAddress target, String name) {
        try {
            dialer.setTcpNoDelay(true);
            listener.setTcpNoDelay(true);
            listener.connect(new InetSocketAddress(target.getHostString(), target.getPort()), CONNECT_MILLIS);
        } catch (IOException | RuntimeException e) {
            // Who dialled sees a refused connection as well as a proxy can show it.
            close(true, false);
            return;
        }
        Daemons.start(name + "-back", () -> pump(listener, dialer, Direction.TO_DIALER));
        pump(dialer, listener, Direction.TO_LISTENER);
    }

    private void pump(Socket from, Socket to, Direction direction) {
        byte[] chunk = new byte[Impairment.CHUNK_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            int length = in.read(chunk, 0, impairment.chunk());
            while (length >= 0 && carry(chunk, length, out, direction)) {
                length = in.read(chunk, 0, impairment.chunk());
            }
            if (length < 0 && impairment.swallows(direction)) {
                tear(direction);
            } else if (length < 0 && !torn) {
                to.shutdownOutput();
            }
        } catch (IOException e) {
            // One end was reset, so the other is.
            close(true, false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close(true, false);
        } finally {
            if (pumping.decrementAndGet() == 0) {
                close();
            }
        }
    }

    /** Passes on what was read; in pieces, if it is more than the link lets through at once by now. */
    private boolean carry(byte[] chunk, int length, OutputStream out, Direction direction)
            throws IOException, InterruptedException {
        int from = 0;
        while (from < length) {
            int piece = Math.min(length - from, impairment.chunk());
            if (!carry(chunk, from, piece, out, direction)) {
                return false;
            }
            from += piece;
        }
        return true;
    }

    /** Passes a piece on, or a part of it, or nothing; false if the connection has ended with it. */
    private boolean carry(byte[] chunk, int from, int length, OutputStream out, Direction direction)
            throws IOException, InterruptedException {
        boolean arrives = impairment.pass(direction, length, closed::get);
        if (!isOpen()) {
            // What was held back is lost, as it would be in a real network.
            return false;
        }
        if (!arrives) {
            tear(direction);
            return isOpen();
        }
        long before = carried.getAndAdd(length);
        int passed = (int) Math.max(0, Math.min(length, allowance - before));
        // First: who receives them can see them counted.
        counters.bytes.add(passed);
        out.write(chunk, from, passed);
        if (passed < length) {
            reset();
        }
        return isOpen();
    }

    private void tear(Direction direction) {
        torn = true;
        if (!impairment.swallows(direction)) {
            // What swallowed it has ended just now, and has not seen that this connection is torn.
            reset();
        }
    }

    /** Closes so that both peers see a reset; false if it was closed already. */
    boolean reset() {
        return close(true, true);
    }

    /** Lets this many more bytes pass, of both directions together, and resets then. */
    void resetAfter(long more) {
        allowance = carried.get() + more;
    }

    /** Resets if bytes of it were swallowed: a connection with a hole in it cannot go on. */
    void resetIfTorn() {
        if (torn) {
            reset();
        }
    }

    /** True once bytes of it were swallowed. */
    boolean isTorn() {
        return torn;
    }

    boolean isOpen() {
        return !closed.get();
    }

    /** Closes both sides. */
    void close() {
        close(false, false);
    }

    /** Closes both sides; false if they were closed already. */
    private boolean close(boolean hard, boolean count) {
        if (!closed.compareAndSet(false, true)) {
            return false;
        }
        if (count) {
            // First: who sees the reset can see it counted.
            counters.resets.increment();
        }
        close(dialer, hard);
        close(listener, hard);
        impairment.wake();
        return true;
    }

    private static void close(Socket socket, boolean hard) {
        try (socket) {
            if (hard) {
                socket.setSoLinger(true, 0);
            }
        } catch (IOException e) {
            // It is closed all the same.
            return;
        }
    }
}
