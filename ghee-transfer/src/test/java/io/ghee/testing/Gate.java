package io.ghee.testing;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a test hold up functions in other processes: who comes waits until it is open.
 *
 * @param file is there once it is open
 */
public record Gate(String file) implements Serializable {
    private static final Duration DEADLINE = Duration.ofSeconds(120);

    public static Gate in(Path directory) {
        return new Gate(directory.resolve("gate").toString());
    }

    public void pass() {
        long start = System.nanoTime();
        while (!Files.exists(Path.of(file))) {
            if (System.nanoTime() - start > DEADLINE.toNanos()) {
                throw new IllegalStateException(file + " has not been opened for " + DEADLINE.toSeconds() + " s");
            }
            LockSupport.parkNanos(5_000_000);
        }
    }

    public void open() {
        try {
            Files.createFile(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
