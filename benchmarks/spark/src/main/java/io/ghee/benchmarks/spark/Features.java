package io.ghee.benchmarks.spark;

/** The features of a rating, computed as the movielens job of ghee computes them. */
final class Features {
    static final int WIDTH = 7;
    private static final int USERS = 8192;
    private static final int ITEMS = 4096;
    private static final int BUCKETS = 8192;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final int rounds;

    Features(int rounds) {
        this.rounds = rounds;
    }

    private static long mix(long z) {
        long x = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }

    /** True for the tenth of the ratings that is held out. */
    static boolean isTest(int user, int item, long timestamp) {
        long h = mix(mix(mix(user + GOLDEN) + item) + timestamp);
        return (h >>> 32) % 10 == 0;
    }

    /** Six features and the rating, into a batch. */
    void cross(int user, int item, int rating, long time, int[] into, int at) {
        long x0 = start(0, item, time / 3600 % 24);
        long x1 = start(1, user, time / 86400 % 7);
        long x2 = start(2, user, item % 32);
        long x3 = start(3, item, user % 32);
        for (int round = 0; round < rounds; round++) {
            x0 = mix(x0 + GOLDEN);
            x1 = mix(x1 + GOLDEN);
            x2 = mix(x2 + GOLDEN);
            x3 = mix(x3 + GOLDEN);
        }
        into[at] = user;
        into[at + 1] = USERS + item;
        into[at + 2] = id(0, x0);
        into[at + 3] = id(1, x1);
        into[at + 4] = id(2, x2);
        into[at + 5] = id(3, x3);
        into[at + 6] = rating;
    }

    private static long start(int cross, long a, long b) {
        return mix(mix(a + (cross + 1) * GOLDEN) + b);
    }

    private static int id(int cross, long x) {
        return USERS + ITEMS + BUCKETS * cross + (int) (x >>> 32 & BUCKETS - 1);
    }
}
