package io.ghee.transfer.collective;

import io.ghee.transfer.wire.Seal;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** The data that comes from the left neighbour: what {@link Sending} sends. Used by one thread. */
final class Receiving {
    private final SocketChannel channel;
    private final @Nullable Seal seal;
    /** From position to limit: what has arrived, and was not used yet. */
    private final ByteBuffer plain = Sending.direct(2 * Sending.PIECE).limit(0);

    private final @Nullable ByteBuffer sealed;
    private long number;

    Receiving(SocketChannel channel, @Nullable Seal seal) {
        this.channel = channel;
        this.seal = seal;
        sealed = seal == null ? null : Sending.direct(2 * Sending.PIECE);
    }

    /** What has arrived; to be read from. */
    ByteBuffer bytes() {
        return plain;
    }

    /**
     * Reads what has arrived meanwhile.
     *
     * @return true if that was something
     * @throws EOFException if the neighbour has closed the connection
     */
    boolean read() throws IOException {
        plain.compact();
        int before = plain.position();
        try {
            int bytes = seal == null || sealed == null ? channel.read(plain) : read(seal, sealed);
            boolean moved = bytes > 0 || plain.position() > before;
            if (bytes < 0 && !moved) {
                throw new EOFException("the connection was closed");
            }
            return moved;
        } finally {
            plain.flip();
        }
    }

    private int read(Seal seal, ByteBuffer sealed) throws IOException {
        int bytes = channel.read(sealed);
        sealed.flip();
        while (sealed.remaining() >= Sending.LENGTH_BYTES) {
            int start = sealed.position();
            int length = sealed.getInt(start);
            if (length < Seal.TAG_BYTES || length > Sending.PIECE + Seal.TAG_BYTES) {
                throw new IOException("a piece of " + length + " bytes came");
            }
            int end = start + Sending.LENGTH_BYTES + length;
            if (end > sealed.limit() || length - Seal.TAG_BYTES > plain.remaining()) {
                break;
            }
            ByteBuffer header = sealed.duplicate().limit(start + Sending.LENGTH_BYTES);
            ByteBuffer body = sealed.duplicate().limit(end).position(start + Sending.LENGTH_BYTES);
            if (!seal.open(number++, header, body, plain)) {
                throw new IOException("a piece came whose seal does not fit");
            }
            sealed.position(end);
        }
        sealed.compact();
        return bytes;
    }

    SocketChannel channel() {
        return channel;
    }
}
