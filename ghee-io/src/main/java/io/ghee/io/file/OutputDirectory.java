package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * <p>{@code _SUCCESS} holds the job's name. What no writer has reported as finished is deleted at the commit, and everything at the abort.
 */
record OutputDirectory(String path) implements Serializable {
    static final String SUCCESS = "_SUCCESS";
    /** Between the name that something will have and the number of the attempt that makes it. */
    private static final String ATTEMPT = "~";

    static OutputDirectory parse(String location) {
        OutputDirectory output = new OutputDirectory(Location.parse(location).path());
        check(!output.storage().isRoot(output.path), "output", location, "a directory that is not the root");
        return output;
    }

    private Storage storage() {
        return Storage.of(path);
    }

    private String target() {
        return storage().absolute(path);
    }

    /** Where the writers of a job write. */
    private String attempt(String job) {
        String target = target();
        return Storage.sibling(target, "." + Storage.name(target) + "." + job);
    }

    /**
     * Checks the target and makes the attempt directory.
     *
     * @throws GheeException of kind {@code COMMITTED} if an earlier driver of the same job has committed
     */
    void prepare(String job) {
        String target = target();
        String attempt = attempt(job);
        Storage storage = storage();
        try {
            if (storage.exists(target)) {
                check(storage.isDirectory(target), "output", path, "a directory; this is a file");
                if (isCommitted(storage, target, job)) {
                    throw new GheeException(
                            GheeException.Kind.COMMITTED,
                            path + " is complete: an earlier driver of job " + job + " has committed it, and was lost"
                                    + " before it could say so; what it has counted is lost with it");
                } else if (!storage.list(target).isEmpty()) {
                    throw new ConfigurationException(
                            path + " exists and is not empty (expected: a directory that is absent or empty)");
                }
            }
            storage.makeDirectory(attempt);
            if (!storage.canPublish(target, attempt)) {
                storage.delete(attempt);
                throw new ConfigurationException(
                        path + " is a mount point, onto which nothing can be renamed (expected: a directory below it)");
            }
        } catch (IOException e) {
            throw storage.unwritable(path, e);
        }
    }

    private static boolean isCommitted(Storage storage, String target, String job) throws IOException {
        String success = target + "/" + SUCCESS;
        if (!storage.exists(success)) {
            return false;
        }
        byte[] name = job.getBytes(StandardCharsets.UTF_8);
        try (StorageInput file = storage.open(success)) {
            return Arrays.equals(name, file.readNBytes(name.length + 1));
        }
    }

    /**
     * The path of something that a writer is going to make.
     *
     * @param writing the attempt of the last stage: what a later one makes must not meet what is left of an earlier one
     */
    String resolve(String job, String name, int writing) {
        return resolve(job, writing == 0 ? name : name + ATTEMPT + writing);
    }

    private String resolve(String job, String name) {
        String attempt = attempt(job);
        try {
            if (!storage().isDirectory(attempt)) {
                throw new InfrastructureException(attempt
                        + " is not there (expected: what the driver prepared; does this worker share its files?)");
            }
        } catch (IOException e) {
            throw storage().unwritable(attempt, e);
        }
        return attempt + "/" + name;
    }

    /**
     * Makes visible what was finished.
     *
     * @param finished names in the attempt directory; empty ones are of writers that wrote nothing
     * @param flatten the one whose content goes to the top, or null
     */
    void commit(String job, List<String> finished, @Nullable String flatten) {
        try {
            commit(storage(), attempt(job), job, finished, flatten);
        } catch (IOException e) {
            throw storage().unwritable(path, e);
        }
    }

    private void commit(Storage storage, String attempt, String job, List<String> finished, @Nullable String flatten)
            throws IOException {
        Set<String> kept = new HashSet<>(finished);
        kept.remove("");
        for (String name : kept) {
            if (!storage.exists(resolve(job, name))) {
                throw new InfrastructureException(resolve(job, name)
                        + " is not there (expected: what a worker has finished; do the workers share their files?)");
            }
        }
        for (String name : storage.list(attempt)) {
            if (!kept.contains(name)) {
                storage.delete(attempt + "/" + name);
            }
        }
        for (String name : kept) {
            int end = name.lastIndexOf(ATTEMPT);
            if (end > 0) {
                storage.rename(attempt + "/" + name, attempt + "/" + name.substring(0, end));
            }
        }
        if (flatten != null && storage.isDirectory(attempt + "/" + flatten)) {
            for (String name : storage.list(attempt + "/" + flatten)) {
                storage.rename(attempt + "/" + flatten + "/" + name, attempt + "/" + name);
            }
            storage.delete(attempt + "/" + flatten);
        }
        try (OutputStream success = storage.create(attempt + "/" + SUCCESS)) {
            success.write(job.getBytes(StandardCharsets.UTF_8));
        }
        storage.publish(attempt, target());
    }

    /** Deletes what the job has written. */
    void abort(String job) {
        try {
            storage().delete(attempt(job));
        } catch (IOException e) {
            throw storage().unwritable(attempt(job), e);
        }
    }
}
