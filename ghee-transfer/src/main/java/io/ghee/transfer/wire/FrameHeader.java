package io.ghee.transfer.wire;

import io.ghee.InfrastructureException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first 64 bytes of every frame, little-endian:
 *
 * <pre>
 *   0 int   magic "GHEE"        24 int  epoch
 *   4 short protocol version    28 int  rows
 *   6 byte  kind                32 long sequence, from 0, per sender and consumer
 *   7 byte  codec               40 int  length of the record class name after the header
 *   8 long  job                 44 int  length of the payload
 *  16 int   generation          48 ... zero
 *  20 int   sender (replica)
 * </pre>
 *
 * A frame of data goes on with the name of the record class in UTF-8, padded to a multiple of 8, and the payload: what
 * {@link io.ghee.columnar.RecordLayout} wrote, or the records as Kryo wrote them.
 */
public record FrameHeader(
        Kind kind,
        Codec codec,
        long job,
        int generation,
        int sender,
        int epoch,
        int rows,
        long sequence,
        int nameBytes,
        int payloadBytes) {
    /** Length of the header. */
    public static final int BYTES = 64;

    /** A frame that would be longer is not written, and refused before anything is allocated for it. */
    public static final int LONGEST_FRAME = 1 << 30;

    /** The protocol that this version speaks. */
    public static final short PROTOCOL = 1;

    private static final int MAGIC = 0x45454847;

    /** What a frame is. */
    public enum Kind {
        /** A batch. */
        DATA(1),
        /** The sender has sent all of the epoch. */
        END_OF_EPOCH(2),
        /** The sender has sent everything. */
        END_OF_STREAM(3);

        private final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /** How a batch lies in a frame. */
    public enum Codec {
        /** There is no batch. */
        NONE(0),
        /** Column by column. */
        COLUMNAR(1),
        /** Object by object. */
        KRYO(2);

        private final int code;

        Codec(int code) {
            this.code = code;
        }
    }

    /** Where the payload begins. */
    public int payloadOffset() {
        return BYTES + align(nameBytes);
    }

    /** How long the frame is. */
    public int frameBytes() {
        return payloadOffset() + payloadBytes;
    }

    static int align(int n) {
        return n + 7 & ~7;
    }

    /** Writes the header at index 0. */
    public void writeTo(ByteBuffer frame) {
        frame.order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(0, MAGIC).putShort(4, PROTOCOL).put(6, (byte) kind.code).put(7, (byte) codec.code);
        frame.putLong(8, job)
                .putInt(16, generation)
                .putInt(20, sender)
                .putInt(24, epoch)
                .putInt(28, rows);
        frame.putLong(32, sequence).putInt(40, nameBytes).putInt(44, payloadBytes);
        frame.putLong(48, 0).putLong(56, 0);
    }

    /**
     * Reads the header of a frame.
     *
     * @throws InfrastructureException if the bytes are no frame of this protocol, or not all of one
     */
    public static FrameHeader read(ByteBuffer frame) {
        ByteBuffer in = frame.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int size = in.limit();
        require(size >= BYTES, "frame length", size, ">= " + BYTES);
        require(in.getInt(0) == MAGIC, "frame magic", in.getInt(0), String.valueOf(MAGIC));
        require(in.getShort(4) == PROTOCOL, "protocol version", in.getShort(4), String.valueOf(PROTOCOL));
        FrameHeader header = new FrameHeader(
                kind(in.get(6)),
                codec(in.get(7)),
                in.getLong(8),
                in.getInt(16),
                in.getInt(20),
                in.getInt(24),
                in.getInt(28),
                in.getLong(32),
                in.getInt(40),
                in.getInt(44));
        require(header.generation >= 0, "generation", header.generation, ">= 0");
        require(header.sender >= 0, "sender", header.sender, ">= 0");
        require(header.epoch >= 0, "epoch", header.epoch, ">= 0");
        require(header.rows >= 0, "rows", header.rows, ">= 0");
        require(header.sequence >= 0, "sequence", header.sequence, ">= 0");
        require(header.nameBytes >= 0 && header.nameBytes <= 1024, "class name length", header.nameBytes, "0 to 1024");
        require(header.payloadBytes >= 0, "payload length", header.payloadBytes, ">= 0");
        require(
                (long) header.payloadOffset() + header.payloadBytes == size,
                "frame length",
                size,
                "header, name and payload of " + ((long) header.payloadOffset() + header.payloadBytes));
        require((in.getLong(48) | in.getLong(56)) == 0, "reserved bytes", in.getLong(48) | in.getLong(56), "0");
        require(
                (header.codec == Codec.NONE) == (header.kind != Kind.DATA),
                "codec of a frame of " + header.kind,
                header.codec.code,
                header.kind == Kind.DATA ? "1 or 2" : "0");
        require(
                header.kind == Kind.DATA || (header.rows | size - BYTES) == 0,
                "rows and bytes after the header of a mark",
                header.rows | size - BYTES,
                "0");
        require(
                (header.codec == Codec.COLUMNAR) == (header.nameBytes > 0),
                "class name length of codec " + header.codec,
                header.nameBytes,
                header.codec == Codec.COLUMNAR ? "> 0" : "0");
        return header;
    }

    private static Kind kind(byte code) {
        return switch (code) {
            case 1 -> Kind.DATA;
            case 2 -> Kind.END_OF_EPOCH;
            case 3 -> Kind.END_OF_STREAM;
            default -> throw refuse("frame kind", code, "1 to 3");
        };
    }

    private static Codec codec(byte code) {
        return switch (code) {
            case 0 -> Codec.NONE;
            case 1 -> Codec.COLUMNAR;
            case 2 -> Codec.KRYO;
            default -> throw refuse("frame codec", code, "0 to 2");
        };
    }

    private static void require(boolean valid, String what, long value, String expected) {
        if (!valid) {
            throw refuse(what, value, expected);
        }
    }

    private static InfrastructureException refuse(String what, long value, String expected) {
        return new InfrastructureException(what + ": " + value + " (expected: " + expected + ")");
    }
}
