package io.ghee.run;

import io.ghee.channel.Origins;
import io.ghee.plan.Plan;
import io.ghee.source.UnboundedSource;

/**
 * What of a source is settled as a whole: when nothing of a unit is under way any more, its records need not be known one by
 * one. A split is one, if it ends; of others, each stretch of 65,536 places.
 *
 * @param bits how many of the lower bits of a record's {@link Origins#id} count within a unit
 */
record Units(int bits) {
    private static final int WHOLE_SPLIT = 40;
    private static final int STRETCH = 16;

    static Units of(Plan plan) {
        return new Units(plan.source() instanceof UnboundedSource ? STRETCH : WHOLE_SPLIT);
    }

    /** The unit of a record. */
    long of(long id) {
        return id >>> bits;
    }

    /** The unit of a place. */
    long of(int split, long place) {
        return place >= Origins.MAX_RECORDS ? first(split + 1) : of(Origins.id(split, place));
    }

    /** The first unit of a split. */
    long first(int split) {
        return of(Origins.id(split, 0));
    }

    int split(long unit) {
        return (int) (unit >>> (WHOLE_SPLIT - bits));
    }

    /** Where a unit begins in a split, or {@link Origins#MAX_RECORDS} if it is behind the last one of it. */
    long place(int split, long unit) {
        return (unit - first(split)) << bits;
    }

    /** A unit of an epoch as one number. */
    static long key(int epoch, long unit) {
        return (long) epoch << 48 | unit;
    }

    static int epoch(long key) {
        return (int) (key >>> 48);
    }
}
