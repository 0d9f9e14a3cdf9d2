package io.ghee.columnar;

import static io.ghee.ConfigurationException.check;

import io.ghee.BadRecordException;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes one record component of many records as a column. The accessors are functional interfaces spun once per
 * component, so that the loops over a batch make no reflective call and box nothing.
 */
final class ComponentCodec {
    /** From so many elements on, a copy of the whole array is worth the view of the buffer that it takes. */
    private static final int BULK = 16;

    final String name;
    final ColumnKind kind;
    final boolean isArray;
    private final Object accessor;

    /**
     * What a first pass over the records found out, for the second pass that writes.
     *
     * @param width elements of each row, or {@link Column#RAGGED}
     * @param elements of all rows
     * @param texts the UTF-8 bytes of all string elements in order, for string columns
     */
    record Shape(int width, int elements, long dataBytes, byte @Nullable [][] texts) {}

    /**
     * A column ready to be written.
     *
     * @param values what {@code codec} makes it of
     */
    record Measured(ComponentCodec codec, List<?> values, Shape shape) {}

    private ComponentCodec(String name, ColumnKind kind, boolean isArray, Object accessor) {
        this.name = name;
        this.kind = kind;
        this.isArray = isArray;
        this.accessor = accessor;
    }

    /** The codec of a component, or null if its type is none that columns hold. */
    static @Nullable ComponentCodec of(RecordComponent component, MethodHandles.Lookup lookup) {
        Class<?> type = component.getType();
        boolean isArray = type.isArray();
        ColumnKind kind =
                ColumnKind.of(isArray ? type.getComponentType() : type).orElse(null);
        if (kind == null) {
            return null;
        }
        try {
            MethodHandle getter = lookup.unreflect(component.getAccessor());
            Object accessor =
                    lookup.hasFullPrivilegeAccess() ? spin(lookup, getter, kind, isArray) : call(getter, kind, isArray);
            return new ComponentCodec(component.getName(), kind, isArray, accessor);
        } catch (Throwable e) {
            throw new IllegalStateException("accessor of " + component + " cannot be called", e);
        }
    }

    private static Object spin(MethodHandles.Lookup lookup, MethodHandle getter, ColumnKind kind, boolean isArray)
            throws Throwable {
        if (isArray || kind == ColumnKind.STRING) {
            return spin(lookup, getter, Function.class, "apply", Object.class);
        }
        return switch (kind) {
            case BOOLEAN -> spin(lookup, getter, Predicate.class, "test", boolean.class);
            case BYTE, SHORT, CHAR, INT -> spin(lookup, getter, ToIntFunction.class, "applyAsInt", int.class);
            case LONG -> spin(lookup, getter, ToLongFunction.class, "applyAsLong", long.class);
            case FLOAT, DOUBLE -> spin(lookup, getter, ToDoubleFunction.class, "applyAsDouble", double.class);
            case STRING -> throw new AssertionError(kind);
        };
    }

    /** Does what {@link #spin} does, slower, for records of another class loader: nothing can be spun into its module. */
    private static Object call(MethodHandle getter, ColumnKind kind, boolean isArray) {
        if (isArray || kind == ColumnKind.STRING) {
            MethodHandle get = getter.asType(MethodType.methodType(Object.class, Object.class));
            return (Function<Object, @Nullable Object>) record -> {
                try {
                    return (Object) get.invokeExact(record);
                } catch (Throwable e) {
                    throw unchecked(e);
                }
            };
        }
        return switch (kind) {
            case BOOLEAN -> {
                MethodHandle get = getter.asType(MethodType.methodType(boolean.class, Object.class));
                yield (Predicate<Object>) record -> {
                    try {
                        return (boolean) get.invokeExact(record);
                    } catch (Throwable e) {
                        throw unchecked(e);
                    }
                };
            }
            case BYTE, SHORT, CHAR, INT -> {
                MethodHandle get = getter.asType(MethodType.methodType(int.class, Object.class));
                yield (ToIntFunction<Object>) record -> {
                    try {
                        return (int) get.invokeExact(record);
                    } catch (Throwable e) {
                        throw unchecked(e);
                    }
                };
            }
            case LONG -> {
                MethodHandle get = getter.asType(MethodType.methodType(long.class, Object.class));
                yield (ToLongFunction<Object>) record -> {
                    try {
                        return (long) get.invokeExact(record);
                    } catch (Throwable e) {
                        throw unchecked(e);
                    }
                };
            }
            case FLOAT, DOUBLE -> {
                MethodHandle get = getter.asType(MethodType.methodType(double.class, Object.class));
                yield (ToDoubleFunction<Object>) record -> {
                    try {
                        return (double) get.invokeExact(record);
                    } catch (Throwable e) {
                        throw unchecked(e);
                    }
                };
            }
            case STRING -> throw new AssertionError(kind);
        };
    }

    private static RuntimeException unchecked(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }

    private static Object spin(
            MethodHandles.Lookup lookup, MethodHandle getter, Class<?> face, String method, Class<?> result)
            throws Throwable {
        return LambdaMetafactory.metafactory(
                        lookup,
                        method,
                        MethodType.methodType(face),
                        MethodType.methodType(result, Object.class),
                        getter,
                        getter.type())
                .getTarget()
                .invoke();
    }

    /** The column of this component of records. */
    Measured measured(List<?> records) {
        return new Measured(this, records, measure(records));
    }

    /** The column of an array that has the values of all rows. */
    Measured measured(int rows, Object array) {
        Class<?> type = isArray ? kind.type().arrayType() : kind.type();
        check(
                array.getClass() == type.arrayType(),
                "column " + name,
                array.getClass().getSimpleName(),
                type.arrayType().getSimpleName());
        int length = Array.getLength(array);
        check(length == rows, "rows of column " + name, length, Integer.toString(rows));
        Function<Object, @Nullable Object> itself = value -> value;
        if (array instanceof Object[] values) {
            return new ComponentCodec(name, kind, isArray, itself).measured(Arrays.asList(values));
        }
        // One array with all of them lies like many rows of one each.
        Shape shape = new Shape(1, rows, (long) rows * kind.bytes(), null);
        return new Measured(new ComponentCodec(name, kind, true, itself), List.of(array), shape);
    }

    private Shape measure(List<?> records) {
        if (!isArray && kind != ColumnKind.STRING) {
            return new Shape(1, records.size(), (long) records.size() * kind.bytes(), null);
        }
        return isArray ? measureArrays(records) : measureStrings(records);
    }

    private Shape measureStrings(List<?> records) {
        byte[][] texts = new byte[records.size()][];
        long bytes = 0;
        for (int row = 0; row < texts.length; row++) {
            texts[row] = ((String) value(records, row)).getBytes(StandardCharsets.UTF_8);
            bytes += texts[row].length;
        }
        return new Shape(1, texts.length, bytes, texts);
    }

    private Shape measureArrays(List<?> records) {
        int width = records.isEmpty() ? 0 : Array.getLength(value(records, 0));
        long elements = 0;
        for (int row = 0; row < records.size(); row++) {
            int length = Array.getLength(value(records, row));
            elements += length;
            if (length != width) {
                width = Column.RAGGED;
            }
        }
        if (width == 0 && !records.isEmpty()) {
            // Rows that take no bytes would let a damaged row count ask for any amount of memory.
            width = Column.RAGGED;
        }
        int count = Math.toIntExact(elements);
        if (kind != ColumnKind.STRING) {
            return new Shape(width, count, elements * kind.bytes(), null);
        }
        byte[][] texts = new byte[count][];
        long bytes = 0;
        int next = 0;
        for (int row = 0; row < records.size(); row++) {
            for (String text : (String[]) value(records, row)) {
                if (text == null) {
                    throw isNull(row);
                }
                texts[next] = text.getBytes(StandardCharsets.UTF_8);
                bytes += texts[next++].length;
            }
        }
        return new Shape(width, count, bytes, texts);
    }

    /** Writes row offsets, for a ragged column. */
    void writeOffsets(List<?> records, ByteBuffer out) {
        int offset = 0;
        out.putInt(offset);
        for (int row = 0; row < records.size(); row++) {
            offset += Array.getLength(value(records, row));
            out.putInt(offset);
        }
    }

    /** Writes the elements. */
    @SuppressWarnings("unchecked")
    void writeData(List<?> records, Shape shape, ByteBuffer out) {
        if (shape.texts() != null) {
            for (byte[] text : shape.texts()) {
                out.put(text);
            }
            return;
        }
        int rows = records.size();
        if (isArray) {
            for (int row = 0; row < rows; row++) {
                writeArray(value(records, row), out);
            }
            return;
        }
        switch (kind) {
            case BOOLEAN -> {
                Predicate<Object> get = (Predicate<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.put((byte) (get.test(records.get(row)) ? 1 : 0));
                }
            }
            case BYTE -> {
                ToIntFunction<Object> get = (ToIntFunction<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.put((byte) get.applyAsInt(records.get(row)));
                }
            }
            case SHORT, CHAR -> {
                ToIntFunction<Object> get = (ToIntFunction<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.putShort((short) get.applyAsInt(records.get(row)));
                }
            }
            case INT -> {
                ToIntFunction<Object> get = (ToIntFunction<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.putInt(get.applyAsInt(records.get(row)));
                }
            }
            case LONG -> {
                ToLongFunction<Object> get = (ToLongFunction<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.putLong(get.applyAsLong(records.get(row)));
                }
            }
            case FLOAT -> {
                ToDoubleFunction<Object> get = (ToDoubleFunction<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.putFloat((float) get.applyAsDouble(records.get(row)));
                }
            }
            case DOUBLE -> {
                ToDoubleFunction<Object> get = (ToDoubleFunction<Object>) accessor;
                for (int row = 0; row < rows; row++) {
                    out.putDouble(get.applyAsDouble(records.get(row)));
                }
            }
            case STRING -> throw new AssertionError(kind);
        }
    }

    private static void skip(ByteBuffer out, int elements, int bytes) {
        out.position(out.position() + elements * bytes);
    }

    private void writeArray(Object array, ByteBuffer out) {
        switch (kind) {
            case BOOLEAN -> {
                for (boolean v : (boolean[]) array) {
                    out.put((byte) (v ? 1 : 0));
                }
            }
            case BYTE -> out.put((byte[]) array);
            case SHORT -> {
                short[] all = (short[]) array;
                if (all.length < BULK) {
                    for (short v : all) {
                        out.putShort(v);
                    }
                } else {
                    out.asShortBuffer().put(all);
                    skip(out, all.length, Short.BYTES);
                }
            }
            case CHAR -> {
                char[] all = (char[]) array;
                if (all.length < BULK) {
                    for (char v : all) {
                        out.putChar(v);
                    }
                } else {
                    out.asCharBuffer().put(all);
                    skip(out, all.length, Character.BYTES);
                }
            }
            case INT -> {
                int[] all = (int[]) array;
                if (all.length < BULK) {
                    for (int v : all) {
                        out.putInt(v);
                    }
                } else {
                    out.asIntBuffer().put(all);
                    skip(out, all.length, Integer.BYTES);
                }
            }
            case LONG -> {
                long[] all = (long[]) array;
                if (all.length < BULK) {
                    for (long v : all) {
                        out.putLong(v);
                    }
                } else {
                    out.asLongBuffer().put(all);
                    skip(out, all.length, Long.BYTES);
                }
            }
            case FLOAT -> {
                float[] all = (float[]) array;
                if (all.length < BULK) {
                    for (float v : all) {
                        out.putFloat(v);
                    }
                } else {
                    out.asFloatBuffer().put(all);
                    skip(out, all.length, Float.BYTES);
                }
            }
            case DOUBLE -> {
                double[] all = (double[]) array;
                if (all.length < BULK) {
                    for (double v : all) {
                        out.putDouble(v);
                    }
                } else {
                    out.asDoubleBuffer().put(all);
                    skip(out, all.length, Double.BYTES);
                }
            }
            case STRING -> throw new AssertionError(kind);
        }
    }

    @SuppressWarnings("unchecked")
    private Object value(List<?> records, int row) {
        Object value = ((Function<Object, @Nullable Object>) accessor).apply(records.get(row));
        if (value == null) {
            throw isNull(row);
        }
        return value;
    }

    private BadRecordException isNull(int row) {
        return new BadRecordException(
                "component " + name + " is null, or holds a null, in row " + row + " of the batch (expected: values)");
    }
}
