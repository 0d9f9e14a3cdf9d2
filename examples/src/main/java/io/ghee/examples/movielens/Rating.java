package io.ghee.examples.movielens;

import io.ghee.BadRecordException;

/**
 * A rating as MovieLens publishes it: {@code u.data} (tab), {@code ratings.dat} (::) or {@code ratings.csv} (comma).
 *
 * @param rating stars, 0.5 to 5
 * @param timestamp seconds since 1970
 */
record Rating(int user, int item, float rating, long timestamp) {
    /** The first line of {@code ratings.csv}. */
    static final String HEADER = "userId,movieId,rating,timestamp";

    /** Reads a line. */
    static Rating parse(String line) {
        String separator = line.indexOf('\t') >= 0 ? "\t" : line.contains("::") ? "::" : ",";
        int skip = separator.length();
        int a = line.indexOf(separator);
        int b = a < 0 ? -1 : line.indexOf(separator, a + skip);
        int c = b < 0 ? -1 : line.indexOf(separator, b + skip);
        if (c < 0) {
            throw new BadRecordException("too few fields in \"" + line + "\" (expected: user, item, rating, timestamp"
                    + " separated by tab, :: or comma)");
        }
        try {
            return new Rating(
                    Integer.parseInt(line, 0, a, 10),
                    Integer.parseInt(line, a + skip, b, 10),
                    stars(line, b + skip, c),
                    Long.parseLong(line, c + skip, line.length(), 10));
        } catch (NumberFormatException e) {
            throw new BadRecordException(
                    "no number in \"" + line + "\" (expected: whole user, item and timestamp, and a"
                            + " rating from 0.5 to 5)",
                    e);
        }
    }

    private static float stars(String line, int from, int to) {
        int whole = line.charAt(from) - '0';
        float stars = to - from == 1 && whole >= 0 && whole <= 9 ? whole : Float.parseFloat(line.substring(from, to));
        if (!(stars >= 0.5f && stars <= 5)) {
            throw new BadRecordException("rating: " + line.substring(from, to) + " (expected: 0.5 to 5)");
        }
        return stars;
    }

    /** True for the tenth of the ratings, chosen by hash, that a model is tested on. */
    boolean isTest() {
        return isTest(user, item, timestamp);
    }

    static boolean isTest(int user, int item, long timestamp) {
        long h = Features.mix(Features.mix(Features.mix(user + Features.GOLDEN) + item) + timestamp);
        return (h >>> 32) % 10 == 0;
    }
}
