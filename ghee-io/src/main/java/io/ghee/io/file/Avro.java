package io.ghee.io.file;

/**
 * Avro container files; each record is a Java {@code record} whose components are named after fields:
 *
 * <ul>
 *   <li>numbers, booleans, {@code String}, {@code byte[]} and enums; a number also of a smaller type than the component;
 *   <li>{@code LocalDate} of a date, {@code Instant} of a timestamp, {@code BigDecimal} of a decimal;
 *   <li>records, and lists or arrays of all these.
 * </ul>
 *
 * A primitive component cannot be null: a record in which it is null is a {@link io.ghee.BadRecordException}, as is one
 * that the constructor refuses. Fields that no component is named after are left out.
 */
public final class Avro {
    private Avro() {}

    /**
     * The records of files. Files are cut at their sync markers.
     *
     * @param location as for {@link Text#lines}
     * @throws io.ghee.ConfigurationException if the location is of a scheme without a file system, or a component of a
     *     type that is not listed above
     */
    public static <T extends Record> AvroSource<T> read(String location, Class<T> type) {
        return AvroSource.of(Location.parse(location), type);
    }

    /**
     * Writes records, in a schema derived from their class: components that can be null are unions with null, instants
     * are in microseconds, and decimals have 38 digits, 18 of them behind the point. Packed by Snappy; or by gzip
     * (as {@code deflate}), bzip2, Zstandard or not at all.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException as for {@link #read}
     */
    public static <T extends Record> FileSink<T> to(String directory, Class<T> type) {
        RecordShape.of(type);
        return FileSink.of(OutputDirectory.parse(directory), new AvroFormat<>(type));
    }
}
