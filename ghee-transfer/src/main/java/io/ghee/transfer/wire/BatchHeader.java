package io.ghee.transfer.wire;

import static io.ghee.transfer.wire.FrameHeader.align;
import static io.ghee.transfer.wire.FrameHeader.require;

import java.nio.ByteBuffer;

/**
 * The first {@value BatchCodec#HEADER_BYTES} bytes of a batch in a frame, little-endian: {@code byte codec, byte form of the
 * origins, short length of the class name, int rows, int origins, int length of the origins, int length of the payload, int
 * 0}. The name, the origins and the payload follow, each at a multiple of 8.
 *
 * @param codec how the records are written
 * @param form of the origins
 * @param at where in the frame the batch begins
 */
record BatchHeader(
        Codec codec,
        OriginsCodec.Form form,
        int nameBytes,
        int rows,
        int origins,
        int originBytes,
        int payloadBytes,
        int at) {
    /** How the records of a batch are written. */
    enum Codec {
        /** Column by column, see {@link io.ghee.columnar.RecordLayout}. */
        COLUMNAR(1),
        /** Object by object. */
        KRYO(2);

        private final int code;

        Codec(int code) {
            this.code = code;
        }

        private static Codec of(int code) {
            return switch (code) {
                case 1 -> COLUMNAR;
                case 2 -> KRYO;
                default -> throw FrameHeader.refuse("codec of a batch", code, "1 or 2");
            };
        }
    }

    int nameAt() {
        return at + BatchCodec.HEADER_BYTES;
    }

    int originsAt() {
        return nameAt() + align(nameBytes);
    }

    int payloadAt() {
        return originsAt() + align(originBytes);
    }

    int end() {
        return payloadAt() + align(payloadBytes);
    }

    BatchHeader movedTo(int place) {
        return new BatchHeader(codec, form, nameBytes, rows, origins, originBytes, payloadBytes, place);
    }

    /** The length of such a batch; it may be more than fits. */
    static long bytes(int nameBytes, long originBytes, long payloadBytes) {
        return BatchCodec.HEADER_BYTES + align(nameBytes) + (originBytes + 7 & ~7L) + (payloadBytes + 7 & ~7L);
    }

    void writeTo(ByteBuffer frame) {
        frame.put(at, (byte) codec.code).put(at + 1, (byte) form.code()).putShort(at + 2, (short) nameBytes);
        frame.putInt(at + 4, rows).putInt(at + 8, origins).putInt(at + 12, originBytes);
        frame.putInt(at + 16, payloadBytes).putInt(at + 20, 0);
    }

    /**
     * Reads the header at the position of a frame.
     *
     * @param mostOrigins how many origins there may be
     * @throws io.ghee.InfrastructureException if what it tells is not there
     */
    static BatchHeader read(ByteBuffer frame, int mostOrigins) {
        int at = frame.position();
        int left = frame.remaining();
        require(left >= BatchCodec.HEADER_BYTES, "bytes left for a batch", left, ">= " + BatchCodec.HEADER_BYTES);
        BatchHeader header = new BatchHeader(
                Codec.of(frame.get(at)),
                OriginsCodec.Form.of(frame.get(at + 1)),
                frame.getShort(at + 2),
                frame.getInt(at + 4),
                frame.getInt(at + 8),
                frame.getInt(at + 12),
                frame.getInt(at + 16),
                at);
        require(header.nameBytes >= 0 && header.nameBytes <= 1024, "class name length", header.nameBytes, "0 to 1024");
        require(
                (header.codec == Codec.COLUMNAR) == (header.nameBytes > 0),
                "class name length of codec " + header.codec,
                header.nameBytes,
                header.codec == Codec.COLUMNAR ? "> 0" : "0");
        require(header.rows >= 0, "rows", header.rows, ">= 0");
        require(
                header.origins >= 0 && header.origins <= mostOrigins,
                "origins of a batch",
                header.origins,
                "0 to " + mostOrigins);
        require(header.originBytes >= 0, "origins length", header.originBytes, ">= 0");
        require(header.payloadBytes >= 0, "payload length", header.payloadBytes, ">= 0");
        require(frame.getInt(at + 20) == 0, "reserved bytes", frame.getInt(at + 20), "0");
        long bytes = bytes(header.nameBytes, header.originBytes, header.payloadBytes);
        require(bytes <= left, "bytes of a batch", bytes, "<= " + left);
        return header;
    }
}
