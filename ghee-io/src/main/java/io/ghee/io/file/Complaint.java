package io.ghee.io.file;

import io.ghee.BadRecordException;
import org.jspecify.annotations.Nullable;

/**
 * The first thing that is wrong with a record. It is kept until all of the record has been read, for only then can the
 * next one be.
 */
final class Complaint {
    private static final int VALUE_SHOWN = 80;

    private @Nullable BadRecordException first;

    void add(BadRecordException problem) {
        if (first == null) {
            first = problem;
        }
    }

    /** Notes a value that does not fit. */
    void misfit(String column, Object value, String expected) {
        if (first == null) {
            String text = String.valueOf(value);
            String shown = text.length() <= VALUE_SHOWN ? text : text.substring(0, VALUE_SHOWN) + "...";
            first = new BadRecordException("column " + column + ": " + shown + " (expected: " + expected + ")");
        }
    }

    boolean isEmpty() {
        return first == null;
    }

    /** Forgets what was wrong. */
    void forget() {
        first = null;
    }

    /** Throws what was wrong, if anything was, and forgets it. */
    void raise() {
        if (first != null) {
            BadRecordException problem = first;
            first = null;
            throw problem;
        }
    }
}
