package io.ghee.io.file;

/**
 * Files of comma-separated values, as RFC 4180 has them, in UTF-8; each row is a Java {@code record} whose components are
 * primitives and strings.
 */
public final class Csv {
    private Csv() {}

    /**
     * The rows of files, the columns matched to the components of {@code type} by the names in each file's first line.
     * Columns that no component is named after are left out, and so are empty lines. A row that has too few or too many
     * fields, or a field that is no value of its component's type, is a {@link io.ghee.BadRecordException}; so is one that
     * the constructor of {@code type} refuses. Numbers are read as the JDK reads them, a {@code boolean} is {@code true},
     * {@code false}, {@code 1} or {@code 0}.
     *
     * @param location as for {@link Text#lines}
     * @throws io.ghee.ConfigurationException if there is no file system for the scheme of the location, or a component of
     *     another type
     */
    public static <T extends Record> CsvSource<T> read(String location, Class<T> type) {
        return CsvSource.of(Location.parse(location), type);
    }

    /** {@link #read}, with tabs between the fields. */
    public static <T extends Record> CsvSource<T> tsv(String location, Class<T> type) {
        return read(location, type).separator('\t');
    }

    /**
     * Writes records as rows, to one file per replica, each with the names of the components in its first line.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException if there is no file system for the scheme of the directory, or a component
     *     neither primitive nor string
     */
    public static <T extends Record> FileSink<T> to(String directory, Class<T> type) {
        RecordFields.of(type);
        return FileSink.of(OutputDirectory.parse(directory), new CsvFormat<>(type));
    }
}
