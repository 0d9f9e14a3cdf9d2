package io.ghee.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/**
 * Messages that can be told apart: bytes that nothing can be saved of, with the number of the message in the first eight and
 * its complement in the last eight. So one that is lost, cut off, doubled or late is noticed at a price of nothing.
 */
final class Numbered {
    private Numbered() {}

    /** A message of {@code size} bytes, at least 20, without a number. */
    static byte[] template(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    /** Numbers the message that lies {@code at} an index. */
    static void number(ByteBuffer in, int at, int size, long number) {
        in.order(ByteOrder.LITTLE_ENDIAN).putLong(at, number).putLong(at + size - Long.BYTES, ~number);
    }

    static void check(ByteBuffer in, int at, int size, long number) {
        in.order(ByteOrder.LITTLE_ENDIAN);
        check(in.getLong(at), number);
        check(in.getLong(at + size - Long.BYTES), ~number);
    }

    static void check(long is, long expected) {
        if (is != expected) {
            throw new IllegalStateException("a message bears " + is + " (expected: " + expected + ")");
        }
    }
}
