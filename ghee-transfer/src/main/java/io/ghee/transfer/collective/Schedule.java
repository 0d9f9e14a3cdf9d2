package io.ghee.transfer.collective;

import java.util.Arrays;

/** In which order the parts of an operation's data go out to the right, and come in from the left. */
final class Schedule {
    /** Goes out as it is, without waiting for anything. */
    static final int OWN = -1;

    /** Takes the place of what is there. */
    static final int REPLACE = 0;

    /** Is reduced with what is there. */
    static final int REDUCE = 1;

    private static final int FIELDS = 3;

    private int[] out = new int[FIELDS * 16];
    private int[] in = new int[FIELDS * 16];
    private int outs;
    private int ins;

    void clear() {
        outs = 0;
        ins = 0;
    }

    /**
     * Adds a part that goes out.
     *
     * @param from its first element
     * @param after the incoming part of the same length that it passes on, element by element as they come; or {@link #OWN}
     */
    void out(int from, int count, int after) {
        out = add(out, outs++, from, count, after);
    }

    /**
     * Adds a part that comes in.
     *
     * @param from its first element
     * @param how {@link #REPLACE}, {@link #REDUCE}, or, where more, reduce and divide by that
     */
    void in(int from, int count, int how) {
        in = add(in, ins++, from, count, how);
    }

    private static int[] add(int[] parts, int index, int from, int count, int more) {
        int[] result = parts.length > FIELDS * index ? parts : Arrays.copyOf(parts, 2 * parts.length);
        result[FIELDS * index] = from;
        result[FIELDS * index + 1] = count;
        result[FIELDS * index + 2] = more;
        return result;
    }

    int outs() {
        return outs;
    }

    int outFrom(int index) {
        return out[FIELDS * index];
    }

    int outCount(int index) {
        return out[FIELDS * index + 1];
    }

    int outAfter(int index) {
        return out[FIELDS * index + 2];
    }

    int ins() {
        return ins;
    }

    int inFrom(int index) {
        return in[FIELDS * index];
    }

    int inCount(int index) {
        return in[FIELDS * index + 1];
    }

    int inHow(int index) {
        return in[FIELDS * index + 2];
    }
}
