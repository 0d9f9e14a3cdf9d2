package io.ghee.io.file;

import io.ghee.ConfigurationException;
import java.util.Map;
import java.util.function.Function;
import org.apache.hadoop.io.BooleanWritable;
import org.apache.hadoop.io.ByteWritable;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.DoubleWritable;
import org.apache.hadoop.io.FloatWritable;
import org.apache.hadoop.io.IntWritable;
import org.apache.hadoop.io.LongWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.ShortWritable;
import org.apache.hadoop.io.Text;
import org.apache.hadoop.io.VIntWritable;
import org.apache.hadoop.io.VLongWritable;
import org.apache.hadoop.io.Writable;
import org.jspecify.annotations.Nullable;

/**
 * How values of one Java class lie in sequence files.
 *
 * @param written what they are written as, and read from
 * @param get the value in a writable
 * @param make the writable of a value
 */
record Writables(
        Class<? extends Writable> written,
        Function<Writable, @Nullable Object> get,
        Function<@Nullable Object, Writable> make) {
    private static final Map<Class<?>, Writables> KNOWN = Map.ofEntries(
            entry(String.class, Text.class, Text::toString, Text::new),
            entry(Long.class, LongWritable.class, LongWritable::get, LongWritable::new),
            entry(Integer.class, IntWritable.class, IntWritable::get, IntWritable::new),
            entry(Short.class, ShortWritable.class, ShortWritable::get, ShortWritable::new),
            entry(Byte.class, ByteWritable.class, ByteWritable::get, ByteWritable::new),
            entry(Double.class, DoubleWritable.class, DoubleWritable::get, DoubleWritable::new),
            entry(Float.class, FloatWritable.class, FloatWritable::get, FloatWritable::new),
            entry(Boolean.class, BooleanWritable.class, BooleanWritable::get, BooleanWritable::new),
            entry(byte[].class, BytesWritable.class, BytesWritable::copyBytes, BytesWritable::new),
            Map.entry(Void.class, new Writables(NullWritable.class, nothing -> null, nothing -> NullWritable.get())));

    private static <V, W extends Writable> Map.Entry<Class<?>, Writables> entry(
            Class<V> type, Class<W> writable, Function<W, V> get, Function<V, W> make) {
        return Map.entry(type, new Writables(writable, value -> get.apply(writable.cast(value)), value -> {
            if (value == null) {
                throw new IllegalArgumentException("null (expected: a " + type.getSimpleName() + ")");
            }
            return make.apply(type.cast(value));
        }));
    }

    /**
     * How values of {@code type} lie in files.
     *
     * @throws ConfigurationException if it is neither a writable nor a class that one stands for
     */
    static Writables of(Class<?> type) {
        Writables known = KNOWN.get(type);
        if (known != null) {
            return known;
        }
        if (Writable.class.isAssignableFrom(type)) {
            return new Writables(type.asSubclass(Writable.class), value -> value, value -> (Writable) value);
        }
        throw new ConfigurationException(
                type.getName() + " in sequence files (expected: a Writable, String, byte[], Void,"
                        + " or the class of a number or boolean)");
    }

    /** How values of this class are taken from writables of {@code stored}, or null if they cannot be. */
    @Nullable
    Function<Writable, @Nullable Object> from(Class<?> stored) {
        if (written.isAssignableFrom(stored)) {
            return get;
        }
        if (written == LongWritable.class && stored == VLongWritable.class) {
            return value -> ((VLongWritable) value).get();
        }
        if (written == IntWritable.class && stored == VIntWritable.class) {
            return value -> ((VIntWritable) value).get();
        }
        return null;
    }
}
