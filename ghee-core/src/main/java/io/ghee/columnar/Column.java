package io.ghee.columnar;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One component of all the records of a batch.
 *
 * <p>A column is <em>dense</em> when every row has the same number of elements, {@link #width}: 1 for a primitive, the
 * length for arrays of equal lengths other than 0. Then {@link #bytes} is a row-major [rows, width] array, ready to be a tensor.
 * Otherwise row {@code i} is the elements from {@code offset(i)} to {@code offset(i + 1)}.
 */
public final class Column {
    /** The width of a column whose rows differ in length. */
    static final int RAGGED = -1;

    private final String name;
    private final ColumnKind kind;
    private final int rows;
    private final int width;
    private final @Nullable IntBuffer offsets;
    private final @Nullable IntBuffer textOffsets;
    final ByteBuffer data;

    Column(
            String name,
            ColumnKind kind,
            int rows,
            int width,
            @Nullable IntBuffer offsets,
            @Nullable IntBuffer textOffsets,
            ByteBuffer data) {
        this.name = name;
        this.kind = kind;
        this.rows = rows;
        this.width = width;
        this.offsets = offsets;
        this.textOffsets = textOffsets;
        this.data = data;
    }

    public String name() {
        return name;
    }

    public ColumnKind kind() {
        return kind;
    }

    public int rows() {
        return rows;
    }

    /** True if every row has {@link #width} elements, at least one. True too if there are no rows. */
    public boolean isDense() {
        return width != RAGGED;
    }

    /** Elements of each row. Fails on a ragged column, naming the first row that differs. */
    public int width() {
        if (!isDense()) {
            int first = rows == 0 ? 0 : offset(1) - offset(0);
            for (int row = 1; row < rows; row++) {
                int length = offset(row + 1) - offset(row);
                if (length != first) {
                    throw new io.ghee.BadRecordException("column " + name + ": row " + row + " of the batch has "
                            + length + " elements (expected: " + first + " as in row 0)");
                }
            }
            return first;
        }
        return width;
    }

    /** The index of the first element of {@code row}. */
    int offset(int row) {
        return offsets == null ? row * width : offsets.get(row);
    }

    /** The first byte of string element {@code element}. */
    int textOffset(int element) {
        if (textOffsets == null) {
            throw new IllegalStateException("column " + name + " of " + kind + " (expected: STRING)");
        }
        return textOffsets.get(element);
    }

    /**
     * All elements, in order: a direct buffer in little-endian order whose position is 0 and whose limit is its exact
     * length. Valid as long as the batch.
     */
    public ByteBuffer bytes() {
        return data.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    }

    public IntBuffer ints() {
        return as(ColumnKind.INT).asIntBuffer();
    }

    public LongBuffer longs() {
        return as(ColumnKind.LONG).asLongBuffer();
    }

    public FloatBuffer floats() {
        return as(ColumnKind.FLOAT).asFloatBuffer();
    }

    public DoubleBuffer doubles() {
        return as(ColumnKind.DOUBLE).asDoubleBuffer();
    }

    private ByteBuffer as(ColumnKind wanted) {
        if (kind != wanted) {
            throw new IllegalArgumentException("column " + name + " of " + kind + " (expected: " + wanted + ")");
        }
        return bytes();
    }

    @Override
    public String toString() {
        return name + ":" + kind + "[" + rows + (isDense() ? ", " + width : ", ragged") + "]";
    }
}
