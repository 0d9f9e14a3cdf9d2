package io.ghee.io.file;

import io.ghee.function.RecordFunction;
import io.ghee.plan.Shipping;

/**
 * Hadoop's files of keys and values. What is in them is told by Java classes: {@code String} for a {@code Text}, {@code
 * Long}, {@code Integer}, {@code Short}, {@code Byte}, {@code Double}, {@code Float} and {@code Boolean} for the writables of
 * that name, {@code byte[]} for a {@code BytesWritable}, {@code Void} for a {@code NullWritable}; any other writable by its
 * own class.
 */
public final class SequenceFiles {
    private SequenceFiles() {}

    /**
     * What {@code decode} makes of the entries of files. Files are cut at their sync markers.
     *
     * @param location as for {@link Text#lines}
     * @param decode is given the same writables again and again, where they are given as such: it keeps what is in them
     * @throws io.ghee.ConfigurationException if the location is of a scheme without a file system, or a class is neither
     *     listed above nor a writable
     */
    public static <K, V, T> SequenceFileSource<T> read(
            String location, Class<K> key, Class<V> value, EntryFunction<K, V, T> decode) {
        Shipping.check(decode, "SequenceFiles.read");
        return SequenceFileSource.of(Location.parse(location), key, value, decode);
    }

    /**
     * Writes entries of the keys and values that functions make of records. Packed block by block by gzip (as {@code
     * deflate}), bzip2, Snappy or LZ4, or not at all without {@link FileSink#compression}.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException as for {@link #read}
     */
    public static <T, K, V> FileSink<T> to(
            String directory, Class<K> key, RecordFunction<T, K> keyOf, Class<V> value, RecordFunction<T, V> valueOf) {
        Shipping.check(keyOf, "SequenceFiles.to");
        Shipping.check(valueOf, "SequenceFiles.to");
        Writables.of(key);
        Writables.of(value);
        return FileSink.of(OutputDirectory.parse(directory), new SequenceFileFormat<>(key, keyOf, value, valueOf));
    }
}
