package io.ghee.io.file;

import io.ghee.train.CheckpointStore;
import io.ghee.train.Checkpointable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checkpoints as directories of a file system, of Hadoop or the local one:
 *
 * <pre>
 *   checkpoints/fm/.step-000000002000/state-1f     while it is written
 *   checkpoints/fm/step-000000001000/state-7a, position
 *   checkpoints/fm/notes/...                        what outlives them
 * </pre>
 */
public record CheckpointFiles(String directory) implements CheckpointStore {
    private static final String HIDDEN = ".step-";
    private static final Pattern STEP = Pattern.compile("step-(\\d{12})");

    /**
     * Checkpoints in a directory, which no other pipeline uses for its own.
     *
     * @throws io.ghee.ConfigurationException if there is no file system for its scheme
     */
    public static CheckpointStore in(String directory) {
        return new CheckpointFiles(
                Storage.of(directory).absolute(Location.parse(directory).path()));
    }

    @Override
    public String describe() {
        return "checkpoints in " + directory;
    }

    private Storage storage() {
        return Storage.of(directory);
    }

    private String path(long step) {
        return directory + "/" + name(step);
    }

    private String hidden(long step) {
        return directory + "/." + name(step);
    }

    private static String name(long step) {
        return "step-%012d".formatted(step);
    }

    @Override
    public void write(long step, String part, Checkpointable.Snapshot content) throws IOException {
        Storage storage = storage();
        storage.makeDirectory(hidden(step));
        write(storage, hidden(step), part, content);
    }

    private static void write(Storage storage, String into, String name, Checkpointable.Snapshot content)
            throws IOException {
        String unfinished = into + "/." + name + "." + UUID.randomUUID();
        try (OutputStream out = storage.create(unfinished)) {
            content.writeTo(out);
        } catch (IOException | RuntimeException e) {
            storage.delete(unfinished);
            throw e;
        }
        String finished = into + "/" + name;
        storage.delete(finished);
        storage.rename(unfinished, finished);
    }

    private String notesDirectory() {
        return directory + "/notes";
    }

    @Override
    public void note(String name, Checkpointable.Snapshot content) throws IOException {
        Storage storage = storage();
        storage.makeDirectory(notesDirectory());
        write(storage, notesDirectory(), name, content);
    }

    @Override
    public List<String> notes() throws IOException {
        Storage storage = storage();
        return storage.exists(notesDirectory()) ? storage.list(notesDirectory()) : List.of();
    }

    @Override
    public InputStream readNote(String name) throws IOException {
        return storage().open(notesDirectory() + "/" + name);
    }

    @Override
    public void publish(long step) throws IOException {
        storage().delete(path(step));
        storage().rename(hidden(step), path(step));
        for (String name : storage().list(directory)) {
            // What others had begun, which nobody will end any more.
            if (name.startsWith(HIDDEN) && name.compareTo("." + name(step)) < 0) {
                storage().delete(directory + "/" + name);
            }
        }
    }

    @Override
    public List<Long> list() throws IOException {
        List<Long> steps = new ArrayList<>();
        if (storage().exists(directory)) {
            for (String name : storage().list(directory)) {
                Matcher step = STEP.matcher(name);
                if (step.matches()) {
                    steps.add(Long.valueOf(step.group(1)));
                }
            }
        }
        steps.sort(null);
        return steps;
    }

    @Override
    public InputStream read(long step, String part) throws IOException {
        String path = path(step) + "/" + part;
        if (!storage().exists(path)) {
            throw new FileNotFoundException(path);
        }
        return storage().open(path);
    }

    @Override
    public void clear() throws IOException {
        if (storage().exists(directory)) {
            for (String name : storage().list(directory)) {
                if (STEP.matcher(name).matches() || name.startsWith(HIDDEN)) {
                    storage().delete(directory + "/" + name);
                }
            }
        }
    }

    @Override
    public void delete(long step) throws IOException {
        storage().delete(path(step));
    }
}
