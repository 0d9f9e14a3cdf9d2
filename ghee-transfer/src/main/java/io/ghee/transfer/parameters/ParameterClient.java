package io.ghee.transfer.parameters;

import io.ghee.InfrastructureException;
import io.ghee.train.TableSpec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Speaks for one rank with all servers of a table, at once; the protocol is told in {@link ParameterServer}. Used by one thread.
 */
final class ParameterClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ParameterClient.class);
    private static final int WAIT_MILLIS = 20;

    /**
     * How long a client waits.
     *
     * @param silence until it gives up a server of which nothing is heard
     * @param held until it gives up a rank that others wait for
     */
    record Patience(Duration silence, Duration held) {
        static final Patience USUAL = new Patience(Duration.ofSeconds(25), Duration.ofMinutes(30));

        private int silentTicks() {
            return (int) (silence.toMillis() / WAIT_MILLIS);
        }
    }

    private final int number;
    private final TableSpec spec;
    private final Runnable whileWaiting;
    private final Patience patience;
    private final Selector selector;
    private final List<Server> servers = new ArrayList<>();
    private long pushed;

    private ParameterClient(int number, TableSpec spec, Runnable whileWaiting, Patience patience) throws IOException {
        this.number = number;
        this.spec = spec;
        this.whileWaiting = whileWaiting;
        this.patience = patience;
        selector = Selector.open();
    }

    /**
     * Connects to all servers of a table.
     *
     * @param addresses of the servers, in their order
     * @param whileWaiting is called every 20 ms while this waits; what it throws ends that, and the client is of no use then
     */
    static ParameterClient connect(
            Greeting.Access access,
            int number,
            TableSpec spec,
            List<InetSocketAddress> addresses,
            Patience patience,
            Runnable whileWaiting) {
        ParameterClient client = null;
        int server = 0;
        try {
            client = new ParameterClient(number, spec, whileWaiting, patience);
            for (; server < addresses.size(); server++) {
                MessageChannel channel = Greeting.connect(access, number, server, addresses.get(server));
                client.servers.add(client.new Server(server, addresses.get(server), channel));
                whileWaiting.run();
            }
            ParameterClient connected = client;
            client = null;
            return connected;
        } catch (IOException e) {
            throw new InfrastructureException(
                    "rank " + number + " cannot connect to parameter server " + server + " at " + addresses.get(server)
                            + ": " + e,
                    e);
        } finally {
            if (client != null) {
                client.close();
            }
        }
    }

    /** How many steps were pushed. */
    long pushed() {
        return pushed;
    }

    /** Fetches the values of rows. */
    void pull(BatchRows rows) {
        for (Server server : servers) {
            int from = rows.start(server.number);
            int count = rows.start(server.number + 1) - from;
            ByteBuffer message = server.channel.message(ParameterServer.HEADER_BYTES + (long) count * Integer.BYTES);
            message.putInt(ParameterServer.PULL).putInt(count).putLong(pushed);
            message.asIntBuffer().put(rows.rows(), from, count);
            server.channel.send(message);
            server.awaits = true;
        }
        exchange(rows);
    }

    /** Sends the gradients of rows. Returns when they are on their way. */
    void push(BatchRows rows, float weight) {
        int width = spec.width();
        for (Server server : servers) {
            int from = rows.start(server.number);
            int count = rows.start(server.number + 1) - from;
            ByteBuffer message = server.channel.message(
                    ParameterServer.HEADER_BYTES + Float.BYTES + (long) count * (1 + width) * Float.BYTES);
            message.putInt(ParameterServer.PUSH).putInt(count).putLong(pushed).putFloat(weight);
            message.asIntBuffer().put(rows.rows(), from, count);
            message.position(message.position() + count * Integer.BYTES);
            message.asFloatBuffer().put(rows.gradients(), from * width, count * width);
            server.channel.send(message);
        }
        pushed++;
        exchange(rows);
    }

    /** Writes all there is to be written, and reads what is awaited. */
    private void exchange(BatchRows rows) {
        servers.forEach(Server::begin);
        boolean done = false;
        while (!done) {
            boolean moved = false;
            done = true;
            for (Server server : servers) {
                moved |= server.advance(rows);
                done &= server.isDone();
            }
            if (!done && !moved) {
                idle();
            }
        }
    }

    private void idle() {
        try {
            servers.forEach(Server::prepareToWait);
            long started = System.nanoTime();
            selector.select(WAIT_MILLIS);
            selector.selectedKeys().clear();
            if ((System.nanoTime() - started) / 1_000_000 >= WAIT_MILLIS - 1) {
                servers.forEach(Server::waited);
            }
        } catch (IOException e) {
            throw new InfrastructureException("waiting for parameter servers failed: " + e, e);
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new InfrastructureException("waiting for parameter servers was interrupted, at rank " + number);
        }
        whileWaiting.run();
    }

    private final class Server {
        private final int number;
        private final InetSocketAddress address;
        private final MessageChannel channel;
        private final SelectionKey key;
        private boolean awaits;
        private int silentTicks;
        private long heldSince;
        private String heldFor = "";

        Server(int number, InetSocketAddress address, MessageChannel channel) throws IOException {
            this.number = number;
            this.address = address;
            this.channel = channel;
            key = channel.channel().register(selector, 0);
        }

        void begin() {
            silentTicks = 0;
            heldSince = 0;
        }

        boolean isDone() {
            return !awaits && !channel.hasOut();
        }

        /** True if something was written or read. */
        boolean advance(BatchRows rows) {
            if (isDone()) {
                return false;
            }
            try {
                boolean moved = channel.write();
                ByteBuffer message = awaits ? channel.read() : null;
                if (message != null) {
                    take(message, rows);
                }
                moved |= message != null;
                silentTicks = moved ? 0 : silentTicks;
                return moved;
            } catch (IOException e) {
                throw ended(e, rows);
            }
        }

        private void take(ByteBuffer message, BatchRows rows) throws IOException {
            int what = message.getInt();
            int count = message.getInt();
            long steps = message.getLong();
            switch (what) {
                case ParameterServer.ROWS -> {
                    int from = rows.start(number);
                    if (count != rows.start(number + 1) - from
                            || message.remaining() != (long) count * spec.width() * Float.BYTES) {
                        throw new IOException(count + " rows in " + message.remaining() + " bytes came");
                    }
                    message.asFloatBuffer().get(rows.values(), from * spec.width(), count * spec.width());
                    awaits = false;
                }
                case ParameterServer.HELD -> {
                    heldSince = heldSince == 0 ? System.nanoTime() : heldSince;
                    heldFor = "rank " + count + ", which has pushed " + steps + " steps";
                }
                case ParameterServer.FAILED ->
                    throw new InfrastructureException(
                            StandardCharsets.UTF_8.decode(message).toString());
                default -> throw new IOException("a message of an unknown kind came, " + what);
            }
        }

        /** The connection has ended: perhaps the server has said why before. */
        private InfrastructureException ended(IOException cause, BatchRows rows) {
            try {
                awaits = true;
                for (ByteBuffer message = channel.read(); message != null; message = channel.read()) {
                    take(message, rows);
                }
            } catch (InfrastructureException e) {
                return e;
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
            return new InfrastructureException(
                    describe() + " is lost: its connection to rank " + ParameterClient.this.number + " ended ("
                            + cause.getMessage() + ")",
                    cause);
        }

        private String describe() {
            return "parameter server " + number + " at " + address;
        }

        void prepareToWait() {
            key.interestOps((awaits ? SelectionKey.OP_READ : 0) | (channel.hasOut() ? SelectionKey.OP_WRITE : 0));
        }

        /** Nothing was heard for 20 ms in which this looked for it. */
        void waited() {
            if (isDone()) {
                return;
            }
            if (++silentTicks > patience.silentTicks()) {
                throw new InfrastructureException(describe() + " is lost: rank " + ParameterClient.this.number
                        + " has not heard of it for " + patience.silence().toSeconds()
                        + " s, it stands still or is cut off");
            }
            if (heldSince != 0
                    && System.nanoTime() - heldSince > patience.held().toNanos()) {
                throw new InfrastructureException(describe() + " has waited for " + heldFor + ", for "
                        + patience.held().toSeconds() + " s (expected: " + (pushed - spec.staleness()) + ")");
            }
        }
    }

    /** Leaves, if that can be said at once. */
    @Override
    public void close() {
        for (Server server : servers) {
            try {
                if (!server.channel.hasOut()) {
                    ByteBuffer message = server.channel.message(ParameterServer.HEADER_BYTES);
                    message.putInt(ParameterServer.LEAVE).putInt(0).putLong(pushed);
                    server.channel.send(message);
                    server.channel.write();
                }
            } catch (IOException e) {
                LOG.debug("cannot say farewell to {}", server.describe(), e);
            }
            closeQuietly(server.channel);
        }
        servers.clear();
        closeQuietly(selector);
    }

    private static void closeQuietly(@Nullable AutoCloseable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (Exception e) {
            LOG.debug("cannot close {}", closeable, e);
        }
    }
}
