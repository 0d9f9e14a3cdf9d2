package io.ghee.agent;

import io.ghee.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The digests of the jars of a directory in a file beside them, so that not every JVM need read every jar as it starts. What
 * the file says of a jar holds while its size and time are as the file says; else the jar is read.
 *
 * <p>For jars that are put there once, under one name, as an image's are. Immutable.
 */
public final class KnownJars {
    /** The name of the file. */
    public static final String FILE = "ghee-jars.sha256";

    /** What the file says of one jar. */
    private record Known(String sha256, long bytes, FileTime modified) {}

    private final Map<String, Known> jars = new HashMap<>();

    private KnownJars() {}

    /**
     * What the file is to say of these jars, a line for each: digest, size in bytes, time in milliseconds, and name.
     *
     * @param modified the time of the jars where the file will lie
     * @throws ConfigurationException if a jar cannot be read
     */
    public static String describe(List<Path> jars, FileTime modified) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Path jar : jars) {
            ClassPathDigest.Entry entry =
                    ClassPathDigest.of(jar.toString()).entries().get(0);
            lines.append(entry.sha256()).append(' ');
            lines.append(Files.size(jar)).append(' ');
            lines.append(modified.toMillis()).append(' ');
            lines.append(entry.name()).append('\n');
        }
        return lines.toString();
    }

    /**
     * Those of a directory; none if there is no file.
     *
     * @throws ConfigurationException if the file is no such file
     */
    static KnownJars in(Path directory) throws IOException {
        KnownJars known = new KnownJars();
        Path file = directory.resolve(FILE);
        try {
            for (String line : Files.readAllLines(file)) {
                known.add(file, line);
            }
        } catch (NoSuchFileException e) {
            return known;
        }
        return known;
    }

    private void add(Path file, String line) {
        String[] parts = line.split(" ", 4);
        try {
            FileTime modified = FileTime.fromMillis(Long.parseLong(parts[2]));
            jars.put(parts[3], new Known(parts[0], Long.parseLong(parts[1]), modified));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            throw new ConfigurationException(
                    file + ": \"" + line + "\" (expected: digest, size, time and name of a jar)", e);
        }
    }

    /** The digest of a jar of this size and time, or null if it is not known. */
    @Nullable
    String digest(Path jar, long bytes, FileTime modified) {
        Known known = jars.get(String.valueOf(jar.getFileName()));
        return known != null && known.bytes == bytes && known.modified.toMillis() == modified.toMillis()
                ? known.sha256
                : null;
    }
}
