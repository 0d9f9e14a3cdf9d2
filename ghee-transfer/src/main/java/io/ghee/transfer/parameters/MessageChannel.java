package io.ghee.transfer.parameters;

import io.ghee.InfrastructureException;
import io.ghee.transfer.wire.Seal;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Messages in both directions over a connection that does not block: the length, four bytes, and the body, which is sealed if
 * the job has a key. Used by one thread.
 */
final class MessageChannel implements AutoCloseable {
    /** Bytes of the longest body. */
    static final int LONGEST = 1 << 28;

    private static final int LENGTH_BYTES = 4;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Of one direction each. */
    record Seals(Seal out, Seal in) {}

    private final SocketChannel channel;
    private final @Nullable Seals seals;
    /** From {@code written} to the position: what is to be written. */
    private ByteBuffer out = direct(1 << 12);

    private int written;
    private ByteBuffer plainOut = NOTHING;
    /** Up to the position: what has arrived and was not read yet, behind {@code taken} bytes that were. */
    private ByteBuffer in = direct(1 << 12);

    private int taken;
    private ByteBuffer plainIn = NOTHING;
    private long numberOut;
    private long numberIn;

    /** @param channel does not block */
    MessageChannel(SocketChannel channel, @Nullable Seals seals) {
        this.channel = channel;
        this.seals = seals;
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    SocketChannel channel() {
        return channel;
    }

    /** Room for the body of another message, of so many bytes; to be filled, and then {@link #send sent}. */
    ByteBuffer message(long bytes) {
        if (bytes > LONGEST) {
            throw new InfrastructureException(
                    "a message of " + bytes + " bytes to or from a parameter server (expected: <= " + LONGEST
                            + "; smaller batches, or more servers)");
        }
        int body = (int) bytes;
        out.limit(out.position()).position(written);
        out.compact();
        written = 0;
        int needed = LENGTH_BYTES + body + (seals == null ? 0 : Seal.TAG_BYTES);
        if (out.remaining() < needed) {
            out = direct(larger(out.position() + needed)).put(out.flip());
        }
        if (seals == null) {
            return out.slice(out.position() + LENGTH_BYTES, body).order(ByteOrder.LITTLE_ENDIAN);
        }
        if (plainOut.capacity() < body) {
            plainOut = direct(larger(body));
        }
        return plainOut.clear().limit(body);
    }

    private static int larger(int bytes) {
        return bytes + bytes / 4;
    }

    /** Adds a message, all of what {@link #message} gave, to those that are to be written. */
    void send(ByteBuffer message) {
        int body = message.position(0).remaining();
        if (seals == null) {
            out.putInt(body).position(out.position() + body);
        } else {
            out.putInt(body + Seal.TAG_BYTES);
            seals.out().seal(numberOut++, NOTHING.duplicate(), message, out);
        }
    }

    /** True if something is still to be written. */
    boolean hasOut() {
        return out.position() > written;
    }

    /**
     * Writes what the connection takes.
     *
     * @return true if that was something
     */
    boolean write() throws IOException {
        if (!hasOut()) {
            return false;
        }
        int bytes = channel.write(out.duplicate().flip().position(written));
        written += bytes;
        return bytes > 0;
    }

    /**
     * The next message, if it has arrived: valid until this is called again.
     *
     * @throws EOFException if the other side has closed the connection, and nothing is left to be read
     */
    @Nullable
    ByteBuffer read() throws IOException {
        ByteBuffer next = next();
        if (next == null) {
            in.limit(in.position()).position(taken);
            in.compact();
            taken = 0;
            if (in.position() >= LENGTH_BYTES) {
                int needed = LENGTH_BYTES + in.getInt(0);
                if (in.capacity() < needed) {
                    in = direct(larger(needed)).put(in.flip());
                }
            }
            int bytes = channel.read(in);
            next = next();
            if (next == null && bytes < 0) {
                throw new EOFException("the connection was closed");
            }
        }
        return next;
    }

    private @Nullable ByteBuffer next() throws IOException {
        if (in.position() - taken < LENGTH_BYTES) {
            return null;
        }
        int body = in.getInt(taken);
        int tag = seals == null ? 0 : Seal.TAG_BYTES;
        if (body < tag || body > LONGEST + tag) {
            throw new IOException("a message of " + body + " bytes came");
        }
        int start = taken + LENGTH_BYTES;
        if (in.position() < start + body) {
            return null;
        }
        taken = start + body;
        ByteBuffer message = in.slice(start, body).order(ByteOrder.LITTLE_ENDIAN);
        if (seals == null) {
            return message;
        }
        if (plainIn.capacity() < body) {
            plainIn = direct(larger(body));
        }
        if (!seals.in().open(numberIn++, NOTHING.duplicate(), message, plainIn.clear())) {
            throw new IOException("a message came whose seal does not fit");
        }
        return plainIn.flip();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
