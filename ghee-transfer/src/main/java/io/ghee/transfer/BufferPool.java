package io.ghee.transfer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Direct buffers, kept for reuse: allocating a direct buffer zeroes it and makes work for the collector, which at hundreds
 * of frames a second is more than sending it. What is lent and what is kept is together never more than what was lent at
 * some time, and that is what the credits of the channels bound. Thread-safe.
 */
final class BufferPool {
    private static final int SMALLEST = 1 << 12;

    /** By capacity. */
    private final TreeMap<Integer, ArrayDeque<ByteBuffer>> free = new TreeMap<>();

    private long freeBytes;
    private int lent;
    private long lentBytes;
    private long mostLent;

    /** A buffer that was taken, until it is given back or forgotten: what comes after that does nothing. Thread-safe. */
    final class Loan {
        private @Nullable ByteBuffer whole;

        private Loan(ByteBuffer whole) {
            this.whole = whole;
        }

        /** The buffer, little-endian, from 0 to its capacity. Whatever was in it may still be there. */
        ByteBuffer buffer() {
            ByteBuffer buffer = whole;
            if (buffer == null) {
                throw new IllegalStateException("the buffer was given back");
            }
            return buffer.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
        }

        /** To be used again: whoever holds it must not touch it any more. */
        void giveBack() {
            end(true);
        }

        /** Not to be used again: somebody may still read or write it. */
        void forget() {
            end(false);
        }

        private void end(boolean keep) {
            synchronized (BufferPool.this) {
                ByteBuffer buffer = whole;
                if (buffer != null) {
                    whole = null;
                    ended(buffer, keep);
                }
            }
        }
    }

    /** A buffer of at least {@code size} bytes, and at most a quarter more, or the smallest. */
    Loan take(int size) {
        int capacity = capacity(size);
        ByteBuffer buffer;
        synchronized (this) {
            buffer = poll(capacity);
            lent++;
            lentBytes += capacity;
            mostLent = Math.max(mostLent, lentBytes);
            shrink();
        }
        try {
            return new Loan(buffer == null ? ByteBuffer.allocateDirect(capacity) : buffer);
        } catch (OutOfMemoryError e) {
            synchronized (this) {
                lent--;
                lentBytes -= capacity;
            }
            throw e;
        }
    }

    private @Nullable ByteBuffer poll(int capacity) {
        ArrayDeque<ByteBuffer> same = free.get(capacity);
        ByteBuffer buffer = same == null ? null : same.pollLast();
        if (buffer != null) {
            freeBytes -= capacity;
        }
        return buffer;
    }

    /** Drops what is more than was ever lent; it is of other sizes than are asked for now. */
    private void shrink() {
        Iterator<ArrayDeque<ByteBuffer>> sizes = free.values().iterator();
        while (freeBytes + lentBytes > mostLent && sizes.hasNext()) {
            ArrayDeque<ByteBuffer> buffers = sizes.next();
            while (freeBytes + lentBytes > mostLent && !buffers.isEmpty()) {
                freeBytes -= buffers.removeFirst().capacity();
            }
            if (buffers.isEmpty()) {
                sizes.remove();
            }
        }
    }

    private void ended(ByteBuffer buffer, boolean keep) {
        lent--;
        lentBytes -= buffer.capacity();
        if (keep && freeBytes + lentBytes + buffer.capacity() <= mostLent) {
            freeBytes += buffer.capacity();
            free.computeIfAbsent(buffer.capacity(), capacity -> new ArrayDeque<>())
                    .addLast(buffer);
        }
    }

    /** Drops what is kept. */
    synchronized void clear() {
        free.clear();
        freeBytes = 0;
        mostLent = lentBytes;
    }

    /** How many buffers have been taken and not given back. */
    synchronized int lent() {
        return lent;
    }

    /** The bytes of the buffers that have been taken and not given back. */
    synchronized long lentBytes() {
        return lentBytes;
    }

    /** The bytes of the buffers that are kept for reuse. */
    synchronized long freeBytes() {
        return freeBytes;
    }

    /** Four sizes to each power of two. */
    static int capacity(int size) {
        if (size <= SMALLEST) {
            return SMALLEST;
        }
        int step = Integer.highestOneBit(size - 1) >>> 2;
        return (int) Math.min(Integer.MAX_VALUE - 8L, ((long) size + step - 1) / step * step);
    }
}
