package io.ghee.io.file;

import io.ghee.InputException;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.Map;
import java.util.PrimitiveIterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.filter2.compat.FilterCompat;
import org.apache.parquet.hadoop.ParquetFileReader;
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
final class ParquetReader<T> implements SplitReader<T> {
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

    private @Nullable PageReadStore group;
    private @Nullable RecordReader<Boolean> records;
    private long left;
    /** Rows of the group that have been read, those among them that the filter took out included. */
    private long read;

    /**
     * Takes a range of an open file, and closes it.
     *
     * @param named by component: the column, where it has another name
     * @param where what must be true of a row, or null for all rows
     * @throws InputException if the file is no Parquet file, or lacks a column, or has another type for it
     */
    ParquetReader(
            ParquetInput input,
            FileSplit split,
            RecordShape<T> shape,
            Map<String, String> named,
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
            this.columns = new ColumnIOFactory(about.getCreatedBy()).getColumnIO(planned.schema(), about.getSchema());
            this.file = ParquetFileReader.open(
                    input, footer, options(split).withRecordFilter(filter).build(), stream);
            file.setRequestedSchema(planned.schema());
        } catch (IOException | RuntimeException | LinkageError e) {
            input.close();
            throw Damage.of(path, e, "a Parquet file");
        }
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
