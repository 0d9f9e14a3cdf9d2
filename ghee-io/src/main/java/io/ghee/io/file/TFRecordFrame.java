package io.ghee.io.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The frame around a payload, little-endian: its length in 8 bytes, a checksum of these, the payload, a checksum of it.
 * Checksums are CRC32C, rotated and shifted so that one over data that holds a checksum is still one.
 */
final class TFRecordFrame {
    static final int HEADER_BYTES = 12;
    static final int FOOTER_BYTES = 4;
    private static final int LENGTH_BYTES = 8;
    private static final int MASK = 0xA282_EAD8;

    private TFRecordFrame() {}

    static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    static byte[] header(int length) {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(length);
        return header.putInt(checksum(header.array(), LENGTH_BYTES)).array();
    }

    static byte[] footer(byte[] payload) {
        return ByteBuffer.allocate(FOOTER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(checksum(payload, payload.length))
                .array();
    }

    /** The length in a header, or -1 if its checksum is another. */
    static long length(byte[] header) {
        ByteBuffer in = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        return in.getInt(LENGTH_BYTES) == checksum(header, LENGTH_BYTES) ? in.getLong(0) : -1;
    }

    static boolean isWhole(byte[] payload, byte[] footer) {
        return ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN).getInt() == checksum(payload, payload.length);
    }
}
