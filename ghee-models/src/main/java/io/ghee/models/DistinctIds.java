package io.ghee.models;

import io.ghee.BadRecordException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * Finds the distinct ids of a batch, in rising order so that the rows they name are read in the order they lie in, and for
 * every id its place among them. Reuses its buffers: what it returns is valid until the next call.
 */
final class DistinctIds {
    private final long[] present;
    private final int[] place;
    private ByteBuffer distinct = direct(0);
    private ByteBuffer inverse = direct(0);
    private int count;

    /** For ids from 0 to {@code ids - 1}. */
    DistinctIds(int ids) {
        present = new long[(ids + 63) / 64];
        place = new int[ids];
    }

    /**
     * Takes the ids of a batch.
     *
     * @throws BadRecordException if one is out of range
     */
    void take(IntBuffer ids) {
        int n = ids.remaining();
        if (inverse.capacity() < 4 * n) {
            inverse = direct(4 * n);
            distinct = direct(8 * n);
        }
        for (int k = 0; k < n; k++) {
            int id = ids.get(k);
            if (id < 0 || id >= place.length) {
                throw new BadRecordException("feature id: " + id + " (expected: >= 0 and < " + place.length + ")");
            }
            present[id >> 6] |= 1L << id;
        }
        enumerate(distinct.clear().asLongBuffer());
        IntBuffer places = inverse.clear().asIntBuffer();
        for (int k = 0; k < n; k++) {
            places.put(k, place[ids.get(k)]);
        }
        inverse.limit(4 * n);
        distinct.limit(8 * count);
    }

    private void enumerate(LongBuffer found) {
        count = 0;
        for (int word = 0; word < present.length; word++) {
            for (long bits = present[word]; bits != 0; bits &= bits - 1) {
                int id = (word << 6) + Long.numberOfTrailingZeros(bits);
                place[id] = count;
                found.put(count++, id);
            }
            present[word] = 0;
        }
    }

    int count() {
        return count;
    }

    /** The distinct ids, int64, rising. */
    ByteBuffer distinct() {
        return distinct.slice().order(ByteOrder.nativeOrder());
    }

    /** The place of every id of the batch in {@link #distinct}, int32. */
    ByteBuffer inverse() {
        return inverse.slice().order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
