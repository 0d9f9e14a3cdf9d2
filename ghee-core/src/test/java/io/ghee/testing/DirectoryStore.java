package io.ghee.testing;

import io.ghee.train.CheckpointStore;
import io.ghee.train.Checkpointable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Checkpoints in a local directory, without any finesse. */
public record DirectoryStore(String directory) implements CheckpointStore {
    @Override
    public String describe() {
        return directory;
    }

    private Path path(String prefix, long step) {
        return Path.of(directory, prefix + step);
    }

    @Override
    public void write(long step, String part, Checkpointable.Snapshot content) throws IOException {
        Path hidden = Files.createDirectories(path("hidden-", step));
        try (OutputStream out = Files.newOutputStream(hidden.resolve(part))) {
            content.writeTo(out);
        }
    }

    @Override
    public void publish(long step) throws IOException {
        delete(step);
        Files.move(path("hidden-", step), path("", step));
    }

    @Override
    public List<Long> list() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(directory))) {
            return all.map(each -> each.getFileName().toString())
                    .filter(name -> name.matches("\\d+"))
                    .map(Long::valueOf)
                    .sorted()
                    .toList();
        }
    }

    @Override
    public InputStream read(long step, String part) throws IOException {
        return Files.newInputStream(path("", step).resolve(part));
    }

    @Override
    public void delete(long step) throws IOException {
        if (Files.exists(path("", step))) {
            delete(path("", step));
        }
    }

    @Override
    public void clear() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(directory))) {
            for (Path each : all.toList()) {
                delete(each);
            }
        }
    }

    private static void delete(Path checkpoint) throws IOException {
        try (Stream<Path> all = Files.list(checkpoint)) {
            for (Path each : all.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(checkpoint);
    }
}
