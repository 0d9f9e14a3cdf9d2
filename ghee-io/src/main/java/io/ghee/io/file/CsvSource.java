package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import de.siegmar.fastcsv.reader.AbstractBaseCsvCallbackHandler;
import de.siegmar.fastcsv.reader.StringArrayHandler;
import io.ghee.BadRecordException;
import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rows of CSV files; made by {@link Csv#read}. Immutable: the methods return the same source with one option more.
 *
 * @param <T> the record class
 */
public final class CsvSource<T extends Record> implements BoundedSource<T> {
    private static final int HEADERS_CHECKED = 16;

    private final Location location;
    private final Class<T> type;
    private final Options options;

    /** How files are read. */
    private record Options(char separator, boolean header, boolean multiLine, long splitBytes)
            implements Serializable {}

    private CsvSource(Location location, Class<T> type, Options options) {
        this.location = location;
        this.type = type;
        this.options = options;
        RecordFields.of(type);
    }

    static <T extends Record> CsvSource<T> of(Location location, Class<T> type) {
        return new CsvSource<>(location, type, new Options(',', true, false, Splitting.DEFAULT_SIZE));
    }

    private CsvSource<T> with(Options changed) {
        return new CsvSource<>(location, type, changed);
    }

    /** What is between two fields; a comma without it. */
    public CsvSource<T> separator(char separator) {
        check("\r\n\"".indexOf(separator) < 0, "separator", (int) separator, "neither a line end nor a quote");
        return with(new Options(separator, options.header, options.multiLine, options.splitBytes));
    }

    /** Whether the first line of each file has the names of the columns; if not, they are in the components' order. */
    public CsvSource<T> header(boolean present) {
        return with(new Options(options.separator, present, options.multiLine, options.splitBytes));
    }

    /**
     * Lets quoted fields span lines. Each file is then read by one worker from start to end, for where a row begins cannot
     * be told in the middle of it.
     */
    public CsvSource<T> multiLine() {
        return with(new Options(options.separator, options.header, true, options.splitBytes));
    }

    /** Cuts and packs files into splits of {@code size}; without it, by the size of the input and the number of readers. */
    public CsvSource<T> splitSize(DataSize size) {
        return with(new Options(options.separator, options.header, options.multiLine, size.bytes()));
    }

    @Override
    public String describe() {
        return "csv " + location.text() + " as " + type.getSimpleName();
    }

    /** Looks at the headers of the first files: those of many others are met by their readers. */
    @Override
    public List<? extends Split> splits(int readers) throws IOException {
        List<InputFile> files = location.files();
        for (InputFile file : files.stream()
                .filter(each -> each.bytes() > 0)
                .limit(HEADERS_CHECKED)
                .toList()) {
            Columns.of(file.path(), RecordFields.of(type), options);
        }
        return Splitting.of(files, options.splitBytes, file -> options.multiLine || file.isCompressed(), readers);
    }

    @Override
    public SplitReader<T> open(Split split) throws IOException {
        RecordFields<T> fields = RecordFields.of(type);
        return PackedReader.open(split, piece -> {
            Columns columns = Columns.of(piece.path(), fields, options);
            return new RowReader<>(LineReader.open(piece), fields, columns, options);
        });
    }

    /**
     * Which columns are whose.
     *
     * @param component by column: the component it is for, or -1
     */
    private record Columns(int[] component) {
        static Columns of(String path, RecordFields<?> fields, Options options) throws IOException {
            List<String> components = fields.names();
            if (!options.header) {
                return new Columns(IntStream.range(0, components.size()).toArray());
            }
            List<String> names = names(path, options);
            for (String component : components) {
                long found = names.stream().filter(component::equals).count();
                if (found != 1) {
                    throw new InputException(path + ": " + (found == 0 ? "no column " : found + " columns ") + component
                            + " in its header "
                            + names + " (expected: one for each component of "
                            + fields.type().getSimpleName() + " " + components + ")");
                }
            }
            return new Columns(names.stream().mapToInt(components::indexOf).toArray());
        }

        private static List<String> names(String path, Options options) throws IOException {
            LineReader lines = LineReader.open(new FileSplit(path));
            try (CsvRows<String[]> rows =
                    new CsvRows<>(lines, options.separator, options.multiLine, StringArrayHandler.of())) {
                String[] names = rows.next();
                if (names == null) {
                    throw new InputException(
                            path + ": no header (expected: a first line with the names of the columns)");
                }
                return Arrays.asList(names);
            } catch (BadRecordException e) {
                throw new InputException(path + ": the header cannot be read: " + e.reason(), e);
            }
        }
    }

    /** Keeps the fields of a row that a component wants. */
    private static final class Row extends AbstractBaseCsvCallbackHandler<Row> {
        private final int[] component;
        private final String[] values;
        private int fields;

        Row(int[] component, int components) {
            this.component = component;
            this.values = new String[components];
        }

        @Override
        protected void handleBegin(long line) {
            fields = 0;
        }

        @Override
        protected void handleField(int at, char[] chars, int offset, int length, boolean quoted) {
            fields = at + 1;
            if (at < component.length && component[at] >= 0) {
                values[component[at]] = new String(chars, offset, length);
            }
        }

        @Override
        protected Row buildRecord() {
            return this;
        }
    }

    private static final class RowReader<T> implements SplitReader<T> {
        private final RecordFields<T> fields;
        private final CsvRows<Row> rows;
        private final int columns;
        private boolean headerAhead;

        RowReader(LineReader lines, RecordFields<T> fields, Columns columns, Options options) {
            this.fields = fields;
            this.columns = columns.component.length;
            this.rows = new CsvRows<>(
                    lines,
                    options.separator,
                    options.multiLine,
                    new Row(columns.component, fields.names().size()));
            this.headerAhead = options.header && lines.isFirstSplit();
        }

        @Override
        public @Nullable T next() {
            Row row = rows.next();
            if (headerAhead) {
                headerAhead = false;
                row = rows.next();
            }
            if (row == null) {
                return null;
            }
            if (row.fields != columns) {
                throw new BadRecordException(row.fields + " fields (expected: " + columns + ")");
            }
            return fields.read(row.values);
        }

        @Override
        public String position() {
            return rows.position();
        }

        @Override
        public void close() throws IOException {
            rows.close();
        }
    }
}
