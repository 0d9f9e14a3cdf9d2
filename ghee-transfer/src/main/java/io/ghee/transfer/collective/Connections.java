package io.ghee.transfer.collective;

import io.ghee.ConfigurationException;
import io.ghee.transfer.TransferConfig;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Connects a rank to its right neighbour. */
final class Connections {
    /** Room in the kernel for what is on its way; more than the fastest network has on the way in a round trip. */
    private static final int SOCKET_BUFFER = 1 << 20;

    private static final long ANSWER_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final Pattern ENDPOINT = Pattern.compile("tcp://\\[?([^\\]]+?)\\]?:(\\d{1,5})");

    /**
     * A connection over which both sides have shown who they are.
     *
     * @param channel does not block
     */
    record Connection(SocketChannel channel, Hello.@Nullable Seals seals) {}

    /** How long a rank waits, and what it does meanwhile. */
    interface Patience {
        /**
         * To be called about every 20 ms.
         *
         * @throws io.ghee.GheeException if there is no use in waiting on
         */
        void check() throws InterruptedException;
    }

    private Connections() {}

    static void setBuffers(ServerSocketChannel server) throws IOException {
        server.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER);
    }

    /** The address that an endpoint names. */
    static InetSocketAddress address(String endpoint) {
        Matcher matcher = ENDPOINT.matcher(endpoint);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 0xffff) {
            throw new ConfigurationException("endpoint of a rank: " + endpoint + " (expected: tcp://host:port)");
        }
        return new InetSocketAddress(matcher.group(1), Integer.parseInt(matcher.group(2)));
    }

    /** Connects, again and again until that succeeds or {@code patience} is at its end. */
    static Connection connect(Hello hello, String endpoint, TransferConfig config, Patience patience)
            throws InterruptedException {
        while (true) {
            SocketChannel channel = null;
            try (Selector selector = Selector.open()) {
                channel = SocketChannel.open();
                Connection connection = connect(channel, selector, hello, address(endpoint), config, patience);
                channel = null;
                return connection;
            } catch (IOException e) {
                // It is not there yet, or not at this attempt: the patience tells how long that may be.
                patience.check();
                TimeUnit.MILLISECONDS.sleep(20);
            } finally {
                Closing.quietly(channel);
            }
        }
    }

    private static Connection connect(
            SocketChannel channel,
            Selector selector,
            Hello hello,
            InetSocketAddress address,
            TransferConfig config,
            Patience patience)
            throws IOException, InterruptedException {
        if (address.isUnresolved()) {
            throw new IOException("unknown host " + address.getHostString());
        }
        long deadline = System.nanoTime() + ANSWER_NANOS;
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_SNDBUF, SOCKET_BUFFER);
        SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
        for (boolean done = channel.connect(address); !done; done = channel.finishConnect()) {
            await(selector, deadline, patience);
        }
        key.interestOps(SelectionKey.OP_READ);
        write(channel, hello.bytes());
        ByteBuffer answer = ByteBuffer.allocate(Hello.ANSWER_BYTES);
        while (answer.hasRemaining()) {
            if (channel.read(answer) < 0) {
                throw new EOFException("refused");
            }
            if (answer.hasRemaining()) {
                await(selector, deadline, patience);
            }
        }
        if (!hello.accepts(config.key(), answer.array())) {
            throw new IOException("answered by one without the key of the job");
        }
        byte[] once = Hello.answerOnce(answer.array());
        write(channel, hello.proof(config.key(), once));
        key.cancel();
        selector.selectNow();
        return new Connection(channel, hello.seals(config.key(), once));
    }

    private static void write(SocketChannel channel, byte[] bytes) throws IOException {
        if (channel.write(ByteBuffer.wrap(bytes)) < bytes.length) {
            throw new IOException("a new connection does not take " + bytes.length + " bytes");
        }
    }

    private static void await(Selector selector, long deadline, Patience patience)
            throws IOException, InterruptedException {
        selector.select(20);
        selector.selectedKeys().clear();
        patience.check();
        if (System.nanoTime() - deadline > 0) {
            throw new IOException("no answer");
        }
    }
}
