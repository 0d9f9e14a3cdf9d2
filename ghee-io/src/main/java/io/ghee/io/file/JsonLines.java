package io.ghee.io.file;

/**
 * Files of one JSON object a line, in UTF-8; each is a Java {@code record} whose components are named after fields. A
 * component is a number, boolean, {@code String} or enum; a {@code LocalDate} or {@code Instant} as ISO-8601 has it; a {@code
 * BigDecimal}; a {@code byte[]} in base64; or a record, list or array of these.
 */
public final class JsonLines {
    private JsonLines() {}

    /**
     * The objects of files. Fields that no component is named after are left out; a component whose field is absent or null
     * is null. A line that is no object, a primitive component that is null, a value of another type (a number in quotes is
     * none), or one that the constructor refuses is a {@link io.ghee.BadRecordException}. Empty lines are skipped.
     *
     * @param location as for {@link Text#lines}
     * @throws io.ghee.ConfigurationException if the location is of a scheme without a file system, or a component of a
     *     type that is not listed above
     */
    public static <T extends Record> JsonLinesSource<T> read(String location, Class<T> type) {
        return JsonLinesSource.of(Location.parse(location), type);
    }

    /**
     * Writes records as objects, a line each. Files are packed as a whole, or not at all without {@link FileSink#compression}.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException as for {@link #read}
     */
    public static <T extends Record> FileSink<T> to(String directory, Class<T> type) {
        Json.writer(type);
        return FileSink.of(OutputDirectory.parse(directory), new JsonFormat<>(type));
    }
}
