package io.ghee.io.file;

import io.ghee.Batch;
import io.ghee.InputException;
import io.ghee.columnar.RecordLayout;
import io.ghee.source.BatchReader;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.PrimitiveIterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.filter2.compat.FilterCompat;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.SeekableInputStream;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.RecordMaterializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the row groups of a file whose middle lies in a range, and of them the columns that are wanted. Used by one
 * thread, which closes it.
 */
final class ParquetReader<T> implements BatchReader<T> {
    private final String path;
    private final RecordShape<T> shape;
    private final Complaint complaint = new Complaint();
    private final Slot[] slots;
    private final ParquetFileReader file;
    private final FilterCompat.Filter filter;
    private final MessageColumnIO columns;
    private final Rows rows;
    /** Decodes column by column, where that can be; else the records do, row by row. */
    private final @Nullable ParquetColumns flat;
    /** Of columns that are handed on as they are, if any are. */
    private final @Nullable RecordLayout<T> layout;
    /** Rows before the first one that is read. */
    private final long skipped;

    private @Nullable PageReadStore group;
    private @Nullable RecordReader<Boolean> records;
    private long left;
    /** Rows of the group that have been read, those among them that the filter took out included. */
    private long read;

    /**
     * Takes a range of an open file, and closes it.
     *
     * @param named by component: the column, where it has another name
     * @param columnar hands on columns as they are, where that can be
     * @param place row groups of the range that end before it are left out, if no condition does that
     * @param where what must be true of a row, or null for all rows
     * @throws InputException if the file is no Parquet file, or lacks a column, or has another type for it
     */
    ParquetReader(
            ParquetInput input,
            FileSplit split,
            RecordShape<T> shape,
            Map<String, String> named,
            boolean columnar,
            long place,
            @Nullable Condition where) {
        this.path = split.path();
        this.shape = shape;
        this.slots = shape.slots();
        try {
            SeekableInputStream stream = input.newStream();
            ParquetMetadata footer =
                    ParquetFileReader.readFooter(input, options(split).build(), stream);
            FileMetaData about = footer.getFileMetaData();
            Wanted wanted = Wanted.of(shape, named);
            if (where != null) {
                where.columns().forEach(wanted::alsoRead);
            }
            ParquetReads.Planned planned =
                    new ParquetReads(path, complaint).rows(shape, wanted, slots, about.getSchema());
            this.filter = where == null
                    ? FilterCompat.NOOP
                    : FilterCompat.get(ParquetFilter.of(where, path, about.getSchema()));
            this.rows = new Rows(planned.converter());
            this.flat = where == null ? ParquetColumns.of(wanted, slots, planned.schema(), about.getCreatedBy()) : null;
            this.layout =
                    columnar && flat != null ? RecordLayout.find(shape.type()).orElse(null) : null;
            this.columns = new ColumnIOFactory(about.getCreatedBy()).getColumnIO(planned.schema(), about.getSchema());
            this.file = ParquetFileReader.open(
                    input, footer, options(split).withRecordFilter(filter).build(), stream);
            file.setRequestedSchema(planned.schema());
            this.skipped = where == null ? skipTo(place, file) : 0;
        } catch (IOException | RuntimeException | LinkageError e) {
            input.close();
            throw Damage.of(path, e, "a Parquet file");
        }
    }

    /** Leaves out the row groups before a place, and tells how many rows they have. */
    private static long skipTo(long place, ParquetFileReader file) {
        long rows = 0;
        for (BlockMetaData group : file.getRowGroups()) {
            if (rows + group.getRowCount() > place) {
                break;
            }
            file.skipNextRowGroup();
            rows += group.getRowCount();
        }
        return rows;
    }

    private static ParquetReadOptions.Builder options(FileSplit split) {
        return ParquetReadOptions.builder(new HadoopParquetConfiguration(new Configuration(false)))
                .withRange(split.start(), split.end())
                .usePageChecksumVerification();
    }

    /** Says that a row is there; its values are in the slots. */
    private static final class Rows extends RecordMaterializer<Boolean> {
        private final GroupConverter converter;

        Rows(GroupConverter converter) {
            this.converter = converter;
        }

        @Override
        public Boolean getCurrentRecord() {
            return true;
        }

        @Override
        public GroupConverter getRootConverter() {
            return converter;
        }
    }

    @Override
    public @Nullable T next() {
        if (!advance()) {
            return null;
        }
        complaint.raise();
        return shape.build(slots, "");
    }

    @Override
    public @Nullable Batch<T> nextBatch(int most) {
        if (flat == null || layout == null) {
            return null;
        }
        try {
            if (left == 0 && !nextGroup()) {
                return null;
            }
            List<Object> arrays = flat.take(most);
            if (arrays.isEmpty()) {
                return null;
            }
            Batch<T> batch = Batch.of(layout, layout.columns(arrays));
            left -= batch.size();
            read += batch.size();
            return batch;
        } catch (IOException | RuntimeException | LinkageError e) {
            throw Damage.of(position(), e, "pages as they were written");
        }
    }

    /** Fills the slots with the next row that is wanted; false if there is none. */
    private boolean advance() {
        try {
            while (true) {
                if (left == 0) {
                    if (!nextGroup()) {
                        return false;
                    }
                    continue;
                }
                left--;
                read++;
                if (isRead()) {
                    return true;
                }
                complaint.forget();
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            throw Damage.of(position(), e, "pages as they were written");
        }
    }

    /** Reads a row; false if the filter takes it out. */
    private boolean isRead() throws IOException {
        if (flat != null) {
            flat.next();
            return true;
        }
        return records != null && records.read() != null;
    }

    private boolean nextGroup() throws IOException {
        group = file.readNextFilteredRowGroup();
        if (group == null) {
            return false;
        }
        left = group.getRowCount();
        read = 0;
        if (flat != null) {
            flat.start(group);
        } else {
            records = columns.getRecordReader(group, rows, filter);
        }
        return true;
    }

    @Override
    public long place(long counted) {
        return skipped + counted;
    }

    @Override
    public String position() {
        return group == null ? path : path + ", row " + (1 + row(group));
    }

    /** The index in the file of the row last read. */
    private long row(PageReadStore of) {
        long at = Math.max(0, read - 1);
        long first = of.getRowIndexOffset().orElse(0L);
        if (of.getRowIndexes().isEmpty()) {
            return first + at;
        }
        PrimitiveIterator.OfLong indexes = of.getRowIndexes().get();
        long index = 0;
        for (long k = 0; k <= at && indexes.hasNext(); k++) {
            index = indexes.nextLong();
        }
        return first + index;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
