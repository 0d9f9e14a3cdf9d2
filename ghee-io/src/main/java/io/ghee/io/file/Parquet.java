package io.ghee.io.file;

/**
 * Parquet files; each row is a Java {@code record} whose components are named after columns, and only those columns are
 * read:
 *
 * <ul>
 *   <li>numbers, booleans, {@code String}, {@code byte[]} and enums; a number also of a smaller type than the component;
 *   <li>{@code LocalDate} of a date, {@code Instant} of a timestamp in UTC, {@code BigDecimal} of a decimal;
 *   <li>records of groups, and lists or arrays of all these.
 * </ul>
 *
 * A primitive component cannot be null: a row in which it is null is a {@link io.ghee.BadRecordException}, as is one that
 * the constructor refuses.
 */
public final class Parquet {
    private Parquet() {}

    /**
     * The rows of files, compressed by snappy, gzip, zstd or lz4_raw, or not. Files are cut between row groups.
     *
     * @param location as for {@link Text#lines}
     * @throws io.ghee.ConfigurationException if the location is of a scheme without a file system, or a component of a
     *     type that is not listed above
     */
    public static <T extends Record> ParquetSource<T> read(String location, Class<T> type) {
        return ParquetSource.of(Location.parse(location), type);
    }

    /**
     * Writes records as rows, with a column for each component: instants are in microseconds, and decimals have 38 digits,
     * 18 of them behind the point. Packed by Snappy; or by gzip, Zstandard, LZ4 (as {@code lz4_raw}) or not at all.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException as for {@link #read}
     */
    public static <T extends Record> FileSink<T> to(String directory, Class<T> type) {
        RecordShape.of(type);
        return FileSink.of(OutputDirectory.parse(directory), new ParquetFormat<>(type));
    }
}
