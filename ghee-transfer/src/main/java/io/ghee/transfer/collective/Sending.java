package io.ghee.transfer.collective;

import io.ghee.transfer.wire.Seal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The data that goes to the right neighbour, piece by piece: filled, and then written as the connection takes it. Under a seal
 * each piece goes behind the length of what is sealed, four bytes. Used by one thread.
 */
final class Sending {
    /** Bytes of a piece: it should stay in a processor's own cache on its way. */
    static final int PIECE = 1 << 16;

    static final int LENGTH_BYTES = 4;

    private final SocketChannel channel;
    private final @Nullable Seal seal;
    private final ByteBuffer plain = direct(PIECE);
    private final @Nullable ByteBuffer sealed;
    private long number;
    private long sent;

    Sending(SocketChannel channel, @Nullable Seal seal) {
        this.channel = channel;
        this.seal = seal;
        sealed = seal == null
                ? null
                : direct(LENGTH_BYTES + PIECE + Seal.TAG_BYTES).limit(0);
        plain.limit(0);
    }

    static ByteBuffer direct(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** True if everything was written. */
    boolean isEmpty() {
        return !plain.hasRemaining() && (sealed == null || !sealed.hasRemaining());
    }

    /** Room for the next piece, of {@link #PIECE} bytes; only when this is empty. */
    ByteBuffer room() {
        return plain.clear();
    }

    /** To be called when the room is filled, be it with nothing. */
    void filled() {
        plain.flip();
        if (seal != null && sealed != null && plain.hasRemaining()) {
            sealed.clear().putInt(plain.remaining() + Seal.TAG_BYTES);
            seal.seal(number++, sealed.duplicate().flip(), plain, sealed);
            sealed.flip();
        }
    }

    /**
     * Writes what the connection takes.
     *
     * @return true if that was something
     */
    boolean write() throws IOException {
        ByteBuffer out = sealed == null ? plain : sealed;
        if (!out.hasRemaining()) {
            return false;
        }
        int written = channel.write(out);
        sent += written;
        return written > 0;
    }

    /** Bytes written so far. */
    long sent() {
        return sent;
    }

    SocketChannel channel() {
        return channel;
    }
}
