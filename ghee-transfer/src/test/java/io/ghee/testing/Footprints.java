package io.ghee.testing;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Lets a test see how far other processes are: who passes leaves a file.
 *
 * @param directory an existing directory for the files of this purpose alone
 */
public record Footprints(String directory) implements Serializable {
    public static Footprints in(Path directory) {
        try {
            return new Footprints(Files.createDirectories(directory).toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void leave(int replica) {
        try {
            Files.createFile(Path.of(directory, replica + "-" + UUID.randomUUID()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often all replicas together have passed. */
    public long all() {
        try (Stream<Path> files = Files.list(Path.of(directory))) {
            return files.count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
