package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A directory that appears complete, or not at all. The writers work in an attempt directory beside it, whose name is
 * hidden and the job's own; the commit renames that to the target, in one step of the file system. For {@code
 * models/fm}:
 *
 * <pre>
 *   models/.fm.movielens-x7/part-00000.txt      while the job runs
 *   models/fm/part-00000.txt, models/fm/_SUCCESS   after the commit
 * </pre>
 *
 * <p>What no writer has reported as finished is deleted at the commit, and everything at the abort.
 */
record OutputDirectory(String path) implements Serializable {
    private static final String SUCCESS = "_SUCCESS";
    /** Between the name that something will have and the number of the attempt that makes it. */
    private static final String ATTEMPT = "~";

    static OutputDirectory parse(String location) {
        OutputDirectory output = new OutputDirectory(Location.parse(location).path());
        check(output.target().getFileName() != null, "output", location, "a directory that is not the root");
        return output;
    }

    private Path target() {
        return Path.of(path).toAbsolutePath().normalize();
    }

    /** Where the writers of a job write. */
    private Path attempt(String job) {
        return target().resolveSibling("." + target().getFileName() + "." + job);
    }

    /** Checks the target and makes the attempt directory. */
    void prepare(String job) {
        Path target = target();
        Path attempt = attempt(job);
        try {
            if (Files.exists(target)) {
                check(Files.isDirectory(target), "output", path, "a directory; this is a file");
                try (Stream<Path> content = Files.list(target)) {
                    if (content.findAny().isPresent()) {
                        throw new ConfigurationException(
                                path + " exists and is not empty (expected: a directory that is absent or empty)");
                    }
                }
            }
            Files.createDirectories(attempt);
            if (Files.exists(target) && !Files.getFileStore(target).equals(Files.getFileStore(attempt))) {
                Files.delete(attempt);
                throw new ConfigurationException(
                        path + " is a mount point, onto which nothing can be renamed (expected: a directory below it)");
            }
        } catch (IOException e) {
            throw new ConfigurationException(
                    path + " cannot be written: " + e + " (expected: a writable directory)", e);
        }
    }

    /**
     * The path of something that a writer is going to make.
     *
     * @param writing the attempt of the last stage: what a later one makes must not meet what is left of an earlier one
     */
    Path resolve(String job, String name, int writing) {
        return resolve(job, writing == 0 ? name : name + ATTEMPT + writing);
    }

    private Path resolve(String job, String name) {
        Path attempt = attempt(job);
        if (!Files.isDirectory(attempt)) {
            throw new InfrastructureException(
                    attempt + " is not there (expected: what the driver prepared; does this worker share its files?)");
        }
        return attempt.resolve(name);
    }

    /**
     * Makes visible what was finished.
     *
     * @param finished names in the attempt directory; empty ones are of writers that wrote nothing
     * @param flatten the one whose content goes to the top, or null
     */
    void commit(String job, List<String> finished, @Nullable String flatten) throws IOException {
        Set<String> kept = new HashSet<>(finished);
        kept.remove("");
        for (String name : kept) {
            if (!Files.exists(resolve(job, name))) {
                throw new InfrastructureException(resolve(job, name)
                        + " is not there (expected: what a worker has finished; do the workers share their files?)");
            }
        }
        for (Path each : list(attempt(job))) {
            if (!kept.contains(String.valueOf(each.getFileName()))) {
                delete(each);
            }
        }
        for (String name : kept) {
            int end = name.lastIndexOf(ATTEMPT);
            if (end > 0) {
                Files.move(resolve(job, name), resolve(job, name.substring(0, end)));
            }
        }
        if (flatten != null && Files.isDirectory(attempt(job).resolve(flatten))) {
            for (Path each : list(attempt(job).resolve(flatten))) {
                Files.move(each, attempt(job).resolve(each.getFileName()));
            }
            Files.delete(attempt(job).resolve(flatten));
        }
        Files.createFile(attempt(job).resolve(SUCCESS));
        Files.deleteIfExists(target());
        Files.move(attempt(job), target(), StandardCopyOption.ATOMIC_MOVE);
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> content = Files.list(directory)) {
            return content.toList();
        }
    }

    /** Deletes what the job has written. */
    void abort(String job) throws IOException {
        delete(attempt(job));
    }

    private static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
