package io.ghee.transfer.wire;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * What a consumer tells a sender: all that has arrived and been released so far, so that any later receipt makes up for one
 * that was lost, and none counts twice. Little-endian:
 *
 * <pre>
 *   0 int   magic "GHER"                  32 long  number of the receipt, from 1
 *   4 short protocol version              40 long  expected
 *   6 byte  1: sealed                     48 long  released
 *   7 byte  1: gap                        56 long  probe
 *   8 ...   the route                     64 ...   beyond, as a bit set; then, if sealed, the seal
 * </pre>
 *
 * @param number of the receipt, counted by the consumer
 * @param expected the sequence of the frame that is to come next
 * @param released the sequence of the first frame that the stage has not released
 * @param beyond which of the frames from {@code released} on it has released all the same; bit 0 is never set
 * @param probe the number of the last probe that has arrived, or 0
 * @param gap if a frame has arrived before one that is expected
 */
public record Receipt(Route route, long number, long expected, long released, BitSet beyond, long probe, boolean gap) {
    /** Length of a receipt without {@link #beyond} and seal. */
    public static final int BYTES = 64;

    /**
     * Length of the longest receipt. What a stage has released out of order beyond some 500,000 frames, later receipts tell.
     */
    public static final int LONGEST = BYTES + (1 << 16) + Seal.TAG_BYTES;

    private static final int MAGIC = 0x52454847;
    private static final int MOST_BITS = 8 << 16;

    /** This receipt as a message, sealed if there is a seal. */
    public ByteBuffer write(@Nullable Seal seal) {
        long[] bits = beyond.get(0, Math.min(beyond.length(), MOST_BITS)).toLongArray();
        int end = BYTES + Long.BYTES * bits.length;
        ByteBuffer out = ByteBuffer.allocate(end + (seal == null ? 0 : Seal.TAG_BYTES));
        out.order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, MAGIC).putShort(4, FrameHeader.PROTOCOL);
        out.put(6, (byte) (seal == null ? 0 : 1)).put(7, (byte) (gap ? 1 : 0));
        route.writeTo(out, 8);
        out.putLong(32, number).putLong(40, expected).putLong(48, released).putLong(56, probe);
        for (int k = 0; k < bits.length; k++) {
            out.putLong(BYTES + Long.BYTES * k, bits[k]);
        }
        if (seal != null) {
            seal.sign(number, out.slice(0, end), out.position(end));
        }
        return out.clear();
    }

    /** Why these bytes are no receipt of this protocol, or null if they may be one. */
    public static @Nullable String foreign(ByteBuffer message) {
        if (message.limit() < BYTES) {
            return "it is shorter than a receipt";
        }
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(0) != MAGIC) {
            return "it is no receipt";
        }
        if (in.getShort(4) != FrameHeader.PROTOCOL) {
            return "it is of another version of the protocol";
        }
        int flags = in.get(6) | in.get(7);
        int bits = message.limit() - BYTES - (in.get(6) == 1 ? Seal.TAG_BYTES : 0);
        return (flags & ~1) == 0 && bits >= 0 && bits % Long.BYTES == 0 ? null : "it is damaged";
    }

    /** The route of what is not {@link #foreign}. */
    public static Route route(ByteBuffer message) {
        return Route.read(message.duplicate().order(ByteOrder.LITTLE_ENDIAN), 8);
    }

    /** Reads what is not {@link #foreign}; null if the seal does not fit. */
    public static @Nullable Receipt read(ByteBuffer message, @Nullable Seal seal) {
        ByteBuffer in = message.duplicate().clear().limit(message.limit()).order(ByteOrder.LITTLE_ENDIAN);
        boolean sealed = in.get(6) == 1;
        int end = in.limit() - (sealed ? Seal.TAG_BYTES : 0);
        if (sealed != (seal != null)) {
            return null;
        }
        if (seal != null && !seal.verify(in.getLong(32), in.slice(0, end), in.slice(end, Seal.TAG_BYTES))) {
            return null;
        }
        ByteBuffer bits = in.slice(BYTES, end - BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new Receipt(
                Route.read(in, 8),
                in.getLong(32),
                in.getLong(40),
                in.getLong(48),
                BitSet.valueOf(bits.asLongBuffer()),
                in.getLong(56),
                in.get(7) == 1);
    }
}
