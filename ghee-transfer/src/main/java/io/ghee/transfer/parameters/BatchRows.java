package io.ghee.transfer.parameters;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.train.ParameterTable;
import io.ghee.train.TableSpec;
import java.util.Arrays;

/** The different rows of the ids of a batch, sorted by the server that has them and their place there. */
final class BatchRows implements ParameterTable.Rows {
    private static final int DIGIT_BITS = 11;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private final TableSpec spec;
    private final int servers;
    /** How many bits a place at a server takes. */
    private final int rowBits;
    /** How many bits the server and the place take. */
    private final int keyBits;

    private final int[] starts;
    private long[] keys = {};
    private long[] spare = {};
    private int[] places = {};
    private int[] rows = {};
    private float[] values = {};
    private float[] gradients = {};
    private int count;

    BatchRows(TableSpec spec, int servers) {
        this.spec = spec;
        this.servers = servers;
        rowBits = Long.SIZE - Long.numberOfLeadingZeros((spec.rows() - 1) / servers);
        keyBits = rowBits + Integer.SIZE - Integer.numberOfLeadingZeros(servers - 1);
        starts = new int[servers + 1];
    }

    /** Sorts the ids of another batch. */
    void of(long[] ids, int all) {
        reserve(all);
        int placeBits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(0, all - 1));
        if (keyBits + placeBits >= Long.SIZE) {
            throw new ConfigurationException(
                    all + " ids of a batch in a table of " + spec.rows() + " rows (expected: fewer ids)");
        }
        for (int k = 0; k < all; k++) {
            long id = ids[k];
            if (id < 0 || id >= spec.rows()) {
                throw new BadRecordException("feature id: " + id + " (expected: >= 0 and < " + spec.rows() + ")");
            }
            keys[k] = (id % servers << rowBits | id / servers) << placeBits | k;
        }
        sort(all, placeBits);
        count = 0;
        Arrays.fill(starts, 0);
        long last = -1;
        for (int k = 0; k < all; k++) {
            long key = keys[k] >>> placeBits;
            if (key != last) {
                rows[count++] = (int) (key & (1L << rowBits) - 1);
                starts[(int) (key >>> rowBits) + 1] = count;
                last = key;
            }
            places[(int) (keys[k] & (1L << placeBits) - 1)] = count - 1;
        }
        for (int server = 1; server <= servers; server++) {
            starts[server] = Math.max(starts[server], starts[server - 1]);
        }
        Arrays.fill(gradients, 0, count * spec.width(), 0);
    }

    private void reserve(int all) {
        if (keys.length < all) {
            int room = all + all / 4;
            long floats = (long) room * spec.width();
            if (floats > Integer.MAX_VALUE - 8) {
                throw new ConfigurationException(
                        "ids of a batch x floats of a row: " + all + " x " + spec.width() + " (expected: < 2^31)");
            }
            keys = new long[room];
            spare = new long[room];
            places = new int[room];
            rows = new int[room];
            values = new float[(int) floats];
            gradients = new float[(int) floats];
        }
    }

    /** By the key alone, from its lowest digit to its highest. */
    private void sort(int all, int placeBits) {
        int[] ends = new int[DIGITS];
        for (int from = placeBits; from < placeBits + keyBits; from += DIGIT_BITS) {
            Arrays.fill(ends, 0);
            for (int k = 0; k < all; k++) {
                ends[(int) (keys[k] >>> from) & DIGITS - 1]++;
            }
            for (int digit = 1; digit < DIGITS; digit++) {
                ends[digit] += ends[digit - 1];
            }
            for (int k = all - 1; k >= 0; k--) {
                spare[--ends[(int) (keys[k] >>> from) & DIGITS - 1]] = keys[k];
            }
            long[] sorted = spare;
            spare = keys;
            keys = sorted;
        }
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public int[] places() {
        return places;
    }

    @Override
    public float[] values() {
        return values;
    }

    @Override
    public float[] gradients() {
        return gradients;
    }

    /** Where each row is at its server. */
    int[] rows() {
        return rows;
    }

    /** The first of the rows that a server has; those of the last one end with {@code start(servers)}. */
    int start(int server) {
        return starts[server];
    }
}
