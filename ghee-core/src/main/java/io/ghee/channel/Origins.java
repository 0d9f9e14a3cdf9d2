package io.ghee.channel;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which records of the source the rows of a batch came from: what makes it possible to say, after a fault, exactly which
 * records have arrived.
 *
 * <p>A record of the source has a number, its {@link #id}: the split in the upper 24 bits, its place in the split in the
 * lower 40. The epoch is that of the batch. Where one record can become several that go separate ways (by a flatMap, by a
 * broadcast), each has a {@code path} that tells them apart; it is 0 where the record is still one.
 *
 * <p>Usually there is an origin for each row. Behind a function that made another number of rows of a batch, the origins
 * are those of the batch as a whole, and it cannot be taken apart; see {@link #rows}. Immutable, but for the arrays, which
 * must not be changed.
 */
public final class Origins {
    /** Splits of one pass, at most. */
    public static final int MAX_SPLITS = 1 << 24;

    /** Records of one split, at most. */
    public static final long MAX_RECORDS = 1L << 40;

    /** Nothing is known, or there is nothing. */
    public static final Origins NONE = new Origins(new long[0], null);

    private final long[] ids;
    private final long @Nullable [] paths;

    private Origins(long[] ids, long @Nullable [] paths) {
        this.ids = ids;
        this.paths = paths;
    }

    /**
     * Origins of rows.
     *
     * @param ids of each row
     * @param paths of each row, or null if all are 0
     */
    public static Origins of(long[] ids, long @Nullable [] paths) {
        return new Origins(ids, paths);
    }

    /** The number of a record of a split. */
    public static long id(int split, long record) {
        return (long) split << 40 | record;
    }

    /** The split of an {@link #id}. */
    public static int split(long id) {
        return (int) (id >>> 40);
    }

    /** The place in its split of an {@link #id}. */
    public static long record(long id) {
        return id & MAX_RECORDS - 1;
    }

    /** How many origins there are: as many as the batch has rows, unless they are those of the batch as a whole. */
    public int rows() {
        return ids.length;
    }

    public long id(int row) {
        return ids[row];
    }

    public long path(int row) {
        return paths == null ? 0 : paths[row];
    }

    public long[] ids() {
        return ids;
    }

    /** The paths, or null if all are 0. */
    public long @Nullable [] paths() {
        return paths;
    }

    @Override
    public String toString() {
        return "Origins" + Arrays.toString(ids) + (paths == null ? "" : Arrays.toString(paths));
    }
}
