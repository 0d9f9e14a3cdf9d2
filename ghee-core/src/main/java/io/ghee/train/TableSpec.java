package io.ghee.train;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;

/**
 * What a {@link ParameterTable} is like. A value: every method returns a changed copy.
 *
 * @param rows how many there are; ids are from 0 to {@code rows - 1}
 * @param width floats of a row
 * @param optimizer makes the steps
 * @param staleness by how many steps a rank may be ahead of the slowest; 0 if they are to keep step
 * @param spread rows begin with values that are even between it and its negative, drawn for each id; 0 for zeros
 * @param seed of these
 */
public record TableSpec(long rows, int width, RowOptimizer optimizer, int staleness, float spread, long seed)
        implements Serializable {
    public TableSpec {
        check(rows >= 1 && rows <= 1L << 40, "rows", rows, ">= 1 and <= 2^40");
        check(width >= 1 && width <= 1 << 12, "floats of a row", width, ">= 1 and <= 4096");
        check(staleness >= 0, "staleness", staleness, ">= 0");
        check(spread >= 0 && Float.isFinite(spread), "spread", spread, ">= 0");
    }

    /** Rows that begin with zeros, of ranks that keep step. */
    public static TableSpec of(long rows, int width, RowOptimizer optimizer) {
        return new TableSpec(rows, width, optimizer, 0, 0, 0);
    }

    /** A rank may be {@code steps} ahead of the slowest. */
    public TableSpec staleness(int steps) {
        return new TableSpec(rows, width, optimizer, steps, spread, seed);
    }

    /** Rows begin with random values between {@code -spread} and {@code spread}, the same for the same seed on any number of ranks. */
    public TableSpec startingWithin(float most, long ofSeed) {
        return new TableSpec(rows, width, optimizer, staleness, most, ofSeed);
    }
}
