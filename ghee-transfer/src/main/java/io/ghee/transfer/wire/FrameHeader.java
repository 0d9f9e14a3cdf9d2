package io.ghee.transfer.wire;

import io.ghee.InfrastructureException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The first 64 bytes of every frame, little-endian:
 *
 * <pre>
 *   0 int   magic "GHEE"                  32 long  sequence, from 0; of a probe its number, from 1
 *   4 short protocol version              40 int   epoch
 *   6 byte  kind                          44 int   batches in the body
 *   7 byte  1: sealed, 2 and 4: packing   48 int   length of the body as it travels, without the seal
 *   8 ...   the route                     52 int   length of the body when it is unpacked; in a probe,
 *                                                  of the longest body that travels
 *                                         56 long  bytes of the credit that the sender has for
 *                                                  this consumer
 * </pre>
 *
 * The body is the batches one after another, see {@link BatchCodec}. Behind that of a sealed frame are the
 * {@value Seal#TAG_BYTES} bytes of the seal.
 */
public record FrameHeader(
        Kind kind,
        boolean sealed,
        Packing packing,
        Route route,
        long sequence,
        int epoch,
        int batches,
        int bodyBytes,
        int plainBytes,
        long credit) {
    /** Length of the header. */
    public static final int BYTES = 64;

    /** The protocol that this version speaks. */
    public static final short PROTOCOL = 3;

    /**
     * In a stream of ZeroMQ, these bytes at the place of a message's own header announce a message that is longer than any
     * limit: so a connection ends at once where a frame is taken for the beginning of a message.
     */
    private static final int MAGIC = 0x45454847;

    private static final int SEALED = 1;

    /** What a frame is. */
    public enum Kind {
        /** Batches. */
        DATA(1),
        /** The sender has sent all of the epoch. There may be one batch, of one record, to fill up with. */
        END_OF_EPOCH(2),
        /** The sender has sent everything. */
        END_OF_STREAM(3),
        /** The sender asks what has arrived. It is in no sequence. */
        PROBE(4),
        /** The sender knows that everything was released. It is numbered like a probe. */
        FAREWELL(5);

        private final int code;

        Kind(int code) {
            this.code = code;
        }

        private static Kind of(int code) {
            return switch (code) {
                case 1 -> DATA;
                case 2 -> END_OF_EPOCH;
                case 3 -> END_OF_STREAM;
                case 4 -> PROBE;
                case 5 -> FAREWELL;
                default -> throw refuse("frame kind", code, "1 to 5");
            };
        }
    }

    /** How long the frame is. */
    public int frameBytes() {
        return BYTES + bodyBytes + (sealed ? Seal.TAG_BYTES : 0);
    }

    static int align(int n) {
        return n + 7 & ~7;
    }

    /** Writes the header at index 0. */
    public void writeTo(ByteBuffer frame) {
        frame.order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0, MAGIC).putShort(4, PROTOCOL).put(6, (byte) kind.code);
        frame.put(7, (byte) ((sealed ? SEALED : 0) | packing.code() << 1));
        route.writeTo(frame, 8);
        frame.putLong(32, sequence).putInt(40, epoch).putInt(44, batches);
        frame.putInt(48, bodyBytes).putInt(52, plainBytes).putLong(56, credit);
    }

    /** Why these bytes are no frame of this protocol, or null if they may be one. */
    public static @Nullable String foreign(ByteBuffer message) {
        if (message.limit() < BYTES) {
            return "it is shorter than a frame";
        }
        ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        if (in.getInt(0) != MAGIC) {
            return "it is no frame";
        }
        return in.getShort(4) == PROTOCOL ? null : "it is of another version of the protocol";
    }

    /** The route of what is not {@link #foreign}. */
    public static Route route(ByteBuffer frame) {
        return Route.read(frame.duplicate().order(ByteOrder.LITTLE_ENDIAN), 8);
    }

    /** If what is not {@link #foreign} bears a seal. */
    public static boolean isSealed(ByteBuffer frame) {
        return (frame.get(7) & SEALED) != 0;
    }

    /** If what is not {@link #foreign} is a probe or a farewell. */
    public static boolean isProbe(ByteBuffer frame) {
        return frame.get(6) == Kind.PROBE.code || isFarewell(frame);
    }

    /** If what is not {@link #foreign} is a farewell. */
    public static boolean isFarewell(ByteBuffer frame) {
        return frame.get(6) == Kind.FAREWELL.code;
    }

    /** The length of the longest body that is on its way, as a probe tells it. */
    public static int longestBody(ByteBuffer probe) {
        return probe.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(52);
    }

    /** The sequence of what is not {@link #foreign}. */
    public static long sequence(ByteBuffer frame) {
        return frame.duplicate().order(ByteOrder.LITTLE_ENDIAN).getLong(32);
    }

    /**
     * Reads the header of a frame.
     *
     * @param largest the longest body, unpacked, that may be
     * @throws InfrastructureException if the bytes are no frame of this protocol, or not all of one
     */
    public static FrameHeader read(ByteBuffer frame, int largest) {
        String foreign = foreign(frame);
        if (foreign != null) {
            throw new InfrastructureException("a frame of " + frame.limit() + " bytes: " + foreign
                    + " (expected: one of version " + PROTOCOL + " of the protocol)");
        }
        ByteBuffer in = frame.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int flags = in.get(7) & 0xFF;
        FrameHeader header = new FrameHeader(
                Kind.of(in.get(6)),
                (flags & SEALED) != 0,
                Packing.of(flags >> 1),
                Route.read(in, 8),
                in.getLong(32),
                in.getInt(40),
                in.getInt(44),
                in.getInt(48),
                in.getInt(52),
                in.getLong(56));
        header.check(in, largest);
        return header;
    }

    private void check(ByteBuffer in, int largest) {
        int size = in.limit();
        require(sequence >= 0, "sequence", sequence, ">= 0");
        require(epoch >= 0, "epoch", epoch, ">= 0");
        require(
                bodyBytes >= 0 && BYTES + (long) bodyBytes + (sealed ? Seal.TAG_BYTES : 0) == size,
                "length of the body",
                bodyBytes,
                "that of a frame of " + size);
        require(plainBytes >= 0 && plainBytes <= largest, "length of the unpacked body", plainBytes, "0 to " + largest);
        require(
                packing != Packing.NONE || kind == Kind.PROBE || plainBytes == bodyBytes,
                "length of a body that is not packed",
                plainBytes,
                String.valueOf(bodyBytes));
        require(credit >= 0, "credit", credit, ">= 0");
        boolean fits = switch (kind) {
            case DATA -> batches >= 1 && batches <= plainBytes / BatchCodec.HEADER_BYTES;
            case END_OF_EPOCH -> batches == (plainBytes == 0 ? 0 : 1);
            case END_OF_STREAM, PROBE, FAREWELL -> batches == 0 && bodyBytes == 0 && plainBytes == 0;
        };
        require(fits, "batches in " + plainBytes + " bytes of " + kind, batches, "a number that fits");
    }

    static void require(boolean valid, String what, long value, String expected) {
        if (!valid) {
            throw refuse(what, value, expected);
        }
    }

    static InfrastructureException refuse(String what, long value, String expected) {
        return new InfrastructureException(what + ": " + value + " (expected: " + expected + ")");
    }
}
