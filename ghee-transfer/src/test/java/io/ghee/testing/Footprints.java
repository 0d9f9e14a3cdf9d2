package io.ghee.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Lets processes see how far each other are: who passes leaves a file, and others can wait for so many of them.
 *
 * @param directory an existing directory for the files of this purpose alone
 */
public record Footprints(String directory) implements Serializable {
    private static final Duration DEADLINE = Duration.ofSeconds(20);

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

    /** How often a replica has passed. */
    public long of(int replica) {
        return count(replica + "-");
    }

    public long all() {
        return count("");
    }

    private long count(String prefix) {
        try (Stream<Path> files = Files.list(Path.of(directory))) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until all replicas together have passed so often. */
    public void awaitAll(long times) {
        await().atMost(DEADLINE).pollInterval(Duration.ofMillis(5)).until(() -> all() >= times);
    }

    /** Waits until a replica has passed so often. */
    public void awaitReplica(int replica, long times) {
        await().atMost(DEADLINE).pollInterval(Duration.ofMillis(5)).until(() -> of(replica) >= times);
    }
}
