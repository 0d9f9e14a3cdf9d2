package io.ghee.train;

/**
 * The order in which the ranks' values of an element are reduced. Sums of floating point numbers depend on it; so all engines
 * that promise the same result keep to this one, which is that of a ring: beginning with some rank, and from there on round.
 */
public final class ReductionOrder {
    /** Up to so many bytes are reduced beginning with rank 0. */
    public static final int SMALL_BYTES = 1 << 12;

    /**
     * More are taken in blocks of so many bytes for each rank. Each block is cut into as many equal parts as there are ranks,
     * and part {@code k} is reduced beginning with rank {@code k}.
     */
    public static final int PART_BYTES = 1 << 18;

    private ReductionOrder() {}

    /**
     * The rank that an {@link Collective#allReduce} begins with.
     *
     * @param index of the element, of {@code count}
     * @param width bytes of an element
     */
    public static int first(int index, int count, int width, int ranks) {
        if ((long) count * width <= SMALL_BYTES) {
            return 0;
        }
        int block = ranks * (PART_BYTES / width);
        int start = index / block * block;
        int length = Math.min(block, count - start);
        int part = (int) ((long) (index - start) * ranks / length);
        // Parts begin at length * k / ranks, rounded down.
        while (part + 1 < ranks && (long) length * (part + 1) / ranks <= index - start) {
            part++;
        }
        return part;
    }
}
