package io.ghee.transfer.parameters;

import io.ghee.InfrastructureException;
import io.ghee.train.Checkpointable;
import io.ghee.train.ParameterTable.RowVisitor;
import io.ghee.train.TableSpec;
import io.ghee.transfer.Strangers;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a part of a table, and serves it to the ranks of a train stage, its clients. All of it is little-endian; a message is
 * what it is, how many rows, and the steps that the client has pushed, 4 + 4 + 8 bytes, and then:
 *
 * <table>
 * <caption>Messages</caption>
 * <tr><td>from clients</td><td>pull</td><td>the rows, 4 bytes each</td></tr>
 * <tr><td></td><td>push</td><td>the weight, 4 bytes; the rows; their gradients</td></tr>
 * <tr><td></td><td>leave</td><td>no more is to come</td></tr>
 * <tr><td>to clients</td><td>rows</td><td>the rows that were pulled</td></tr>
 * <tr><td></td><td>held</td><td>a pull waits, twice a second; which client for, instead of how many rows, and its steps</td></tr>
 * <tr><td></td><td>failed</td><td>why, as text</td></tr>
 * </table>
 *
 * <p>A pull of a client that has pushed n steps is answered when each client has pushed n less the staleness of them. Without
 * staleness the pushes of a step are applied together, when all are there. A client whose connection ends before it has left
 * is lost: all others are told.
 *
 * <p>A thread of its own does that. Thread-safe.
 */
final class ParameterServer implements AutoCloseable {
    static final int PULL = 1;
    static final int PUSH = 2;
    static final int LEAVE = 3;
    static final int ROWS = 4;
    static final int HELD = 5;
    static final int FAILED = 6;
    static final int HEADER_BYTES = 16;

    private static final Logger LOG = LoggerFactory.getLogger(ParameterServer.class);
    private static final int TICK_MILLIS = 500;
    private static final int AWAIT_MILLIS = 20;
    private static final long VISIT_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final int MOST_VISITORS = 64;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final TableSpec spec;
    private final int index;
    private final Shard shard;
    private final ServerSocketChannel listener;
    private final Selector selector;
    private final Strangers strangers = new Strangers();
    private final List<Visitor> visitors = new ArrayList<>();
    private final Client[] clients;
    private final Deque<Push> spare = new ArrayDeque<>();
    /** Steps that were applied of everybody. */
    private long applied;

    private Greeting.@Nullable Access access;
    private @Nullable Thread thread;
    private @Nullable String failure;
    private volatile boolean closed;

    /**
     * Binds.
     *
     * @param index of the part among {@code servers}
     */
    ParameterServer(TableSpec spec, int index, int servers, int clients, String host) {
        this.spec = spec;
        this.index = index;
        shard = new Shard(spec, index, servers);
        this.clients = new Client[clients];
        for (int number = 0; number < clients; number++) {
            this.clients[number] = new Client(number);
        }
        try {
            listener = ServerSocketChannel.open();
            listener.bind(new InetSocketAddress(host, 0));
            listener.configureBlocking(false);
            selector = Selector.open();
            listener.register(selector, SelectionKey.OP_ACCEPT, (Runnable) this::accept);
        } catch (IOException | RuntimeException e) {
            throw new InfrastructureException("cannot bind a parameter server on " + host + ": " + e, e);
        }
    }

    int port() {
        return listener.socket().getLocalPort();
    }

    /** Serves, from now on, who has the secret. */
    synchronized void start(Greeting.Access who) {
        access = who;
        Thread serving = new Thread(this::run, "ghee-parameters-" + index);
        serving.setDaemon(true);
        serving.start();
        thread = serving;
    }

    private void run() {
        long ticked = System.nanoTime();
        while (!closed) {
            try {
                selector.select(TICK_MILLIS);
                synchronized (this) {
                    for (SelectionKey key : selector.selectedKeys()) {
                        if (key.isValid()) {
                            ((Runnable) key.attachment()).run();
                        }
                    }
                    selector.selectedKeys().clear();
                    if (System.nanoTime() - ticked >= TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS)) {
                        ticked = System.nanoTime();
                        tick();
                    }
                }
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                if (!closed) {
                    LOG.warn("parameter server {} failed", index, e);
                    fail("parameter server " + index + " failed: " + e);
                }
            }
        }
    }

    private void tick() {
        visitors.removeIf(visitor -> visitor.isOver());
        Client slowest = slowest();
        for (Client client : clients) {
            MessageChannel channel = client.channel;
            if (client.waits && channel != null && !channel.hasOut()) {
                ByteBuffer message = channel.message(HEADER_BYTES);
                message.putInt(HELD).putInt(slowest.number).putLong(slowest.pushed);
                client.send(message);
            }
        }
    }

    private Client slowest() {
        Client slowest = clients[0];
        for (Client client : clients) {
            slowest = client.pushed < slowest.pushed ? client : slowest;
        }
        return slowest;
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel == null) {
                return;
            }
            if (visitors.size() >= MOST_VISITORS) {
                strangers.dropped("a connection to a parameter server", "too many have not said who they are");
                channel.close();
                return;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            Visitor visitor = new Visitor(channel);
            channel.register(selector, SelectionKey.OP_READ, (Runnable) visitor::ready);
            visitors.add(visitor);
        } catch (IOException e) {
            LOG.debug("a connection to parameter server {} was not accepted", index, e);
        }
    }

    /** Someone who has connected, and has not yet shown who that is. */
    private final class Visitor {
        private final SocketChannel channel;
        private final long since = System.nanoTime();
        private final byte[] once = Greeting.fresh(Greeting.ONCE_BYTES);
        private final ByteBuffer in = ByteBuffer.allocate(Greeting.BYTES);
        private @Nullable Greeting greeting;
        private boolean known;

        Visitor(SocketChannel channel) {
            this.channel = channel;
        }

        void ready() {
            try {
                if (channel.read(in) < 0) {
                    throw new EOFException("closed");
                }
                Greeting.Access who = access;
                if (in.hasRemaining() || who == null) {
                    return;
                }
                in.flip();
                Greeting said = greeting;
                if (said == null) {
                    said = Greeting.read(in);
                    if (said == null
                            || said.server() != index
                            || said.client() < 0
                            || said.client() >= clients.length) {
                        throw new IOException("not of this table");
                    }
                    greeting = said;
                    in.clear().limit(Greeting.PROOF_BYTES);
                    ByteBuffer answer = ByteBuffer.wrap(said.answer(who, once));
                    channel.write(answer);
                    return;
                }
                byte[] proof = new byte[Greeting.PROOF_BYTES];
                in.get(proof);
                if (!MessageDigest.isEqual(proof, said.proof(who, once))) {
                    throw new IOException("without the secret of the table");
                }
                known = true;
                clients[said.client()].join(said.atServer(who, once, channel));
            } catch (IOException e) {
                strangers.dropped("a connection to a parameter server", "it is of no rank of this table");
                close(channel);
            }
        }

        boolean isOver() {
            if (!known && System.nanoTime() - since > VISIT_NANOS) {
                close(channel);
            }
            return known || !channel.isOpen();
        }
    }

    /** How many connections were refused. */
    long strangers() {
        return strangers.count();
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("cannot close {}", channel, e);
        }
    }

    /** A rank of the train stage. */
    private final class Client {
        private final int number;
        private final Deque<Push> pending = new ArrayDeque<>();
        private @Nullable MessageChannel channel;
        private @Nullable SelectionKey key;
        private boolean left;
        /** Steps. */
        private long pushed;

        private boolean waits;
        private long waitsAt;
        private ByteBuffer wanted = ByteBuffer.allocate(0);

        Client(int number) {
            this.number = number;
        }

        void join(MessageChannel connection) throws IOException {
            if (channel != null) {
                throw new IOException("a second time");
            }
            channel = connection;
            key = connection.channel().register(selector, SelectionKey.OP_READ, (Runnable) this::ready);
            tell();
        }

        void ready() {
            MessageChannel connection = channel;
            try {
                if (connection == null) {
                    return;
                }
                for (ByteBuffer message = connection.read(); message != null; message = connection.read()) {
                    take(message);
                }
                write();
            } catch (IOException e) {
                leave();
                if (!left) {
                    fail("rank " + number + " is lost: its connection to parameter server " + index + " ended ("
                            + e.getMessage() + ")");
                }
            }
        }

        private void take(ByteBuffer message) throws IOException {
            int what = message.getInt();
            int count = message.getInt();
            long steps = message.getLong();
            if (steps != pushed) {
                throw new IOException("out of step: " + steps + " steps, after " + pushed);
            }
            switch (what) {
                case PULL -> pull(message, count);
                case PUSH -> push(message, count);
                case LEAVE -> left = true;
                default -> throw new IOException("a message of an unknown kind came, " + what);
            }
        }

        private void pull(ByteBuffer rows, int count) throws IOException {
            if (rows.remaining() != (long) count * Integer.BYTES || waits) {
                throw new IOException("a pull of " + count + " rows in " + rows.remaining() + " bytes");
            }
            if (wanted.capacity() < rows.remaining()) {
                wanted = ByteBuffer.allocate(rows.remaining() + rows.remaining() / 4)
                        .order(ByteOrder.LITTLE_ENDIAN);
            }
            wanted.clear().put(rows).flip();
            waits = true;
            waitsAt = pushed;
            answer();
        }

        private void push(ByteBuffer message, int count) {
            float weight = message.getFloat();
            Push push = spare.isEmpty() ? new Push(shard.width()) : spare.pop();
            pending.add(push.read(message, count, weight));
            pushed++;
            applyAll();
        }

        /** Answers a pull, if it need not wait any longer. */
        void answer() {
            MessageChannel connection = channel;
            if (connection == null || !waits || failure != null || reached() < waitsAt - spec.staleness()) {
                return;
            }
            int count = wanted.remaining() / Integer.BYTES;
            ByteBuffer message = connection.message(HEADER_BYTES + (long) count * shard.width() * Float.BYTES);
            message.putInt(ROWS).putInt(count).putLong(waitsAt);
            shard.gather(wanted.asIntBuffer(), message.asFloatBuffer());
            waits = false;
            send(message);
        }

        /** Tells it that the table is of no use any more, if so. */
        void tell() {
            String why = failure;
            MessageChannel connection = channel;
            if (why != null && connection != null) {
                byte[] text = why.getBytes(StandardCharsets.UTF_8);
                ByteBuffer message = connection.message(HEADER_BYTES + text.length);
                message.putInt(FAILED).putInt(text.length).putLong(pushed).put(text);
                send(message);
            }
        }

        private void send(ByteBuffer message) {
            MessageChannel connection = channel;
            if (connection == null) {
                return;
            }
            connection.send(message);
            try {
                write();
            } catch (IOException e) {
                // Reading tells why, and what to do.
                LOG.debug("cannot write to rank {}", number, e);
            }
        }

        private void write() throws IOException {
            MessageChannel connection = channel;
            SelectionKey selected = key;
            if (connection != null && selected != null && selected.isValid()) {
                connection.write();
                selected.interestOps(
                        connection.hasOut() ? SelectionKey.OP_READ | SelectionKey.OP_WRITE : SelectionKey.OP_READ);
            }
        }

        void leave() {
            MessageChannel connection = channel;
            channel = null;
            waits = false;
            if (connection != null) {
                close(connection.channel());
            }
        }
    }

    /** The steps that are applied of everybody. */
    private long reached() {
        return spec.staleness() == 0 ? applied : slowest().pushed;
    }

    private void applyAll() {
        if (spec.staleness() > 0) {
            for (Client client : clients) {
                while (!client.pending.isEmpty()) {
                    apply(List.of(client.pending.remove()));
                }
            }
            applied = slowest().pushed;
        } else {
            while (slowest().pushed > applied) {
                List<Push> step = new ArrayList<>();
                for (Client client : clients) {
                    step.add(client.pending.remove());
                }
                apply(step);
                applied++;
            }
        }
        notifyAll();
        for (Client client : clients) {
            client.answer();
        }
    }

    private void apply(List<Push> pushes) {
        shard.step(pushes);
        pushes.forEach(spare::push);
    }

    /** The table is of no use any more: tells all clients why. */
    private synchronized void fail(String why) {
        if (failure == null) {
            failure = why;
            for (Client client : clients) {
                client.tell();
            }
            notifyAll();
        }
    }

    /**
     * Returns when everybody has pushed so many steps.
     *
     * @param whileWaiting is called every 20 ms while that waits for others
     */
    void await(long steps, Runnable whileWaiting) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!awaitBriefly(steps)) {
            if (System.nanoTime() - deadline > 0) {
                throw new InfrastructureException(describeSlowest() + " within "
                        + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NANOS) + " s (expected: " + steps + ")");
            }
            whileWaiting.run();
        }
    }

    private synchronized boolean awaitBriefly(long steps) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AWAIT_MILLIS);
        while (applied < steps && failure == null) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        String why = failure;
        if (why != null) {
            throw new InfrastructureException(why);
        }
        return true;
    }

    /** What the part is now. */
    synchronized Checkpointable.Snapshot snapshot() {
        return shard.snapshot();
    }

    private synchronized String describeSlowest() {
        Client slowest = slowest();
        return "rank " + slowest.number + " has pushed " + slowest.pushed + " steps to parameter server " + index;
    }

    /** Takes what is of this part in one that was saved. */
    synchronized void restore(InputStream in) throws IOException {
        shard.restore(in);
    }

    synchronized void forEachRow(RowVisitor visitor) throws IOException {
        shard.forEachRow(visitor);
    }

    synchronized long bytes() {
        return shard.bytes();
    }

    /** Serves no longer. The part stays. */
    @Override
    public void close() {
        Thread serving;
        synchronized (this) {
            serving = thread;
            if (closed) {
                return;
            }
            closed = true;
            fail("parameter server " + index + " has ended");
        }
        try {
            selector.wakeup();
            if (serving != null && serving != Thread.currentThread()) {
                serving.join(PATIENCE_NANOS / 1_000_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            for (Client client : clients) {
                client.leave();
            }
            visitors.forEach(visitor -> {
                if (!visitor.known) {
                    close(visitor.channel);
                }
            });
        }
        try {
            listener.close();
            selector.close();
        } catch (IOException e) {
            LOG.debug("cannot close parameter server {}", index, e);
        }
    }
}
