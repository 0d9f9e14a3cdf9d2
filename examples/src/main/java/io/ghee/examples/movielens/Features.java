package io.ghee.examples.movielens;

import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.columnar.Columns;
import io.ghee.models.Example;
import java.io.Serializable;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes features of ratings: the user, the item, and four hashed crosses of them with each other and the time.
 *
 * @param users user ids are less
 * @param items item ids are less
 * @param rounds how often each hash is mixed again: the cost of preprocessing, and nothing else
 */
record Features(int users, int items, int rounds) implements Serializable {
    static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int BUCKETS = 8192;
    private static final int CROSSES = 4;

    Features {
        ConfigurationException.check(users >= 1, "users", users, ">= 1");
        ConfigurationException.check(items >= 1, "items", items, ">= 1");
        ConfigurationException.check(rounds >= 0, "preprocess rounds", rounds, ">= 0");
    }

    /** How many feature ids there are. */
    int ids() {
        return users + items + CROSSES * BUCKETS;
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
    static long mix(long z) {
        long x = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }

    /** The example of a rating. */
    Example cross(Rating rating) {
        return example(rating.user(), rating.item(), rating.rating(), rating.timestamp());
    }

    /** The examples of those ratings of a batch that no model is tested on; of its columns, no rating is made. */
    List<Example> crossed(Batch<Rating> batch) {
        Columns columns = batch.columns();
        IntBuffer userColumn = columns.column("user").ints();
        IntBuffer itemColumn = columns.column("item").ints();
        FloatBuffer ratingColumn = columns.column("rating").floats();
        LongBuffer timeColumn = columns.column("timestamp").longs();
        List<Example> examples = new ArrayList<>(batch.size());
        for (int row = 0; row < batch.size(); row++) {
            int user = userColumn.get(row);
            int item = itemColumn.get(row);
            long time = timeColumn.get(row);
            if (!Rating.isTest(user, item, time)) {
                examples.add(example(user, item, ratingColumn.get(row), time));
            }
        }
        return examples;
    }

    private Example example(int user, int item, float rating, long time) {
        if (user < 0 || user >= users) {
            throw new BadRecordException(
                    "user: " + user + " (expected: 0 to " + (users - 1) + "; --users N widens it)");
        }
        if (item < 0 || item >= items) {
            throw new BadRecordException(
                    "item: " + item + " (expected: 0 to " + (items - 1) + "; --items N widens it)");
        }
        long x0 = start(0, item, time / 3600 % 24);
        long x1 = start(1, user, time / 86400 % 7);
        long x2 = start(2, user, item % 32);
        long x3 = start(3, item, user % 32);
        // All four side by side: each chain waits for its own multiplications only.
        for (int round = 0; round < rounds; round++) {
            x0 = mix(x0 + GOLDEN);
            x1 = mix(x1 + GOLDEN);
            x2 = mix(x2 + GOLDEN);
            x3 = mix(x3 + GOLDEN);
        }
        int[] features = {user, users + item, id(0, x0), id(1, x1), id(2, x2), id(3, x3)};
        return new Example(features, rating);
    }

    private static long start(int cross, long a, long b) {
        return mix(mix(a + (cross + 1) * GOLDEN) + b);
    }

    private int id(int cross, long x) {
        return users + items + BUCKETS * cross + (int) (x >>> 32 & BUCKETS - 1);
    }

    /** The sum of all features and whole stars of a batch: tells whether the right rows have come. */
    static long rowSum(Batch<Example> batch) {
        Columns columns = batch.columns();
        IntBuffer features = columns.column("features").ints();
        FloatBuffer labels = columns.column("label").floats();
        long sum = 0;
        for (int k = 0; k < features.limit(); k++) {
            sum += features.get(k);
        }
        for (int row = 0; row < labels.limit(); row++) {
            sum += (int) labels.get(row);
        }
        return sum;
    }
}
