package io.ghee.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The worst that a {@link Transport} may be, in memory: connections break at random and take with them what is on the way,
 * what came over an earlier connection arrives after what came over a later one, and messages are read from the sender's
 * buffer at the last moment. Everything happens in one thread that makes random moves; several managers share one network.
 */
final class FlakyTransport {
    private final SplittableRandom random;
    private final int movesPerBreak;
    private final Map<String, FlakyInbox> inboxes = new HashMap<>();
    private final List<FlakyOutbox> outboxes = new ArrayList<>();
    private final AtomicInteger breaks = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicReference<String> violated = new AtomicReference<>();
    private final Thread mover = new Thread(this::work, "flaky-transport");
    private volatile boolean ended;

    /**
     * A network.
     *
     * @param movesPerBreak how many messages move until a connection breaks, on average; 0 for never
     */
    FlakyTransport(long seed, int movesPerBreak) {
        this.random = new SplittableRandom(seed);
        this.movesPerBreak = movesPerBreak;
        mover.setDaemon(true);
        mover.start();
    }

    int breaks() {
        return breaks.get();
    }

    int lost() {
        return lost.get();
    }

    /** What a sender did that it must not, or null. */
    @Nullable
    String violated() {
        return violated.get();
    }

    void end() throws InterruptedException {
        ended = true;
        mover.join(10_000);
    }

    /** How one manager sees the network. */
    Transport open() {
        return new Transport() {
            @Override
            public Transport.Inbox bind(long longest) {
                synchronized (FlakyTransport.this) {
                    FlakyInbox inbox = new FlakyInbox("flaky:" + inboxes.size());
                    inboxes.put(inbox.endpoint, inbox);
                    return inbox;
                }
            }

            @Override
            public Transport.Outbox connect(String endpoint, Runnable changed) {
                synchronized (FlakyTransport.this) {
                    FlakyOutbox outbox = new FlakyOutbox(endpoint, changed);
                    outboxes.add(outbox);
                    return outbox;
                }
            }

            @Override
            public void close() {}
        };
    }

    /** Breaks all connections, and loses all that is on the way. */
    synchronized void breakAll() {
        for (FlakyOutbox outbox : List.copyOf(outboxes)) {
            outbox.disconnect(0);
        }
    }

    /** Loses what is in flight to an inbox, and what is sent to it from now on, until it is told otherwise. */
    synchronized void swallow(String endpoint, boolean swallow) {
        inboxes.get(endpoint).swallows = swallow;
    }

    private void work() {
        while (!ended) {
            boolean moved = false;
            synchronized (this) {
                for (int k = 0; k < 20 && !outboxes.isEmpty(); k++) {
                    moved |= outboxes.get(random.nextInt(outboxes.size())).move();
                }
            }
            if (!moved) {
                LockSupport.parkNanos(20_000);
            }
        }
    }

    /** A message as it was given, to compare with what is there when it leaves. */
    private record Waiting(ByteBuffer message, byte[] asSent) {}

    private final class FlakyOutbox implements Transport.Outbox {
        private final String endpoint;
        private final Runnable changed;
        private final ArrayDeque<Waiting> pipe = new ArrayDeque<>();
        private ArrayDeque<byte[]> wire = new ArrayDeque<>();
        private int connections;
        private boolean connected;
        private boolean closed;

        FlakyOutbox(String endpoint, Runnable changed) {
            this.endpoint = endpoint;
            this.changed = changed;
        }

        /** True if something happened. */
        boolean move() {
            FlakyInbox inbox = inboxes.get(endpoint);
            if (inbox.closed) {
                disconnect(0);
            }
            if (closed || inbox.closed) {
                return false;
            }
            if (!connected) {
                connections++;
                connected = true;
                wire = new ArrayDeque<>();
                inbox.wires.add(wire);
                changed.run();
                return true;
            }
            if (pipe.isEmpty()) {
                return false;
            }
            Waiting next = pipe.poll();
            byte[] leaves = bytes(next.message);
            if (!Arrays.equals(leaves, next.asSent)) {
                violated.set("a message changed while it waited to be sent");
            }
            if (inbox.swallows) {
                lost.incrementAndGet();
            } else {
                wire.add(leaves);
            }
            if (movesPerBreak > 0 && random.nextInt(movesPerBreak) == 0) {
                disconnect(random.nextInt(wire.size() + 1));
            }
            synchronized (inbox) {
                inbox.notifyAll();
            }
            return true;
        }

        /** Of what is on the wire, the first {@code late} messages still arrive, sooner or later. */
        void disconnect(int late) {
            if (connected) {
                connected = false;
                breaks.incrementAndGet();
                while (wire.size() > late) {
                    wire.removeLast();
                    lost.incrementAndGet();
                }
                changed.run();
            }
        }

        @Override
        public String endpoint() {
            return endpoint;
        }

        @Override
        public boolean send(ByteBuffer message) {
            synchronized (FlakyTransport.this) {
                pipe.add(new Waiting(message, bytes(message)));
                return true;
            }
        }

        @Override
        public int connections() {
            synchronized (FlakyTransport.this) {
                return connections;
            }
        }

        @Override
        public boolean isConnected() {
            synchronized (FlakyTransport.this) {
                return connected;
            }
        }

        @Override
        public void help() {}

        @Override
        public boolean renew() {
            return false;
        }

        @Override
        public void close(int lingerMillis) {
            synchronized (FlakyTransport.this) {
                boolean moved = lingerMillis > 0;
                while (moved && !pipe.isEmpty()) {
                    moved = move();
                }
                closed = true;
                outboxes.remove(this);
            }
        }
    }

    private static byte[] bytes(ByteBuffer message) {
        byte[] bytes = new byte[message.limit()];
        message.get(0, bytes);
        return bytes;
    }

    private final class FlakyInbox implements Transport.Inbox {
        private final String endpoint;
        private final List<ArrayDeque<byte[]>> wires = new ArrayList<>();
        private boolean closed;
        private boolean swallows;
        private boolean woken;

        FlakyInbox(String endpoint) {
            this.endpoint = endpoint;
        }

        @Override
        public String endpoint() {
            return endpoint;
        }

        @Override
        public Transport.@Nullable Arrived receive(long millis) throws InterruptedException {
            long deadline = System.nanoTime() + millis * 1_000_000;
            while (true) {
                byte[] message = poll();
                if (message != null) {
                    ByteBuffer bytes = ByteBuffer.allocateDirect(message.length)
                            .put(message)
                            .flip()
                            .order(ByteOrder.LITTLE_ENDIAN);
                    return new Transport.Arrived() {
                        @Override
                        public ByteBuffer message() {
                            return bytes;
                        }

                        @Override
                        public void giveBack() {}
                    };
                }
                synchronized (this) {
                    long left = (deadline - System.nanoTime()) / 1_000_000;
                    if (woken || left <= 0) {
                        woken = false;
                        return null;
                    }
                    wait(Math.min(left, 5));
                }
            }
        }

        /** The next message of any connection, also of those that are no more. */
        private byte @Nullable [] poll() {
            synchronized (FlakyTransport.this) {
                List<ArrayDeque<byte[]>> full =
                        wires.stream().filter(wire -> !wire.isEmpty()).toList();
                return full.isEmpty()
                        ? null
                        : full.get(random.nextInt(full.size())).poll();
            }
        }

        @Override
        public @Nullable String refused(long bytes) {
            return null;
        }

        @Override
        public synchronized void wake() {
            woken = true;
            notifyAll();
        }

        @Override
        public void close() {
            synchronized (FlakyTransport.this) {
                closed = true;
            }
        }
    }
}
