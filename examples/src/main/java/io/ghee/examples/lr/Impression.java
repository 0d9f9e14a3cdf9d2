package io.ghee.examples.lr;

import io.ghee.BadRecordException;
import io.ghee.models.HashedExample;

/**
 * What was shown, and if it was clicked: a line of tab-separated text, the label, 0 or 1, and then some fields, which may be
 * empty. The data sets of Criteo come like this.
 *
 * @param line all of it
 * @param hash of it
 */
record Impression(String line, long hash) {
    static final long GOLDEN = 0x9E3779B97F4A7C15L;

    static Impression parse(String line) {
        if (!line.startsWith("0\t") && !line.startsWith("1\t")) {
            throw new BadRecordException("label in \"" + line + "\" (expected: 0 or 1, and a tab)");
        }
        return new Impression(line, hash(0, line, 0, line.length()));
    }

    /** True for the tenth, chosen by hash, that a model is tested on. */
    boolean isTest() {
        return Long.remainderUnsigned(hash, 10) == 0;
    }

    /** The example of it, whose feature ids are less than {@code features}: each field is hashed with its number. */
    HashedExample hashed(int fields, long features) {
        long[] ids = new long[fields];
        int from = 2;
        for (int field = 0; field < fields; field++) {
            int tab = line.indexOf('\t', from);
            int end = tab < 0 ? line.length() : tab;
            if ((tab < 0) != (field == fields - 1)) {
                throw new BadRecordException("fields in \"" + line + "\": "
                        + (tab < 0 ? field + 1 : "more than " + fields) + " (expected: " + fields + ")");
            }
            ids[field] = Long.remainderUnsigned(hash(field + 1, line, from, end), features);
            from = end + 1;
        }
        return new HashedExample(ids, line.charAt(0) - '0');
    }

    private static long hash(long seed, String text, int from, int end) {
        long hash = mix(seed * GOLDEN);
        for (int at = from; at < end; at++) {
            hash = (hash ^ text.charAt(at)) * 0x100000001B3L;
        }
        return mix(hash);
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). */
    static long mix(long z) {
        long x = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        return x ^ x >>> 31;
    }
}
