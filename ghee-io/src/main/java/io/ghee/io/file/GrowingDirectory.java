package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.InfrastructureException;
import io.ghee.sink.ResumableSink;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A directory in which files appear as writers commit them, each time with the position of the job. For {@code clicks}, a job
 * in its third attempt:
 *
 * <pre>
 *   clicks/part-00002-00000-000007.csv      committed: by attempt 2, writer 0, as its eighth file
 *   clicks/_SUCCESS                         when the job has ended
 *   clicks/_ghee/JOB/2.claim                some driver has taken number 2
 *   clicks/_ghee/JOB/2/begin                its position when it began
 *   clicks/_ghee/JOB/2/part-...             being written, or not yet renamed
 *   clicks/_ghee/JOB/2/commit-00000-000007  the names of files that are committed, and the position
 *   clicks/_ghee/JOB/1.over/...             an earlier attempt, whose writers can commit no more
 * </pre>
 *
 * <p>The steps that decide are single ones of the file system. A commit is made when its file gets its name; whoever takes
 * over then gives the files theirs, if the writer has not come to it. A driver takes over by the next claim, of which there
 * is one, and by renaming the directory of the attempt before, in which no path of its writers leads anywhere from then on.
 */
final class GrowingDirectory {
    private static final String OWN = "_ghee";
    private static final String CLAIM = ".claim";
    private static final String OVER = ".over";
    private static final String BEGIN = "begin";
    private static final String COMMIT = "commit-";
    private static final String PART = "part-";
    /** Before the name of what is not complete. */
    private static final String HIDDEN = ".";

    private static final int VERSION = 1;

    private final Storage storage;
    private final String target;
    private final String job;
    private final String own;

    GrowingDirectory(String path, String job) {
        this.storage = Storage.of(path);
        this.target = storage.absolute(path);
        this.job = job;
        this.own = target + "/" + OWN + "/" + job;
    }

    /** What a commit leaves: the files it is about, and the position. */
    private record Entry(List<String> files, byte[] position) {}

    /** See {@link ResumableSink#takeOver}. */
    ResumableSink.Taken takeOver(int last) {
        try {
            checkTarget();
            int attempt = claim(last);
            List<byte[]> positions = new ArrayList<>();
            String before = closeAll(attempt);
            if (before != null) {
                for (String name : storage.list(before)) {
                    if (name.equals(BEGIN) || name.startsWith(COMMIT)) {
                        Entry entry = read(before + "/" + name);
                        publish(before, entry.files());
                        positions.add(entry.position());
                    }
                }
            }
            return new ResumableSink.Taken(attempt, positions);
        } catch (IOException e) {
            throw storage.unwritable(target, e);
        }
    }

    private void checkTarget() throws IOException {
        if (!storage.exists(target)) {
            return;
        }
        check(storage.isDirectory(target), "output", target, "a directory; this is a file");
        if (storage.exists(own)) {
            if (!storage.exists(target + "/" + OutputDirectory.SUCCESS)) {
                return;
            }
            // The job has ended, and its driver died before it came to this.
            storage.delete(target + "/" + OWN);
        }
        List<String> content = storage.list(target);
        check(
                content.isEmpty(),
                "output",
                target,
                content.contains(OWN)
                        ? "a directory that no other job writes to, as " + storage.list(target + "/" + OWN) + " does"
                        : "a directory that is absent or empty, or that job " + job + " has begun and not ended");
    }

    private int claim(int last) throws IOException {
        storage.makeDirectory(own);
        int highest = -1;
        for (String name : storage.list(own)) {
            highest = Math.max(highest, number(name));
        }
        if (last >= 0 && highest != last) {
            throw takenOver(last);
        }
        try {
            storage.createNew(claim(own, highest + 1));
        } catch (IOException e) {
            if (storage.exists(claim(own, highest + 1))) {
                throw takenOver(last);
            }
            throw e;
        }
        return highest + 1;
    }

    private static String claim(String own, int attempt) {
        return own + "/" + attempt + CLAIM;
    }

    /** The attempt that a name here is about. */
    private static int number(String name) {
        int dot = name.indexOf('.');
        String digits = dot < 0 ? name : name.substring(0, dot);
        return digits.chars().allMatch(Character::isDigit) && !digits.isEmpty() ? Integer.parseInt(digits) : -1;
    }

    private InfrastructureException takenOver(int attempt) {
        return new InfrastructureException(target + " was taken over by another job of the name " + job
                + (attempt < 0 ? "" : ", after attempt " + attempt + " of this one") + " (expected: one at a time)");
    }

    /** Sees to it that no writer of an attempt before this one can commit; returns where the last one's commits are. */
    private @Nullable String closeAll(int attempt) throws IOException {
        int highest = -1;
        for (String name : storage.list(own)) {
            int number = number(name);
            if (number < attempt && name.equals(String.valueOf(number))) {
                close(own + "/" + name);
            }
            if (number < attempt && !name.endsWith(CLAIM)) {
                highest = Math.max(highest, number);
            }
        }
        return highest < 0 ? null : own + "/" + highest + OVER;
    }

    private void close(String attempt) throws IOException {
        if (storage.exists(attempt + OVER)) {
            // It is closed: some file systems have made another directory for what its writers still tried to write.
            storage.delete(attempt);
        } else {
            storage.rename(attempt, attempt + OVER);
        }
    }

    private Entry read(String path) throws IOException {
        try (DataInputStream in = new DataInputStream(storage.open(path))) {
            int version = in.readInt();
            check(version == VERSION, "version of " + path, version, String.valueOf(VERSION));
            List<String> files = new ArrayList<>();
            for (int left = in.readInt(); left > 0; left--) {
                files.add(in.readUTF());
            }
            return new Entry(files, in.readAllBytes());
        }
    }

    private void write(String directory, String name, Entry entry) throws IOException {
        String hidden = directory + "/" + HIDDEN + name;
        try (DataOutputStream out = new DataOutputStream(storage.create(hidden))) {
            out.writeInt(VERSION);
            out.writeInt(entry.files().size());
            for (String file : entry.files()) {
                out.writeUTF(file);
            }
            out.write(entry.position());
        }
        storage.rename(hidden, directory + "/" + name);
    }

    /** Gives committed files their place, but for those that have it. */
    private void publish(String directory, List<String> files) throws IOException {
        for (String file : files) {
            if (storage.exists(directory + "/" + file)) {
                storage.rename(directory + "/" + file, target + "/" + file);
            }
        }
    }

    /** See {@link ResumableSink#begin}. */
    void begin(int attempt, byte[] position) {
        try {
            String hidden = own + "/" + HIDDEN + attempt;
            storage.makeDirectory(hidden);
            write(hidden, BEGIN, new Entry(List.of(), position));
            storage.rename(hidden, own + "/" + attempt);
            // Whoever has claimed a later number may have looked before the directory was there.
            for (String name : storage.list(own)) {
                if (number(name) > attempt) {
                    throw takenOver(attempt);
                }
            }
            for (String name : storage.list(own)) {
                int number = number(name.startsWith(HIDDEN) ? name.substring(HIDDEN.length()) : name);
                if (number >= 0 && number < attempt) {
                    storage.delete(own + "/" + name);
                }
            }
        } catch (IOException e) {
            throw storage.unwritable(target, e);
        }
    }

    /** If the job has begun to commit here on the way. */
    boolean isThere() throws IOException {
        return storage.isDirectory(own);
    }

    /** If an attempt of this job has begun here. */
    boolean hasBegun(int attempt) throws IOException {
        return storage.exists(own + "/" + attempt + "/" + BEGIN);
    }

    /** The name of a file of a writer. */
    static String name(int attempt, int writer, int number) {
        return String.format(Locale.ROOT, PART + "%05d-%05d-%06d", attempt, writer, number);
    }

    /** Where a writer writes a file until it is committed. */
    String path(int attempt, String name) {
        return own + "/" + attempt + "/" + name;
    }

    /**
     * Commits files, in one step.
     *
     * @param number counts the commits of this writer
     */
    void commit(int attempt, int writer, int number, List<String> files, byte[] position) {
        String directory = own + "/" + attempt;
        try {
            try {
                write(directory, entry(writer, number), new Entry(files, position));
                publish(directory, files);
            } catch (IOException e) {
                checkBegun(attempt);
                throw e;
            }
            // Where the directory has gone, some file systems make another one for the entry.
            checkBegun(attempt);
            if (number > 0) {
                storage.delete(directory + "/" + entry(writer, number - 1));
            }
        } catch (IOException e) {
            throw storage.unwritable(directory, e);
        }
    }

    /** Throws if the attempt is over: then that is why nothing can be written. */
    void checkBegun(int attempt) throws IOException {
        if (!hasBegun(attempt)) {
            throw takenOver(attempt);
        }
    }

    private static String entry(int writer, int number) {
        return String.format(Locale.ROOT, COMMIT + "%05d-%06d", writer, number);
    }

    /** The job has ended. */
    void end() {
        try {
            storage.createNew(target + "/" + OutputDirectory.SUCCESS);
            storage.delete(target + "/" + OWN);
        } catch (IOException e) {
            throw storage.unwritable(target, e);
        }
    }
}
