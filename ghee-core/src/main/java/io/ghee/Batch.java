package io.ghee;

import io.ghee.columnar.Columns;
import io.ghee.columnar.RecordLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some records that travel together. It has two faces, each made from the other when first asked for: the
 * {@link #records} one by one, and the {@link #columns} that become tensors without a copy.
 *
 * <p>Not thread-safe. A batch belongs to the stage that received it; whoever keeps records keeps the records, not the
 * batch: its columns may lie in a buffer that is used again for the next one.
 *
 * @param <T> the records
 */
public final class Batch<T> implements Iterable<T> {
    private final int size;
    private final boolean padding;
    private @Nullable List<T> records;
    private @Nullable Columns columns;
    private @Nullable RecordLayout<T> layout;

    private Batch(
            int size,
            boolean padding,
            @Nullable List<T> records,
            @Nullable Columns columns,
            @Nullable RecordLayout<T> layout) {
        this.size = size;
        this.padding = padding;
        this.records = records;
        this.columns = columns;
        this.layout = layout;
    }

    /** A batch of these records; the list is not copied and must not change any more. */
    public static <T> Batch<T> of(List<T> records) {
        return new Batch<>(records.size(), false, records, null, null);
    }

    /** A batch that only fills up; see {@link #isPadding}. */
    public static <T> Batch<T> padding(List<T> records) {
        return new Batch<>(records.size(), true, records, null, null);
    }

    /** A batch of the rows of {@code columns}. */
    public static <T> Batch<T> of(RecordLayout<T> layout, Columns columns) {
        return new Batch<>(columns.rows(), false, null, columns, layout);
    }

    /** The same batch for another thread: what it has already is shared, what it makes of that is its own. */
    public Batch<T> share() {
        return new Batch<>(size, padding, records, columns, layout);
    }

    /** The same batch, in memory of its own if it lies in a buffer that is used again. */
    public Batch<T> detach() {
        if (columns == null || layout == null) {
            return this;
        } else if (records != null) {
            return new Batch<>(size, padding, records, null, layout);
        }
        ByteBuffer from = columns.encoded();
        ByteBuffer copy = ByteBuffer.allocateDirect(from.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(from).flip();
        return new Batch<>(size, padding, null, layout.columns(copy), layout);
    }

    public int size() {
        return size;
    }

    /**
     * True if this batch is there only so that all ranks of a train stage take the same number of steps in an epoch: its one
     * record is a copy of one that some rank has been given. A train function takes part in what the ranks do together, and
     * gives the batch the weight 0.
     */
    public boolean isPadding() {
        return padding;
    }

    /** The records in order. Strings and arrays in them are copies, so that they outlive the batch. */
    public List<T> records() {
        if (records == null) {
            if (layout == null || columns == null) {
                throw new IllegalStateException("a batch has records or columns");
            }
            records = layout.records(columns);
        }
        return records;
    }

    /**
     * The batch column by column.
     *
     * @throws ConfigurationException if the records are no Java records of primitives, strings and arrays of them
     * @throws BadRecordException if a string or array in a record is null
     */
    public Columns columns() {
        if (columns == null) {
            RecordLayout<T> of = layout();
            columns = of.columns(of.encode(records()));
        }
        return columns;
    }

    /** True if the columns are there already, and cost nothing to ask for. */
    public boolean isColumnar() {
        return columns != null;
    }

    /** The layout of the records: their record class and its columns. */
    @SuppressWarnings("unchecked")
    public RecordLayout<T> layout() {
        if (layout == null) {
            List<T> rows = records();
            if (rows.isEmpty()) {
                throw new IllegalStateException("an empty batch of unknown records has no columns");
            }
            layout = RecordLayout.of((Class<T>) rows.get(0).getClass());
        }
        return layout;
    }

    @Override
    public Iterator<T> iterator() {
        return records().iterator();
    }

    @Override
    public String toString() {
        return "Batch[" + size + (columns == null ? " records]" : " rows]");
    }
}
