package io.ghee.columnar;

import java.nio.ByteBuffer;
import java.util.List;

/** The columns of a batch, and the one buffer they lie in. Read-only by convention; not thread-safe. */
public final class Columns {
    private final int rows;
    private final List<Column> columns;
    private final ByteBuffer encoded;

    Columns(int rows, List<Column> columns, ByteBuffer encoded) {
        this.rows = rows;
        this.columns = columns;
        this.encoded = encoded;
    }

    public int rows() {
        return rows;
    }

    /** All columns, in the order of the record's components. */
    public List<Column> all() {
        return columns;
    }

    /** The column of a record component. */
    public Column column(String component) {
        for (Column column : columns) {
            if (column.name().equals(component)) {
                return column;
            }
        }
        throw new IllegalArgumentException("no column " + component + " (expected: one of "
                + columns.stream().map(Column::name).toList() + ")");
    }

    /** The bytes that {@link RecordLayout#columns} reads: what crosses the wire. */
    public ByteBuffer encoded() {
        return encoded.duplicate();
    }
}
