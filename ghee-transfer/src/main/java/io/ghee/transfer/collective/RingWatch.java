package io.ghee.transfer.collective;

import io.ghee.InfrastructureException;
import io.ghee.transfer.Strangers;
import io.ghee.transfer.TransferConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What makes sure that no rank waits for ever: a thread beside the user's. It lets in who belongs to the ring, and nobody else.
 * Neighbours have a connection of their own for it, by which each says every half second that it lives, whatever the user's
 * thread does. A rank whose connection ends, or of which nothing is heard for {@value #PATIENCE_SECONDS} s, is lost: both its
 * neighbours notice, and pass on which one it is, each to its other side, so that all know after one time round at most. Then
 * the ring works no more.
 *
 * <p>A rank that was itself stopped for a while counts only the time in which it could have heard something. One that leaves
 * says so, as the others may still be reading what it sent before; it is missed when they need it.
 *
 * <p>Thread-safe.
 */
final class RingWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RingWatch.class);

    private static final int TICK_MILLIS = 500;
    private static final int PATIENCE_SECONDS = 20;
    private static final int MOST_VISITORS = 64;
    private static final long VISIT_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long TELLING_MILLIS = 2000;

    private final TransferConfig config;
    private final Strangers strangers = new Strangers();
    private final ServerSocketChannel server;
    private final Selector selector;
    private final Thread thread;
    private final String endpoint;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Deque<Visitor> visitors = new ArrayDeque<>();
    private final List<WatchLine> lines = new ArrayList<>();
    private volatile @Nullable Ring expected;
    private volatile boolean closed;

    /** Binds. */
    RingWatch(TransferConfig config) {
        this.config = config;
        try {
            server = ServerSocketChannel.open();
            Connections.setBuffers(server);
            server.bind(new InetSocketAddress(config.host(), 0));
            server.configureBlocking(false);
            selector = Selector.open();
            server.register(selector, SelectionKey.OP_ACCEPT, (Runnable) this::accept);
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            endpoint =
                    "tcp://" + (config.host().contains(":") ? "[" + config.host() + "]" : config.host()) + ":" + port;
        } catch (IOException | RuntimeException e) {
            throw new InfrastructureException("cannot bind the ring on " + config.host() + ": " + e, e);
        }
        thread = new Thread(this::run, "ghee-ring-watch");
        thread.setDaemon(true);
        thread.start();
    }

    String endpoint() {
        return endpoint;
    }

    /** How many connections were refused. */
    long strangers() {
        return strangers.count();
    }

    /** From now on the left neighbour of {@code ring} is let in, and of no other. */
    void expect(Ring ring) {
        expected = ring;
    }

    /** Watches over a neighbour. */
    void add(WatchLine line) {
        execute(() -> adopt(line));
    }

    private void adopt(WatchLine line) {
        if (closed || !register(line.channel(), line::ready)) {
            line.close();
            return;
        }
        lines.add(line);
        Failure failure = line.ring.failure();
        if (failure != null) {
            line.send(failure);
        }
    }

    /** Tells the neighbours why {@code ring} works no more; returns when they were told, or cannot be. */
    void tell(Ring ring, Failure failure) {
        executeAndWait(() -> linesOf(ring).forEach(line -> line.send(failure)));
    }

    /** Tells the neighbours that this rank takes part no longer, and watches over them no more. */
    void leave(Ring ring) {
        executeAndWait(() -> {
            if (expected == ring) {
                expected = null;
            }
            for (WatchLine line : linesOf(ring)) {
                line.sendLeaving();
                line.close();
            }
        });
    }

    private List<WatchLine> linesOf(Ring ring) {
        return lines.stream().filter(line -> line.ring == ring).toList();
    }

    private void execute(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    private void executeAndWait(Runnable task) {
        if (Thread.currentThread() == thread) {
            task.run();
            return;
        }
        CountDownLatch done = new CountDownLatch(1);
        execute(() -> {
            task.run();
            done.countDown();
        });
        try {
            if (!done.await(TELLING_MILLIS, TimeUnit.MILLISECONDS) && !closed) {
                LOG.warn("the neighbours in the ring were not told within {} ms", TELLING_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long ticked = System.nanoTime();
        while (!closed) {
            try {
                selector.select(key -> ((Runnable) key.attachment()).run(), TICK_MILLIS);
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
                if (System.nanoTime() - ticked >= TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS)) {
                    ticked = System.nanoTime();
                    tick();
                }
            } catch (IOException | RuntimeException e) {
                LOG.error("watching over the ring failed", e);
                Ring ring = expected;
                if (ring != null) {
                    ring.fail(Failure.lost(ring.name(ring.rank()) + " cannot watch over the ring any more: " + e));
                }
            }
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
        visitors.forEach(Visitor::close);
        lines.forEach(WatchLine::close);
        Closing.quietly(server);
        Closing.quietly(selector);
    }

    private void tick() {
        lines.removeIf(WatchLine::isClosed);
        for (WatchLine line : List.copyOf(lines)) {
            line.tick(PATIENCE_SECONDS * 1000 / TICK_MILLIS, PATIENCE_SECONDS + " s");
        }
        for (Visitor visitor : List.copyOf(visitors)) {
            if (!visitor.isClosed() && visitor.age() > VISIT_NANOS) {
                visitor.refuse("it did not say whose it is");
            }
        }
        visitors.removeIf(Visitor::isClosed);
    }

    private void accept() {
        try {
            SocketChannel channel = server.accept();
            if (channel == null) {
                return;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Visitor visitor = new Visitor(channel, config.job(), config.key(), strangers);
            visitors.removeIf(Visitor::isClosed);
            if (visitors.size() == MOST_VISITORS) {
                visitors.removeFirst().refuse("too many have not said whose they are");
            }
            visitors.add(visitor);
            if (!register(channel, () -> greet(visitor))) {
                visitor.close();
            }
        } catch (IOException e) {
            LOG.debug("a connection broke when it was accepted", e);
        }
    }

    private void greet(Visitor visitor) {
        Ring ring = expected;
        Hello hello = visitor.ready(ring);
        if (hello == null || ring == null) {
            return;
        }
        visitors.remove(visitor);
        SelectionKey key = visitor.channel().keyFor(selector);
        Hello.Seals seals = hello.seals(config.key(), visitor.once());
        switch (hello.line()) {
            case WATCH -> {
                WatchLine line = new WatchLine(
                        ring,
                        hello.from(),
                        visitor.channel(),
                        seals == null ? null : seals.leftward(),
                        seals == null ? null : seals.rightward());
                key.attach((Runnable) line::ready);
                lines.add(line);
                ring.watched();
                Failure failure = ring.failure();
                if (failure != null) {
                    line.send(failure);
                }
            }
            case DATA -> {
                key.cancel();
                ring.receiveFrom(new Receiving(visitor.channel(), seals == null ? null : seals.rightward()));
            }
        }
    }

    private boolean register(SelectableChannel channel, Runnable ready) {
        try {
            channel.register(selector, SelectionKey.OP_READ, ready);
            return true;
        } catch (IOException e) {
            LOG.debug("a connection was closed before it was used", e);
            return false;
        }
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
        try {
            thread.join(TELLING_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
