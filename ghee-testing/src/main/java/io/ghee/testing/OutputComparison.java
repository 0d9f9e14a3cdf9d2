package io.ghee.testing;

import io.ghee.InputException;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The records that a run has written beside those it should have: as multisets, since the order of records and who writes
 * them is free. Immutable.
 *
 * @param expected how many records there should be
 * @param actual how many there are
 * @param deviations the records that are there too often or not often enough
 */
public record OutputComparison(long expected, long actual, List<Deviation> deviations) {
    private static final int SHOWN = 20;

    public OutputComparison {
        deviations = List.copyOf(deviations);
    }

    /** A record that is there {@code actual} times and not {@code expected} times. */
    public record Deviation(String record, long expected, long actual) {
        @Override
        public String toString() {
            return record + " (" + actual + " times, expected: " + expected + ")";
        }
    }

    private static final class Count {
        private long expected;
        private long actual;
    }

    /** Compares records, which must have {@code equals} and {@code hashCode}. */
    public static OutputComparison of(Collection<?> expected, Collection<?> actual) {
        Map<Object, Count> counts = new LinkedHashMap<>();
        expected.forEach(record -> counts.computeIfAbsent(record, unused -> new Count()).expected++);
        actual.forEach(record -> counts.computeIfAbsent(record, unused -> new Count()).actual++);
        List<Deviation> deviations = new ArrayList<>();
        counts.forEach((record, count) -> {
            if (count.expected != count.actual) {
                deviations.add(new Deviation(String.valueOf(record), count.expected, count.actual));
            }
        });
        return new OutputComparison(expected.size(), actual.size(), deviations);
    }

    /** Compares the {@link #lines} of two directories. */
    public static OutputComparison ofDirectories(Path expected, Path actual) {
        return of(lines(expected), lines(actual));
    }

    /**
     * The lines of all files in a directory and those below it, but for the files and directories that are hidden: whose
     * names start with {@code .} or {@code _}.
     *
     * @throws InputException if the directory is missing or a file cannot be read as UTF-8
     */
    public static List<String> lines(Path directory) {
        List<String> lines = new ArrayList<>();
        try {
            Files.walkFileTree(directory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                    return isHidden(path) && !path.equals(directory)
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                    if (!isHidden(path)) {
                        lines.addAll(Files.readAllLines(path));
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new InputException(directory + " cannot be read: " + e + " (expected: what a job has written)", e);
        }
        return lines;
    }

    private static boolean isHidden(Path path) {
        String name = String.valueOf(path.getFileName());
        return name.startsWith(".") || name.startsWith("_");
    }

    public boolean isSame() {
        return deviations.isEmpty();
    }

    /** The records that are there more often than expected. */
    public List<Deviation> duplicates() {
        return some(deviation -> deviation.expected() > 0 && deviation.actual() > deviation.expected());
    }

    /** The records that are there less often than expected. */
    public List<Deviation> gaps() {
        return some(deviation -> deviation.actual() < deviation.expected());
    }

    /** The records that are there and should not be at all. */
    public List<Deviation> strangers() {
        return some(deviation -> deviation.expected() == 0);
    }

    private List<Deviation> some(Predicate<Deviation> which) {
        return deviations.stream().filter(which).toList();
    }

    /** What differs: how many duplicates, gaps and strangers, and the first 20 of each. */
    public String summary() {
        if (isSame()) {
            return actual + " records, all as expected";
        }
        StringBuilder text = new StringBuilder(actual + " records (expected: " + expected + ")");
        list(text, "duplicates", duplicates());
        list(text, "gaps", gaps());
        list(text, "strangers", strangers());
        return text.toString();
    }

    private static void list(StringBuilder text, String what, List<Deviation> some) {
        if (some.isEmpty()) {
            return;
        }
        long records = some.stream()
                .mapToLong(deviation -> Math.abs(deviation.actual() - deviation.expected()))
                .sum();
        text.append("\n  ").append(what).append(": ").append(records).append(" of ");
        text.append(some.size()).append(" different records");
        some.stream().limit(SHOWN).forEach(deviation -> text.append("\n    ").append(deviation));
        if (some.size() > SHOWN) {
            text.append("\n    and ").append(some.size() - SHOWN).append(" more");
        }
    }

    /**
     * Does nothing if the output is as it should be.
     *
     * @throws AssertionError with the {@link #summary} if it is not
     */
    public void check() {
        if (!isSame()) {
            throw new AssertionError(summary());
        }
    }
}
