package io.ghee.io.file;

import io.ghee.BadRecordException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Collects the elements of a list or an array while a record is put together. */
final class Elements {
    private final ValueType list;
    private final ValueType element;
    private final String column;
    private final Slot into;
    private final Complaint complaint;
    private final Slot slot = new Slot();
    private long[] bits = new long[16];
    private int count;
    private List<Object> objects = new ArrayList<>();

    /**
     * Collects into a slot.
     *
     * @param column for messages
     * @param complaint told of elements that do not fit
     */
    Elements(ValueType list, String column, Slot into, Complaint complaint) {
        this.list = list;
        this.element = list.elements();
        this.column = column;
        this.into = into;
        this.complaint = complaint;
    }

    /** Where an element is to be filled in, before {@link #add}. */
    Slot slot() {
        return slot;
    }

    /** Starts a list. */
    void begin() {
        count = 0;
        objects.clear();
        slot.clear();
    }

    /** Adds what is in the slot, and empties it. */
    void add() {
        if (element.raw().isPrimitive()) {
            if (!slot.isFilled()) {
                complaint.add(new BadRecordException(
                        "column " + column + ": null as element " + count + " (expected: " + element + ")"));
            }
            if (count == bits.length) {
                bits = Arrays.copyOf(bits, 2 * count);
            }
            bits[count++] = slot.bits();
        } else {
            objects.add(slot.boxed(element.kind()));
        }
        slot.clear();
    }

    /** Ends the list and fills it in. */
    void end() {
        if (list.raw() == List.class) {
            into.fill(objects);
            objects = new ArrayList<>();
        } else if (element.raw().isPrimitive()) {
            into.fill(array());
        } else {
            into.fill(objects.toArray(new String[0]));
        }
    }

    private Object array() {
        Object array = Array.newInstance(element.raw(), count);
        switch (element.kind()) {
            case BOOLEAN -> fill((boolean[]) array);
            case BYTE -> throw new IllegalStateException("byte[] is a value of its own");
            case SHORT -> fill((short[]) array);
            case INT -> fill((int[]) array);
            case LONG -> System.arraycopy(bits, 0, array, 0, count);
            case FLOAT -> fill((float[]) array);
            case DOUBLE -> fill((double[]) array);
            default -> throw new IllegalStateException("array of " + element);
        }
        return array;
    }

    private void fill(boolean[] array) {
        for (int k = 0; k < count; k++) {
            array[k] = bits[k] != 0;
        }
    }

    private void fill(short[] array) {
        for (int k = 0; k < count; k++) {
            array[k] = (short) bits[k];
        }
    }

    private void fill(int[] array) {
        for (int k = 0; k < count; k++) {
            array[k] = (int) bits[k];
        }
    }

    private void fill(float[] array) {
        for (int k = 0; k < count; k++) {
            array[k] = Float.intBitsToFloat((int) bits[k]);
        }
    }

    private void fill(double[] array) {
        for (int k = 0; k < count; k++) {
            array[k] = Double.longBitsToDouble(bits[k]);
        }
    }
}
