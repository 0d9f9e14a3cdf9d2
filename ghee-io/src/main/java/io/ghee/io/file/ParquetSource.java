package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.DataSize;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of Parquet files; made by {@link Parquet#read}. Immutable: the methods return the same source with one option
 * more.
 *
 * @param <T> the record class
 */
public final class ParquetSource<T extends Record> implements BoundedSource<T> {
    private final Location location;
    private final Class<T> type;
    private final Options options;

    /**
     * How files are read.
     *
     * @param columns by component
     */
    private record Options(
            HashMap<String, String> columns,
            boolean columnar,
            @Nullable Condition where,
            long splitBytes) implements Serializable {}

    private ParquetSource(Location location, Class<T> type, Options options) {
        this.location = location;
        this.type = type;
        this.options = options;
        Wanted.of(RecordShape.of(type), options.columns);
    }

    static <T extends Record> ParquetSource<T> of(Location location, Class<T> type) {
        return new ParquetSource<>(location, type, new Options(new HashMap<>(), false, null, Splitting.DEFAULT_SIZE));
    }

    /**
     * Reads a component from the column of another name; one in a group has a dot before its own: {@code address.city}.
     *
     * @throws io.ghee.ConfigurationException if there is no such component, or another one has the column already
     */
    public ParquetSource<T> column(String component, String column) {
        RecordShape<T> shape = RecordShape.of(type);
        check(shape.names().contains(component), "component", component, "one of " + shape);
        HashMap<String, String> columns = new HashMap<>(options.columns);
        columns.put(component, column);
        return new ParquetSource<>(
                location, type, new Options(columns, options.columnar, options.where, options.splitBytes));
    }

    /**
     * Leaves out the rows of which {@code condition} is not true; with another one, those of which not both are. Row groups
     * and pages are not read where their statistics, dictionaries or indexes tell that no row is wanted.
     */
    public ParquetSource<T> where(Condition condition) {
        Condition both = options.where == null ? condition : options.where.and(condition);
        return new ParquetSource<>(
                location, type, new Options(options.columns, options.columnar, both, options.splitBytes));
    }

    /**
     * Hands on columns as they are where the first step is {@code batch}: no record is made of a row before somebody asks for
     * it, and until then its constructor refuses none. For records of primitives, strings and {@code byte[]}; where others are
     * wanted, columns are nested, a condition leaves out rows, or values are null, there are records as always.
     */
    public ParquetSource<T> columnar() {
        return new ParquetSource<>(
                location, type, new Options(options.columns, true, options.where, options.splitBytes));
    }

    /**
     * Cuts files between row groups and packs them, into splits of about {@code size}; without it, by the size of the input
     * and the number of readers.
     */
    public ParquetSource<T> splitSize(DataSize size) {
        return new ParquetSource<>(
                location, type, new Options(options.columns, options.columnar, options.where, size.bytes()));
    }

    @Override
    public String describe() {
        return "parquet " + location.text() + " as " + type.getSimpleName()
                + (options.where == null ? "" : " where " + options.where);
    }

    /** Looks at the schemas of the first files: those of many others are met by their readers. */
    @Override
    public List<? extends Split> splits(int readers) throws IOException {
        List<InputFile> files = location.files();
        for (InputFile file : Schemas.first(files)) {
            open(new FileSplit(file.path(), 0, 1)).close();
        }
        return Splitting.of(files, options.splitBytes, file -> false, readers);
    }

    @Override
    public SplitReader<T> open(Split split) throws IOException {
        return PackedReader.open(split, this::open);
    }

    /** Leaves out the row groups before the place, unless the split is a pack of several files, or there is a condition. */
    @Override
    public SplitReader<T> open(Split split, long place) throws IOException {
        List<FileSplit> pieces = ((PackedSplit) split).pieces();
        if (pieces.size() > 1) {
            return open(split);
        }
        FileSplit piece = pieces.get(0);
        return open(piece, new ParquetInput(piece.path()), place);
    }

    private SplitReader<T> open(FileSplit piece) {
        return open(piece, new ParquetInput(piece.path()), 0);
    }

    SplitReader<T> open(FileSplit piece, ParquetInput input, long place) {
        return new ParquetReader<>(
                input, piece, RecordShape.of(type), options.columns, options.columnar, place, options.where);
    }
}
