package io.ghee.io.file;

import java.io.IOException;
import java.util.Arrays;
import org.apache.parquet.bytes.ByteBufferInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.Dictionary;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.ValuesType;
import org.apache.parquet.column.page.DataPage;
import org.apache.parquet.column.page.DataPageV1;
import org.apache.parquet.column.page.DataPageV2;
import org.apache.parquet.column.page.DictionaryPage;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.page.PageReader;
import org.apache.parquet.column.values.ValuesReader;
import org.apache.parquet.column.values.rle.RunLengthBitPackingHybridDecoder;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.jspecify.annotations.Nullable;

/**
 * The values of a column that is neither nested nor repeated, decoded many at a time. Used by one thread.
 *
 * <p>What is stored as the record wants it goes from page to array in a loop of its own, and the values of a dictionary are
 * looked up in an array, too; all other values pass through the converter of {@link ParquetValues}.
 */
final class ParquetColumn {
    /** Values that are decoded at a time. */
    static final int ROWS = 1024;

    private final ColumnDescriptor descriptor;
    private final PrimitiveTypeName stored;
    private final ValueType type;
    private final Slot into;
    /** Whether the bits are what a slot is to hold. */
    private final boolean plain;

    private final Slot converted = new Slot();
    private final PrimitiveConverter converter;
    /** Which of the rows at hand have a value. */
    private final boolean[] filled = new boolean[ROWS];

    private final long[] bits;
    private final @Nullable Object[] objects;

    private @Nullable PageReader pages;
    private @Nullable Dictionary dictionary;
    private long[] entries = new long[0];
    private Levels levels = () -> 1;
    private @Nullable ValuesReader values;
    private boolean ofDictionary;
    /** Rows of the page that have not been decoded. */
    private int left;

    /** Tells of each row whether it has a value. */
    private interface Levels {
        int next() throws IOException;
    }

    private ParquetColumn(ColumnDescriptor descriptor, ValueType type, Slot into) {
        PrimitiveType from = descriptor.getPrimitiveType();
        PrimitiveConverter found = ParquetValues.converter(type, from, converted, from.getName(), new Complaint());
        if (found == null) {
            throw new IllegalStateException(from + " was planned as " + type);
        }
        this.descriptor = descriptor;
        this.stored = from.getPrimitiveTypeName();
        this.type = type;
        this.into = into;
        this.converter = found;
        this.plain = isPlain(type.kind(), stored);
        this.bits = new long[type.kind().isPrimitive() ? ROWS : 0];
        this.objects = new Object[type.kind().isPrimitive() ? 0 : ROWS];
        Arrays.fill(filled, true);
    }

    /** The column, or null if its values have to be read row by row: they are nested, or may not fit. */
    static @Nullable ParquetColumn of(ColumnDescriptor descriptor, ValueType type, Slot into) {
        boolean flat = descriptor.getPath().length == 1 && descriptor.getMaxRepetitionLevel() == 0;
        return switch (type.kind()) {
            case BYTE, SHORT, ENUM, RECORD, LIST -> null;
            case BOOLEAN, INT, LONG, FLOAT, DOUBLE, STRING, BYTES, DATE, INSTANT, DECIMAL ->
                flat ? new ParquetColumn(descriptor, type, into) : null;
        };
    }

    private static boolean isPlain(ValueType.Kind kind, PrimitiveTypeName stored) {
        return switch (kind) {
            case BOOLEAN -> true;
            case INT -> stored == PrimitiveTypeName.INT32;
            case LONG -> stored == PrimitiveTypeName.INT64;
            case FLOAT -> stored == PrimitiveTypeName.FLOAT;
            case DOUBLE -> stored == PrimitiveTypeName.DOUBLE;
            default -> false;
        };
    }

    /** Goes to the first row of a row group. */
    void start(PageReadStore group) throws IOException {
        PageReader reader = group.getPageReader(descriptor);
        DictionaryPage page = reader.readDictionaryPage();
        pages = reader;
        left = 0;
        dictionary = page == null ? null : page.getEncoding().initDictionary(descriptor, page);
        if (dictionary != null && plain) {
            entries = entries(dictionary);
        } else if (dictionary != null && converter.hasDictionarySupport()) {
            converter.setDictionary(dictionary);
        }
    }

    private long[] entries(Dictionary of) {
        long[] all = new long[of.getMaxId() + 1];
        for (int id = 0; id < all.length; id++) {
            all[id] = switch (stored) {
                case INT32 -> of.decodeToInt(id);
                case INT64 -> of.decodeToLong(id);
                case FLOAT -> Float.floatToRawIntBits(of.decodeToFloat(id));
                case DOUBLE -> Double.doubleToRawLongBits(of.decodeToDouble(id));
                default -> of.decodeToBoolean(id) ? 1 : 0;
            };
        }
        return all;
    }

    /** Decodes the next rows: {@value #ROWS} at most, and no more than the row group has left. */
    void read(int rows) throws IOException {
        for (int at = 0; at < rows; ) {
            ValuesReader from = values;
            if (from == null || left == 0) {
                nextPage();
                continue;
            }
            int end = at + Math.min(left, rows - at);
            if (descriptor.getMaxDefinitionLevel() > 0) {
                for (int row = at; row < end; row++) {
                    filled[row] = levels.next() > 0;
                }
            }
            if (!plain) {
                convert(from, at, end);
            } else if (ofDictionary) {
                lookUp(from, at, end);
            } else {
                copy(from, at, end);
            }
            left -= end - at;
            at = end;
        }
    }

    private void lookUp(ValuesReader from, int start, int end) {
        for (int row = start; row < end; row++) {
            if (filled[row]) {
                bits[row] = entries[from.readValueDictionaryId()];
            }
        }
    }

    private void copy(ValuesReader from, int start, int end) {
        switch (stored) {
            case INT32 -> {
                for (int row = start; row < end; row++) {
                    if (filled[row]) {
                        bits[row] = from.readInteger();
                    }
                }
            }
            case INT64 -> {
                for (int row = start; row < end; row++) {
                    if (filled[row]) {
                        bits[row] = from.readLong();
                    }
                }
            }
            case FLOAT -> {
                for (int row = start; row < end; row++) {
                    if (filled[row]) {
                        bits[row] = Float.floatToRawIntBits(from.readFloat());
                    }
                }
            }
            case DOUBLE -> {
                for (int row = start; row < end; row++) {
                    if (filled[row]) {
                        bits[row] = Double.doubleToRawLongBits(from.readDouble());
                    }
                }
            }
            default -> {
                for (int row = start; row < end; row++) {
                    if (filled[row]) {
                        bits[row] = from.readBoolean() ? 1 : 0;
                    }
                }
            }
        }
    }

    private void convert(ValuesReader from, int start, int end) {
        boolean byId = ofDictionary && converter.hasDictionarySupport();
        for (int row = start; row < end; row++) {
            if (!filled[row]) {
                continue;
            }
            if (byId) {
                converter.addValueFromDictionary(from.readValueDictionaryId());
            } else {
                convert(from);
            }
            if (type.kind().isPrimitive()) {
                bits[row] = converted.bits();
            } else {
                objects[row] = converted.value();
            }
        }
    }

    private void convert(ValuesReader from) {
        switch (stored) {
            case INT32 -> converter.addInt(from.readInteger());
            case INT64 -> converter.addLong(from.readLong());
            case FLOAT -> converter.addFloat(from.readFloat());
            case DOUBLE -> converter.addDouble(from.readDouble());
            case BOOLEAN -> converter.addBoolean(from.readBoolean());
            case INT96, BINARY, FIXED_LEN_BYTE_ARRAY -> converter.addBinary(from.readBytes());
        }
    }

    private void nextPage() throws IOException {
        DataPage page = pages == null ? null : pages.readPage();
        if (page == null) {
            throw new ParquetDecodingException("column " + type + " ends before its row group");
        }
        if (page instanceof DataPageV1 first) {
            ByteBufferInputStream in = first.getBytes().toInputStream();
            levels(first.getRlEncoding(), ValuesType.REPETITION_LEVEL, first, in);
            levels = levels(first.getDlEncoding(), ValuesType.DEFINITION_LEVEL, first, in)::readInteger;
            values(first.getValueEncoding(), first, in);
        } else {
            DataPageV2 second = (DataPageV2) page;
            BytesInput told = second.getDefinitionLevels();
            levels = new RunLengthBitPackingHybridDecoder(1, told.toInputStream())::readInt;
            values(second.getDataEncoding(), second, second.getData().toInputStream());
        }
        left = page.getValueCount();
    }

    private ValuesReader levels(Encoding encoding, ValuesType of, DataPage page, ByteBufferInputStream in)
            throws IOException {
        ValuesReader reader = encoding.getValuesReader(descriptor, of);
        reader.initFromPage(page.getValueCount(), in);
        return reader;
    }

    private void values(Encoding encoding, DataPage page, ByteBufferInputStream in) throws IOException {
        ofDictionary = encoding.usesDictionary();
        ValuesReader reader = ofDictionary
                ? encoding.getDictionaryBasedValuesReader(descriptor, ValuesType.VALUES, dictionary)
                : encoding.getValuesReader(descriptor, ValuesType.VALUES);
        reader.initFromPage(page.getValueCount(), in);
        values = reader;
    }

    /** Puts the value of one of the rows at hand into its slot. */
    void fill(int row) {
        if (!filled[row]) {
            into.clear();
        } else if (bits.length > 0) {
            into.fillBits(bits[row]);
        } else {
            Object value = objects[row];
            if (value != null) {
                into.fill(value);
            }
        }
    }

    /** Whether one of the first rows at hand has no value. */
    boolean hasNulls(int rows) {
        if (descriptor.getMaxDefinitionLevel() == 0) {
            return false;
        }
        for (int row = 0; row < rows; row++) {
            if (!filled[row]) {
                return true;
            }
        }
        return false;
    }

    /** Copies values of rows at hand into an array of the component's type. */
    void copyTo(Object array, int at, int start, int count) {
        switch (type.kind()) {
            case BOOLEAN -> {
                boolean[] to = (boolean[]) array;
                for (int k = 0; k < count; k++) {
                    to[at + k] = bits[start + k] != 0;
                }
            }
            case INT -> {
                int[] to = (int[]) array;
                for (int k = 0; k < count; k++) {
                    to[at + k] = (int) bits[start + k];
                }
            }
            case LONG -> System.arraycopy(bits, start, array, at, count);
            case FLOAT -> {
                float[] to = (float[]) array;
                for (int k = 0; k < count; k++) {
                    to[at + k] = Float.intBitsToFloat((int) bits[start + k]);
                }
            }
            case DOUBLE -> {
                double[] to = (double[]) array;
                for (int k = 0; k < count; k++) {
                    to[at + k] = Double.longBitsToDouble(bits[start + k]);
                }
            }
            default -> System.arraycopy(objects, start, array, at, count);
        }
    }

    /** The class of the values, as the record has them. */
    Class<?> values() {
        return type.raw();
    }
}
