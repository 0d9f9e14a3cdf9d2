package io.ghee.io.file;

import org.jspecify.annotations.Nullable;

/**
 * Holds the value of one component, or of one element of a list, while a record is put together. Numbers and booleans
 * are bits, and are boxed only where the record wants them so.
 */
class Slot {
    private boolean filled;
    private long bits;
    private @Nullable Object value;

    /** Takes out the value: what is not filled again is null. */
    final void clear() {
        filled = false;
        value = null;
    }

    /** Fills in a boolean (0 or 1), an integer, or a float or double as its raw bits. */
    void fillBits(long newBits) {
        filled = true;
        bits = newBits;
    }

    /** Fills in any other value. */
    void fill(Object newValue) {
        filled = true;
        value = newValue;
    }

    final boolean isFilled() {
        return filled;
    }

    final long bits() {
        return bits;
    }

    /** The value of a component that is neither number nor boolean. */
    final @Nullable Object value() {
        return value;
    }

    /** The value as an object of {@code kind}. */
    final @Nullable Object boxed(ValueType.Kind kind) {
        if (!filled) {
            return null;
        }
        return switch (kind) {
            case BOOLEAN -> bits != 0;
            case BYTE -> (byte) bits;
            case SHORT -> (short) bits;
            case INT -> (int) bits;
            case LONG -> bits;
            case FLOAT -> Float.intBitsToFloat((int) bits);
            case DOUBLE -> Double.longBitsToDouble(bits);
            default -> value;
        };
    }
}
