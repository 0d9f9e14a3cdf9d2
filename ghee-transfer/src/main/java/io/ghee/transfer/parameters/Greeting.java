package io.ghee.transfer.parameters;

import io.ghee.transfer.wire.Route;
import io.ghee.transfer.wire.Seal;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What a client says first when it connects to a server of the same table. The server answers with a number never used before
 * and the proof that it has the table's secret; then the client proves that, too. Both proofs, and the keys that the
 * connection is sealed under, are HMAC-SHA256 over this and that number.
 *
 * @param client by its number
 * @param server by its number
 * @param once 16 bytes never used before
 */
record Greeting(int client, int server, byte[] once) {
    static final int ONCE_BYTES = 16;
    static final int PROOF_BYTES = 32;
    static final int BYTES = 8 + 4 + 4 + ONCE_BYTES;
    static final int ANSWER_BYTES = ONCE_BYTES + PROOF_BYTES;

    /** "gheepar" and the version of the protocol. */
    private static final long MAGIC = 0x67686565_706172_01L;

    private static final int ANSWER_MILLIS = 10_000;
    private static final String MAC = "HmacSHA256";
    private static final SecureRandom RANDOM = new SecureRandom();

    /**
     * Who may use a table, and how it is reached.
     *
     * @param secret of this table alone
     * @param job the number of the job
     * @param sealed if messages are sealed
     */
    record Access(byte[] secret, long job, boolean sealed) {
        /**
         * Of a table of a job.
         *
         * @param drawn bytes that were drawn for this table, which all its ranks know
         * @param key of the job; null if nothing is sealed
         */
        static Access of(byte[] drawn, long job, byte @Nullable [] key) {
            byte[] zeros = new byte[Seal.KEY_BYTES];
            return new Access(mac(key == null ? zeros : key, "table", drawn), job, key != null);
        }
    }

    /** Bytes never used before. */
    static byte[] fresh(int bytes) {
        byte[] once = new byte[bytes];
        RANDOM.nextBytes(once);
        return once;
    }

    private static byte[] mac(byte[] key, String purpose, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(new SecretKeySpec(key, MAC));
            mac.update(("ghee parameters " + purpose).getBytes(StandardCharsets.US_ASCII));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java cannot do HMAC-SHA256", e);
        }
    }

    private byte[] bytes() {
        return ByteBuffer.allocate(BYTES)
                .putLong(MAGIC)
                .putInt(client)
                .putInt(server)
                .put(once)
                .array();
    }

    /** Reads {@value #BYTES} bytes; null if they are none of ours. */
    static @Nullable Greeting read(ByteBuffer in) {
        if (in.getLong() != MAGIC) {
            return null;
        }
        int client = in.getInt();
        int server = in.getInt();
        byte[] once = new byte[ONCE_BYTES];
        in.get(once);
        return new Greeting(client, server, once);
    }

    /** What the server answers. */
    byte[] answer(Access access, byte[] serverOnce) {
        return ByteBuffer.allocate(ANSWER_BYTES)
                .put(serverOnce)
                .put(mac(access.secret(), "server", bytes(), serverOnce))
                .array();
    }

    /** By which the client shows that it has the secret. */
    byte[] proof(Access access, byte[] serverOnce) {
        return mac(access.secret(), "client", bytes(), serverOnce);
    }

    private Seal seal(Access access, byte[] serverOnce, boolean toServer) {
        byte[] session = mac(access.secret(), "session", bytes(), serverOnce);
        int from = toServer ? client : server;
        int to = toServer ? server : client;
        return new Seal(session, Seal.Kind.PARAMETERS, new Route(access.job(), 0, toServer ? 0 : 1, from, to));
    }

    /** The connection as the server sees it. */
    MessageChannel atServer(Access access, byte[] serverOnce, SocketChannel channel) {
        return new MessageChannel(
                channel,
                access.sealed()
                        ? new MessageChannel.Seals(seal(access, serverOnce, false), seal(access, serverOnce, true))
                        : null);
    }

    /** Connects a client to a server: both have shown who they are when this returns. */
    static MessageChannel connect(Access access, int client, int server, InetSocketAddress address) throws IOException {
        Greeting greeting = new Greeting(client, server, fresh(ONCE_BYTES));
        SocketChannel channel = SocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.socket().connect(address, ANSWER_MILLIS);
            channel.socket().setSoTimeout(ANSWER_MILLIS);
            channel.socket().getOutputStream().write(greeting.bytes());
            byte[] answer = new byte[ANSWER_BYTES];
            new DataInputStream(channel.socket().getInputStream()).readFully(answer);
            byte[] serverOnce = Arrays.copyOf(answer, ONCE_BYTES);
            if (!MessageDigest.isEqual(greeting.answer(access, serverOnce), answer)) {
                throw new IOException("answered by one without the secret of the table");
            }
            channel.socket().getOutputStream().write(greeting.proof(access, serverOnce));
            channel.configureBlocking(false);
            return new MessageChannel(
                    channel,
                    access.sealed()
                            ? new MessageChannel.Seals(
                                    greeting.seal(access, serverOnce, true), greeting.seal(access, serverOnce, false))
                            : null);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }
}
