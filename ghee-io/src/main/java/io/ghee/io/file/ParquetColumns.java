package io.ghee.io.file;

import java.io.IOException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.parquet.CorruptDeltaByteArrays;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/**
 * The rows of columns none of which is nested or repeated: each column is decoded for itself, some rows ahead. Used by one
 * thread.
 */
final class ParquetColumns {
    /** In the order of the components. */
    private final ParquetColumn[] columns;

    /** Rows of the row group that have not been decoded. */
    private long left;

    private int decoded;
    private int next;
    /** Whether one of the rows at hand lacks a value. */
    private boolean nulls;

    private ParquetColumns(ParquetColumn[] columns) {
        this.columns = columns;
    }

    /**
     * The columns of a file; null if they have to be read row by row.
     *
     * @param schema of what is wanted, which fits
     * @param createdBy what wrote the file
     */
    static @Nullable ParquetColumns of(Wanted wanted, Slot[] slots, MessageType schema, @Nullable String createdBy) {
        if (CorruptDeltaByteArrays.requiresSequentialReads(createdBy, Encoding.DELTA_BYTE_ARRAY)) {
            return null;
        }
        ParquetColumn[] columns = new ParquetColumn[slots.length];
        for (Map.Entry<String, Wanted> each : wanted.children().entrySet()) {
            ValueType type = each.getValue().type();
            if (type == null || !schema.getType(each.getKey()).isPrimitive()) {
                return null;
            }
            int slot = each.getValue().slot();
            ParquetColumn column =
                    ParquetColumn.of(schema.getColumnDescription(new String[] {each.getKey()}), type, slots[slot]);
            if (column == null) {
                return null;
            }
            columns[slot] = column;
        }
        return new ParquetColumns(columns);
    }

    /** Goes to the first row of a row group. */
    void start(PageReadStore group) throws IOException {
        left = group.getRowCount();
        decoded = 0;
        next = 0;
        nulls = false;
        for (ParquetColumn column : columns) {
            column.start(group);
        }
    }

    /** Fills the slots with the next row, which there must be. */
    void next() throws IOException {
        if (next == decoded) {
            decode();
        }
        for (ParquetColumn column : columns) {
            column.fill(next);
        }
        next++;
    }

    private void decode() throws IOException {
        int rows = (int) Math.min(ParquetColumn.ROWS, left);
        nulls = false;
        for (ParquetColumn column : columns) {
            column.read(rows);
            nulls |= column.hasNulls(rows);
        }
        left -= rows;
        decoded = rows;
        next = 0;
    }

    /**
     * Takes the next rows of the row group as columns.
     *
     * @param most how many there may be
     * @return for each component an array of its values; none if there are no more rows, or the next one may lack a value
     */
    List<Object> take(int most) throws IOException {
        if (next == decoded && left > 0) {
            decode();
        }
        if (nulls || next == decoded) {
            return List.of();
        }
        int size = (int) Math.min(most, left + decoded - next);
        List<Object> arrays = new ArrayList<>();
        for (ParquetColumn column : columns) {
            arrays.add(Array.newInstance(column.values(), size));
        }
        int rows = 0;
        while (rows < size) {
            if (next == decoded) {
                decode();
                if (nulls) {
                    return cut(arrays, rows);
                }
            }
            int count = Math.min(size - rows, decoded - next);
            for (int k = 0; k < columns.length; k++) {
                columns[k].copyTo(arrays.get(k), rows, next, count);
            }
            next += count;
            rows += count;
        }
        return arrays;
    }

    @SuppressWarnings("SuspiciousSystemArraycopy") // Both are arrays of one type.
    private static List<Object> cut(List<Object> arrays, int rows) {
        List<Object> shorter = new ArrayList<>();
        for (Object each : arrays) {
            Object cut = Array.newInstance(each.getClass().getComponentType(), rows);
            System.arraycopy(each, 0, cut, 0, rows);
            shorter.add(cut);
        }
        return shorter;
    }
}
