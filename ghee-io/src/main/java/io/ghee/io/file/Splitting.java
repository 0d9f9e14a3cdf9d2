package io.ghee.io.file;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Makes splits of files: big ones are cut, small ones that follow each other are packed into one split. Files come in their
 * order, and so do the pieces of each. Empty files have no split.
 *
 * <p>A file with blocks is cut at their edges, and blocks longer than a split into equal pieces, so that each piece lies on
 * one machine; another file is cut at multiples of the size of a split.
 */
final class Splitting {
    /** Lets this choose. */
    static final long DEFAULT_SIZE = 0;

    private static final long MIN_SIZE = 1L << 20;
    private static final long MAX_SIZE = 128L << 20;
    /** What is worth the opening of a file. */
    private static final long SMALLEST = 64L << 10;

    private static final int SPLITS = 10_000;
    private static final int SPLITS_PER_READER = 4;
    /** So many that a split stays cheap to send. */
    private static final int MAX_PIECES = 4096;

    private static final int MAX_HOSTS = 3;

    private final long size;
    private final List<PackedSplit> splits = new ArrayList<>();
    private final List<InputFile> small = new ArrayList<>();
    private final List<FileSplit> pack = new ArrayList<>();
    private long smallBytes;

    private Splitting(long size) {
        this.size = size;
    }

    /**
     * Cuts and packs.
     *
     * @param size of a split, in bytes, or {@link #DEFAULT_SIZE}
     * @param whole says which files cannot be cut
     */
    static List<PackedSplit> of(List<InputFile> files, long size, Predicate<InputFile> whole, int readers) {
        long total = files.stream().mapToLong(InputFile::bytes).sum();
        Splitting splitting = new Splitting(size == DEFAULT_SIZE ? defaultSize(total, readers) : size);
        for (InputFile file : files) {
            if (file.bytes() > 0) {
                splitting.add(file, whole.test(file));
            }
        }
        splitting.closePack();
        return splitting.splits;
    }

    /** Between 1 and 128 MiB, for 10,000 splits at most where that allows it; less where readers would have nothing to do. */
    private static long defaultSize(long total, int readers) {
        long size = Math.min(Math.max(total / SPLITS, MIN_SIZE), MAX_SIZE);
        long share = total / ((long) readers * SPLITS_PER_READER) + 1;
        return Math.min(size, Math.max(share, SMALLEST));
    }

    private void add(InputFile file, boolean whole) {
        if (smallBytes + file.bytes() > size || small.size() == MAX_PIECES) {
            closePack();
        }
        if (file.bytes() <= size) {
            small.add(file);
            pack.add(whole ? new FileSplit(file.path()) : new FileSplit(file.path(), 0, file.bytes()));
            smallBytes += file.bytes();
        } else if (whole) {
            splits.add(new PackedSplit(List.of(new FileSplit(file.path())), hosts(List.of(file), 0, file.bytes())));
        } else if (file.blocks().isEmpty()) {
            cut(file, 0, file.bytes(), size);
        } else {
            cutAtBlocks(file);
        }
    }

    private void closePack() {
        if (!small.isEmpty()) {
            splits.add(new PackedSplit(List.copyOf(pack), hosts(small, 0, Long.MAX_VALUE)));
            small.clear();
            pack.clear();
            smallBytes = 0;
        }
    }

    private void cutAtBlocks(InputFile file) {
        long start = 0;
        List<InputFile.Block> blocks = file.blocks();
        for (int k = 0; k < blocks.size(); k++) {
            boolean last = k == blocks.size() - 1;
            long end = last ? file.bytes() : blocks.get(k).end();
            if (last || blocks.get(k + 1).end() - start > size) {
                long pieces = Math.max(1, (end - start + size - 1) / size);
                cut(file, start, end, (end - start + pieces - 1) / pieces);
                start = end;
            }
        }
    }

    private void cut(InputFile file, long start, long end, long step) {
        for (long at = start; at < end; at += step) {
            long next = Math.min(end, at + step);
            splits.add(new PackedSplit(List.of(new FileSplit(file.path(), at, next)), hosts(List.of(file), at, next)));
        }
    }

    /** Those that hold the most of the bytes of {@code [start, end)} of the files. */
    private static List<String> hosts(List<InputFile> files, long start, long end) {
        Map<String, Long> bytes = new HashMap<>();
        for (InputFile file : files) {
            for (InputFile.Block block : file.blocks()) {
                long overlap = Math.min(end, block.end()) - Math.max(start, block.start());
                if (overlap > 0) {
                    block.hosts().forEach(host -> bytes.merge(host, overlap, Long::sum));
                }
            }
        }
        return bytes.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(MAX_HOSTS)
                .map(Map.Entry::getKey)
                .toList();
    }
}
