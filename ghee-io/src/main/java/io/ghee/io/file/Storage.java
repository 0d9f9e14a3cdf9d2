package io.ghee.io.file;

import io.ghee.GheeException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A file system, as far as sources and sinks need one. A path is a local one, or a URI of another scheme; both are cut at
 * {@code /}. Thread-safe.
 *
 * <p>Hadoop's classes are loaded for the paths of other schemes alone.
 */
interface Storage {
    /** A scheme has two letters or more: {@code C:/data} is a path. */
    Pattern SCHEME = Pattern.compile("([a-zA-Z][-+.a-zA-Z0-9]+):(/.*)");

    /** What a path of {@link Location} is on. */
    static Storage of(String path) {
        return SCHEME.matcher(path).matches() ? HadoopStorage.INSTANCE : LocalStorage.INSTANCE;
    }

    /**
     * The files that a location names, by path: itself, those in it, or those that match it.
     *
     * @throws GheeException if there are none, or one is unreadable
     */
    List<InputFile> find(Location location);

    /**
     * Opens a file at its start.
     *
     * @throws GheeException if it is not there, cannot be read, or the file system does not answer
     */
    StorageInput open(String path);

    /** Creates a file, or empties the one that is there. The stream is not buffered. */
    OutputStream create(String path) throws IOException;

    /** Creates an empty file, and fails if there is one. */
    void createNew(String path) throws IOException;

    /** The path from the root, without {@code .} and {@code ..} in it, and without a slash at its end. */
    String absolute(String path);

    /** Whether a path has nothing above it. Asks no server. */
    boolean isRoot(String path);

    boolean exists(String path) throws IOException;

    boolean isDirectory(String path) throws IOException;

    /** The names in a directory, in no order. */
    List<String> list(String directory) throws IOException;

    /** Makes a directory and those above it, unless it is there. */
    void makeDirectory(String path) throws IOException;

    /** Renames a file or a directory; there may be none of the new name. */
    void rename(String from, String to) throws IOException;

    /**
     * Renames a directory to one that is absent or empty, in one step where the file system can.
     *
     * @throws IOException if it is neither
     */
    void publish(String from, String to) throws IOException;

    /** Deletes what is there, and all below it. */
    void delete(String path) throws IOException;

    /** Whether something that is beside {@code target} can be renamed to it; not so if that is a mount point. */
    boolean canPublish(String target, String beside) throws IOException;

    /** What is to be thrown where {@code path} could not be written. */
    GheeException unwritable(String path, IOException e);

    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** A path beside another one. */
    static String sibling(String path, String name) {
        return path.substring(0, path.lastIndexOf('/') + 1) + name;
    }

    static boolean isHidden(String name) {
        return name.startsWith(".") || name.startsWith("_");
    }
}
