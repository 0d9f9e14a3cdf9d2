package io.ghee.columnar;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How records of one Java {@code record} class lie in columns. Derived from the class: every component is a primitive, a
 * string, or an array of either. Thread-safe, one per class.
 *
 * <h2>The encoding</h2>
 *
 * Little-endian. {@code int rows, int columns}, then for each column {@code int kind, int width (-1: ragged), int
 * elements, int dataBytes}; then for each column, every part starting at a multiple of 8:
 *
 * <ul>
 *   <li>if ragged, {@code rows + 1} row offsets, int, counted in elements;
 *   <li>if of strings, {@code elements + 1} text offsets, int, counted in bytes;
 *   <li>the elements.
 * </ul>
 *
 * A dense column of numbers is thus a row-major array that a tensor can lie on as it is. Every row takes bytes in every
 * column: where no row has an element, the column is ragged.
 *
 * @param <T> the record class
 */
public final class RecordLayout<T> {
    private static final int COLUMN_HEADER = 16;

    /** Empty for classes that have no columnar layout. */
    private static final ClassValue<Optional<RecordLayout<?>>> LAYOUTS = new ClassValue<>() {
        @Override
        protected Optional<RecordLayout<?>> computeValue(Class<?> type) {
            return derive(type);
        }
    };

    private final Class<T> type;
    private final List<ComponentCodec> codecs;
    private final MethodHandle construct;

    private RecordLayout(Class<T> type, List<ComponentCodec> codecs, MethodHandle construct) {
        this.type = type;
        this.codecs = codecs;
        this.construct = construct;
    }

    /** The layout of {@code type}, if it is a record of primitives, strings and arrays of them. */
    @SuppressWarnings("unchecked")
    public static <T> Optional<RecordLayout<T>> find(Class<T> type) {
        return (Optional<RecordLayout<T>>) (Optional<?>) LAYOUTS.get(type);
    }

    /**
     * The layout of {@code type}.
     *
     * @throws ConfigurationException if it has none
     */
    public static <T> RecordLayout<T> of(Class<T> type) {
        return find(type)
                .orElseThrow(() -> new ConfigurationException(type.getName()
                        + " has no columns (expected: a record of primitives, strings and arrays of them)"));
    }

    private static Optional<RecordLayout<?>> derive(Class<?> type) {
        if (!type.isRecord()) {
            return Optional.empty();
        }
        try {
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            List<ComponentCodec> codecs = new ArrayList<>();
            for (RecordComponent component : type.getRecordComponents()) {
                ComponentCodec codec = ComponentCodec.of(component, lookup);
                if (codec == null) {
                    return Optional.empty();
                }
                codecs.add(codec);
            }
            return codecs.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new RecordLayout<>(type, List.copyOf(codecs), constructor(type, lookup)));
        } catch (IllegalAccessException | NoSuchMethodException e) {
            throw new ConfigurationException(type.getName() + " cannot be opened for reading: " + e.getMessage(), e);
        }
    }

    /** A handle of type (Column[], int row) -> Object that calls the canonical constructor. */
    private static MethodHandle constructor(Class<?> type, MethodHandles.Lookup lookup)
            throws NoSuchMethodException, IllegalAccessException {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        MethodHandle handle = lookup.findConstructor(type, MethodType.methodType(void.class, types));
        MethodHandle element = MethodHandles.arrayElementGetter(Column[].class);
        for (int k = components.length - 1; k >= 0; k--) {
            MethodHandle column = MethodHandles.insertArguments(element, 1, k);
            MethodHandle read = MethodHandles.filterArguments(ColumnReads.handle(types[k]), 0, column);
            handle = MethodHandles.collectArguments(handle, k, read);
        }
        int[] order = new int[2 * components.length];
        for (int k = 0; k < order.length; k++) {
            order[k] = k % 2;
        }
        MethodType plain = MethodType.methodType(type, Column[].class, int.class);
        return MethodHandles.permuteArguments(handle, plain, order).asType(plain.changeReturnType(Object.class));
    }

    /** The record class. */
    public Class<T> type() {
        return type;
    }

    /** The component names, in order. */
    public List<String> components() {
        return codecs.stream().map(codec -> codec.name).toList();
    }

    /** Records measured and ready to be written. */
    public final class Encoding {
        private final int rows;
        private final List<ComponentCodec.Measured> columns;
        private final int bytes;

        private Encoding(int rows, List<ComponentCodec.Measured> columns) {
            this.rows = rows;
            this.columns = columns;
            long end = align(8L + (long) COLUMN_HEADER * columns.size());
            for (ComponentCodec.Measured column : columns) {
                ComponentCodec.Shape shape = column.shape();
                end = end(end, rows, shape.width(), shape.texts() != null, shape.elements(), shape.dataBytes());
            }
            if (end > Integer.MAX_VALUE - 64) {
                throw new ConfigurationException("a batch of " + rows + " " + type.getSimpleName() + " takes " + end
                        + " bytes (expected: < 2 GiB; use smaller batches)");
            }
            bytes = (int) end;
        }

        /** The exact number of bytes {@link #writeTo} writes. */
        public int bytes() {
            return bytes;
        }

        /** Writes at the position of {@code out}, which must be a multiple of 8, and moves it by {@link #bytes}. */
        public void writeTo(ByteBuffer out) {
            out.order(ByteOrder.LITTLE_ENDIAN);
            int start = out.position();
            out.putInt(rows).putInt(columns.size());
            for (ComponentCodec.Measured column : columns) {
                ComponentCodec.Shape shape = column.shape();
                out.putInt(column.codec().kind.code());
                out.putInt(shape.width()).putInt(shape.elements()).putInt((int) shape.dataBytes());
            }
            for (ComponentCodec.Measured column : columns) {
                ComponentCodec.Shape shape = column.shape();
                if (shape.width() == Column.RAGGED) {
                    pad(out, start);
                    column.codec().writeOffsets(column.values(), out);
                }
                if (shape.texts() != null) {
                    pad(out, start);
                    writeTextOffsets(shape.texts(), out);
                }
                pad(out, start);
                column.codec().writeData(column.values(), shape, out);
            }
            pad(out, start);
        }
    }

    private static void writeTextOffsets(byte[][] texts, ByteBuffer out) {
        int offset = 0;
        out.putInt(offset);
        for (byte[] text : texts) {
            offset += text.length;
            out.putInt(offset);
        }
    }

    private static void pad(ByteBuffer out, int start) {
        while ((out.position() - start & 7) != 0) {
            out.put((byte) 0);
        }
    }

    private static long align(long position) {
        return position + 7 & ~7L;
    }

    /** Where a column's parts end, if they begin at {@code start}. */
    private static long end(long start, int rows, int width, boolean text, int elements, long dataBytes) {
        long end = start;
        if (width == Column.RAGGED) {
            end = align(end + 4L * (rows + 1L));
        }
        if (text) {
            end = align(end + 4L * (elements + 1L));
        }
        return align(end + dataBytes);
    }

    /**
     * Measures {@code records} for writing.
     *
     * @throws io.ghee.BadRecordException if a string or array is null: columns have no place for it
     */
    public Encoding measure(List<? extends T> records) {
        List<ComponentCodec.Measured> columns = new ArrayList<>(codecs.size());
        for (ComponentCodec codec : codecs) {
            columns.add(codec.measured(records));
        }
        return new Encoding(records.size(), columns);
    }

    /** The encoding of {@code records} in a new direct buffer. */
    public ByteBuffer encode(List<? extends T> records) {
        return write(measure(records));
    }

    private ByteBuffer write(Encoding encoding) {
        ByteBuffer out = ByteBuffer.allocateDirect(encoding.bytes());
        encoding.writeTo(out);
        return out.flip();
    }

    /**
     * The columns of rows that are given column by column: for each component, in their order, an array of values of its type,
     * one for each row; an {@code int[]} where the component is an {@code int}. No record is made, and no constructor called.
     *
     * @param arrays not kept
     * @throws io.ghee.BadRecordException if a string or array is null
     * @throws ConfigurationException if there are not as many arrays as components, or one is of another type or length
     */
    public Columns columns(List<?> arrays) {
        check(arrays.size() == codecs.size(), "columns of " + this, arrays.size(), Integer.toString(codecs.size()));
        int rows = Array.getLength(arrays.get(0));
        List<ComponentCodec.Measured> columns = new ArrayList<>(codecs.size());
        for (int k = 0; k < codecs.size(); k++) {
            columns.add(codecs.get(k).measured(rows, arrays.get(k)));
        }
        return columns(write(new Encoding(rows, columns)));
    }

    /**
     * Views an encoding as columns, without a copy: they are valid as long as the buffer.
     *
     * @param encoded an encoding, from its position to its limit
     * @throws InfrastructureException if the bytes are no encoding of this layout
     */
    public Columns columns(ByteBuffer encoded) {
        ByteBuffer in = encoded.slice().order(ByteOrder.LITTLE_ENDIAN);
        int size = in.limit();
        long position = align(8L + (long) COLUMN_HEADER * codecs.size());
        require(size >= position, "at least " + position + " bytes", size);
        int rows = in.getInt(0);
        require(rows >= 0, "a row count", rows);
        require(in.getInt(4) == codecs.size(), codecs.size() + " columns", in.getInt(4));
        List<Column> columns = new ArrayList<>(codecs.size());
        for (int k = 0; k < codecs.size(); k++) {
            ComponentCodec codec = codecs.get(k);
            int header = 8 + COLUMN_HEADER * k;
            int width = in.getInt(header + 4);
            int elements = in.getInt(header + 8);
            int dataBytes = in.getInt(header + 12);
            boolean text = codec.kind == ColumnKind.STRING;
            require(in.getInt(header) == codec.kind.code(), "kind " + codec.kind, in.getInt(header));
            require(width >= Column.RAGGED && elements >= 0 && dataBytes >= 0, "sizes of column " + codec.name, width);
            require(codec.isArray || width == 1, "width 1 of column " + codec.name, width);
            require(width != 0 || rows == 0, "offsets for rows without elements in column " + codec.name, width);
            require(width == Column.RAGGED || (long) width * rows == elements, "rows x width elements", elements);
            require(
                    text || (long) elements * codec.kind.bytes() == dataBytes,
                    "the data of column " + codec.name,
                    dataBytes);
            long end = end(position, rows, width, text, elements, dataBytes);
            require(end <= size, "at least " + end + " bytes", size);
            int at = (int) position;
            IntBuffer offsets = null;
            if (width == Column.RAGGED) {
                offsets = offsets(in, at, rows, elements);
                at = (int) align(at + 4L * (rows + 1L));
            }
            IntBuffer textOffsets = null;
            if (text) {
                textOffsets = offsets(in, at, elements, dataBytes);
                at = (int) align(at + 4L * (elements + 1L));
            }
            ByteBuffer data = in.slice(at, dataBytes).order(ByteOrder.LITTLE_ENDIAN);
            columns.add(new Column(codec.name, codec.kind, rows, width, offsets, textOffsets, data));
            position = end;
        }
        return new Columns(rows, List.copyOf(columns), in.limit((int) position));
    }

    private IntBuffer offsets(ByteBuffer in, int at, int count, int last) {
        IntBuffer offsets =
                in.slice(at, 4 * (count + 1)).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        int previous = 0;
        for (int k = 0; k <= count; k++) {
            int offset = offsets.get(k);
            require(offset >= previous && offset <= last, "rising offsets up to " + last, offset);
            previous = offset;
        }
        require(previous == last, "offsets that end at " + last, previous);
        return offsets;
    }

    private void require(boolean valid, String expected, long value) {
        if (!valid) {
            throw new InfrastructureException(
                    "damaged columns of " + type.getName() + ": " + value + " (expected: " + expected + ")");
        }
    }

    /** The rows of {@code columns} as records, copied out of the buffer. */
    @SuppressWarnings("unchecked")
    public List<T> records(Columns columns) {
        @Nullable Object[] records = new Object[columns.rows()];
        Column[] all = columns.all().toArray(Column[]::new);
        try {
            for (int row = 0; row < records.length; row++) {
                records[row] = (Object) construct.invokeExact(all, row);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("constructor of " + type.getName() + " failed", e);
        }
        return (List<T>) Arrays.asList(records);
    }

    @Override
    public String toString() {
        return "RecordLayout[" + type.getName() + components() + "]";
    }
}
