package io.ghee.io.file;

import io.ghee.function.RecordFunction;
import io.ghee.plan.Shipping;

/** Files of lines, in UTF-8. */
public final class Text {
    private Text() {}

    /**
     * The lines of files, without their ends: {@code \n} or {@code \r\n}; the last one may have none. Malformed UTF-8 is
     * replaced by U+FFFD; a byte order mark at the start of a file is no part of its first line.
     *
     * @param location a file, a directory (its files that are not hidden; not those in directories below it), or a glob:
     *     {@code data/*.csv}, <code>data/**&#47;part-*</code>, in the syntax of {@link
     *     java.nio.file.FileSystem#getPathMatcher}; each also as {@code file://} URI, or as one of a Hadoop file system: {@code
     *     hdfs://}, or {@code s3a://} and others whose jar is on the class path. A directory that a glob matches stands for its files. Names that start with {@code .} or
     *     {@code _} are hidden. Files are unpacked as the ends of their names say; see {@link Compression}.
     * @throws io.ghee.ConfigurationException if there is no file system for the scheme of the location
     */
    public static TextSource<String> lines(String location) {
        return lines(location, line -> line);
    }

    /**
     * The records that {@code decode} makes of the lines of files; see {@link #lines(String)}.
     *
     * @param decode throws {@link io.ghee.BadRecordException} for a malformed line; the file and the line number are added
     */
    public static <T> TextSource<T> lines(String location, RecordFunction<String, T> decode) {
        Shipping.check(decode, "Text.lines");
        return TextSource.of(Location.parse(location), decode);
    }

    /**
     * Writes one record a line, as {@link String#valueOf(Object)} has it, to one file per replica.
     *
     * @param directory absent or empty; it appears, with a file {@code _SUCCESS} in it, once all of it is written
     * @throws io.ghee.ConfigurationException if there is no file system for the scheme of the directory
     */
    public static FileSink<Object> to(String directory) {
        return FileSink.of(OutputDirectory.parse(directory), new TextFormat());
    }
}
