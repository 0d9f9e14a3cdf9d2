package io.ghee.transfer.collective;

import io.ghee.transfer.wire.Seal;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection by which two neighbours tell each other that they live, and who does not. A message is two bytes of length, a
 * byte of what it is, and more, all but the length under the seal. Used by the thread of {@link RingWatch}.
 */
final class WatchLine {
    private static final Logger LOG = LoggerFactory.getLogger(WatchLine.class);

    private static final byte BEAT = 1;
    private static final byte LEAVING = 2;
    private static final byte FAILED = 3;
    private static final int LENGTH_BYTES = 2;
    private static final int LONGEST = 4096;

    final Ring ring;
    private final int peer;
    private final SocketChannel channel;
    private final @Nullable Seal outSeal;
    private final @Nullable Seal inSeal;
    private final ByteBuffer in = ByteBuffer.allocate(2 * LONGEST).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer out = ByteBuffer.allocate(2 * LONGEST).order(ByteOrder.LITTLE_ENDIAN);
    private long sent;
    private long received;
    private int silentTicks;
    private boolean leaving;
    private boolean closed;

    /** @param channel does not block */
    WatchLine(Ring ring, int peer, SocketChannel channel, @Nullable Seal outSeal, @Nullable Seal inSeal) {
        this.ring = ring;
        this.peer = peer;
        this.channel = channel;
        this.outSeal = outSeal;
        this.inSeal = inSeal;
    }

    SocketChannel channel() {
        return channel;
    }

    boolean isClosed() {
        return closed;
    }

    /** Reads what has arrived. */
    void ready() {
        try {
            int bytes = channel.read(in);
            if (bytes < 0) {
                throw new EOFException("it was closed");
            }
            silentTicks = 0;
            in.flip();
            while (in.remaining() >= LENGTH_BYTES) {
                int start = in.position();
                int length = in.getShort(start);
                if (length < 1 || length > LONGEST) {
                    throw new IOException("a message of " + length + " bytes came");
                }
                if (in.remaining() < LENGTH_BYTES + length) {
                    break;
                }
                take(opened(in.slice(start + LENGTH_BYTES, length)));
                in.position(start + LENGTH_BYTES + length);
            }
            in.compact();
        } catch (IOException e) {
            if (!leaving) {
                ring.fail(Failure.lost(ring.name(peer) + " is lost: the connection to rank " + ring.rank() + " ended ("
                        + e.getMessage() + ")"));
            }
            close();
        }
    }

    private ByteBuffer opened(ByteBuffer message) throws IOException {
        if (inSeal == null) {
            return message;
        }
        ByteBuffer plain = ByteBuffer.allocate(message.remaining());
        if (!inSeal.open(received++, ByteBuffer.allocate(0), message, plain)) {
            throw new IOException("a message came whose seal does not fit");
        }
        return plain.flip();
    }

    private void take(ByteBuffer message) throws IOException {
        byte what = message.get();
        switch (what) {
            case BEAT -> {}
            case LEAVING -> {
                leaving = true;
                ring.leaving(peer);
            }
            case FAILED -> ring.fail(Failure.read(message));
            default -> throw new IOException("a message of an unknown kind came, " + what);
        }
    }

    /**
     * Tells the neighbour that this process lives, and looks if anything was heard of it.
     *
     * @param mostSilentTicks after how many calls without a word the neighbour is given up
     * @param patience the same for the message
     */
    void tick(int mostSilentTicks, String patience) {
        if (!leaving && ++silentTicks > mostSilentTicks) {
            ring.fail(Failure.lost(ring.name(peer) + " is lost: rank " + ring.rank() + " has not heard of it for "
                    + patience + ", it stands still or is cut off"));
        }
        if (out.position() == 0) {
            send(ByteBuffer.wrap(new byte[] {BEAT}));
        } else {
            write();
        }
    }

    /** Tells the neighbour that this rank takes part no longer. */
    void sendLeaving() {
        send(ByteBuffer.wrap(new byte[] {LEAVING}));
    }

    /** Passes on why the ring works no more. */
    void send(Failure failure) {
        ByteBuffer message = ByteBuffer.allocate(LONGEST);
        message.put(FAILED);
        failure.writeTo(message);
        send(message.flip());
    }

    private void send(ByteBuffer message) {
        int length = message.remaining() + (outSeal == null ? 0 : Seal.TAG_BYTES);
        if (closed || out.remaining() < LENGTH_BYTES + length) {
            // It reads no more, and will be given up, or has been.
            return;
        }
        out.putShort((short) length);
        if (outSeal == null) {
            out.put(message);
        } else {
            outSeal.seal(sent++, ByteBuffer.allocate(0), message, out);
        }
        write();
    }

    private void write() {
        out.flip();
        try {
            channel.write(out);
        } catch (IOException e) {
            // What the neighbour said before is still to be read; then reading fails, too.
            LOG.debug("cannot write to rank {}", peer, e);
            out.position(out.limit());
        }
        out.compact();
    }

    void close() {
        closed = true;
        Closing.quietly(channel);
    }
}
