package io.ghee.io.file;

import io.ghee.function.RecordFunction;
import io.ghee.plan.Shipping;

/** Files of TensorFlow's records: bytes with their length and checksums. What the bytes are is up to whoever wrote them. */
public final class TFRecords {
    private TFRecords() {}

    /**
     * What {@code decode} makes of the payloads of files. A file is read by one worker, for where a record begins cannot be
     * told in the middle of it; files named as {@link Compression} says are unpacked.
     *
     * @param location as for {@link Text#lines}
     * @param decode throws {@link io.ghee.BadRecordException} for malformed bytes; the file and the record are added
     * @throws io.ghee.ConfigurationException if the location is of a scheme without a file system
     */
    public static <T> TFRecordSource<T> read(String location, RecordFunction<byte[], T> decode) {
        Shipping.check(decode, "TFRecords.read");
        return new TFRecordSource<>(Location.parse(location), decode);
    }

    /** The payloads of files. */
    public static TFRecordSource<byte[]> read(String location) {
        return read(location, payload -> payload);
    }

    /**
     * Writes what {@code encode} makes of records. Files are packed as a whole, or not at all without {@link
     * FileSink#compression}; TensorFlow reads those that are not, and those packed by gzip.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException as for {@link #read}
     */
    public static <T> FileSink<T> to(String directory, RecordFunction<T, byte[]> encode) {
        Shipping.check(encode, "TFRecords.to");
        return FileSink.of(OutputDirectory.parse(directory), new TFRecordFormat<>(encode));
    }

    /** Writes payloads. */
    public static FileSink<byte[]> to(String directory) {
        return to(directory, (byte[] payload) -> payload);
    }
}
