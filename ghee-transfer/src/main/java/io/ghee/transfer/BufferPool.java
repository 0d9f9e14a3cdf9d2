package io.ghee.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Direct buffers, kept for reuse in classes of powers of two: allocating a direct buffer zeroes it and makes work for the
 * collector, which at hundreds of frames a second is more than sending it. Thread-safe.
 */
final class BufferPool {
    private static final int SMALLEST_BITS = 12;
    private static final int LARGEST_BITS = 26;

    /** Buffers of one class that are kept at most; more are left to the collector. */
    private static final int KEPT = 64;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final ConcurrentLinkedQueue<ByteBuffer>[] free = new ConcurrentLinkedQueue[LARGEST_BITS + 1];

    private final AtomicInteger[] kept = new AtomicInteger[LARGEST_BITS + 1];
    private final AtomicInteger lent = new AtomicInteger();
    private final AtomicLong lentBytes = new AtomicLong();

    BufferPool() {
        for (int bits = 0; bits < free.length; bits++) {
            free[bits] = new ConcurrentLinkedQueue<>();
            kept[bits] = new AtomicInteger();
        }
    }

    /**
     * A little-endian direct buffer of at least {@code size} bytes, at position 0, with its limit at its capacity. Whatever
     * was in it may still be there.
     */
    ByteBuffer take(int size) {
        int bits = bits(size);
        ByteBuffer buffer = bits > LARGEST_BITS ? null : free[bits].poll();
        if (buffer == null) {
            buffer = ByteBuffer.allocateDirect(bits > LARGEST_BITS ? size : 1 << bits);
        } else {
            kept[bits].decrementAndGet();
        }
        lent.incrementAndGet();
        lentBytes.addAndGet(buffer.capacity());
        return buffer.clear().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Takes back what {@link #take} gave. The caller must not touch it any more. */
    void giveBack(ByteBuffer buffer) {
        lent.decrementAndGet();
        lentBytes.addAndGet(-buffer.capacity());
        int bits = bits(buffer.capacity());
        if (bits <= LARGEST_BITS && kept[bits].get() < KEPT) {
            kept[bits].incrementAndGet();
            free[bits].add(buffer);
        }
    }

    /** How many buffers have been taken and not given back. */
    int lent() {
        return lent.get();
    }

    /** The bytes of the buffers that have been taken and not given back. */
    long lentBytes() {
        return lentBytes.get();
    }

    private static int bits(int size) {
        return Math.max(SMALLEST_BITS, 32 - Integer.numberOfLeadingZeros(Math.max(1, size) - 1));
    }
}
