package io.ghee.io.file;

import java.io.Serializable;

/**
 * What starts at a byte of {@code [start, end)} of a file.
 *
 * @param end exclusive; {@link #WHOLE} for a file that is read from its start to its end, however long it is
 */
record FileSplit(String path, long start, long end) implements Serializable {
    static final long WHOLE = Long.MAX_VALUE;

    FileSplit(String path) {
        this(path, 0, WHOLE);
    }

    String describe() {
        return end == WHOLE ? path : path + "[" + start + ", " + end + ")";
    }
}
