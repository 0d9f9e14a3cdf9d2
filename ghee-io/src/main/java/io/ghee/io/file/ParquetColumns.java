package io.ghee.io.file;

import java.io.IOException;
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
    private final ParquetColumn[] columns;
    /** Rows of the row group that have not been decoded. */
    private long left;

    private int decoded;
    private int next;

    private ParquetColumns(List<ParquetColumn> columns) {
        this.columns = columns.toArray(ParquetColumn[]::new);
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
        List<ParquetColumn> columns = new ArrayList<>();
        for (Map.Entry<String, Wanted> each : wanted.children().entrySet()) {
            ValueType type = each.getValue().type();
            if (type == null || !schema.getType(each.getKey()).isPrimitive()) {
                return null;
            }
            ParquetColumn column = ParquetColumn.of(
                    schema.getColumnDescription(new String[] {each.getKey()}),
                    type,
                    slots[each.getValue().slot()]);
            if (column == null) {
                return null;
            }
            columns.add(column);
        }
        return new ParquetColumns(columns);
    }

    /** Goes to the first row of a row group. */
    void start(PageReadStore group) throws IOException {
        left = group.getRowCount();
        decoded = 0;
        next = 0;
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
        for (ParquetColumn column : columns) {
            column.read(rows);
        }
        left -= rows;
        decoded = rows;
        next = 0;
    }
}
