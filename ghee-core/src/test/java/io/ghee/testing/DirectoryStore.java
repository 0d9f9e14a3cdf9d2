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
            for (Path each : all.filter(each -> !each.equals(notesDirectory())).toList()) {
                delete(each);
            }
        }
    }

    private Path notesDirectory() {
        return Path.of(directory, "notes");
    }

    @Override
    public void note(String name, Checkpointable.Snapshot content) throws IOException {
        Files.createDirectories(notesDirectory());
        try (OutputStream out = Files.newOutputStream(notesDirectory().resolve(name))) {
            content.writeTo(out);
        }
    }

    @Override
    public List<String> notes() throws IOException {
        if (!Files.exists(notesDirectory())) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(notesDirectory())) {
            return all.map(each -> each.getFileName().toString()).toList();
        }
    }

    @Override
    public InputStream readNote(String name) throws IOException {
        return Files.newInputStream(notesDirectory().resolve(name));
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
