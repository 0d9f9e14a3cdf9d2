package io.ghee.io.file;

import io.ghee.source.Split;
import java.util.ArrayList;
import java.util.List;

/**
 * The lines of a file that start at a byte of {@code [start, end)}.
 *
 * @param end exclusive; {@link #WHOLE} for a file that is read from its start to its end, however long it is
 */
record FileSplit(String path, long start, long end) implements Split {
    static final long WHOLE = Long.MAX_VALUE;
    /** Lets {@link #cut} choose. */
    static final long DEFAULT_SIZE = 0;

    private static final long MIN_SIZE = 1L << 20;
    private static final long MAX_SIZE = 128L << 20;
    /** What is worth the opening of a file. */
    private static final long SMALLEST = 64L << 10;

    private static final int SPLITS = 10_000;
    private static final int SPLITS_PER_READER = 4;

    /**
     * Cuts files at multiples of a size. Compressed files are not cut; empty ones have no split.
     *
     * @param size in bytes, or {@link #DEFAULT_SIZE}
     * @param whole true to cut no file
     */
    static List<FileSplit> cut(List<InputFile> files, long size, boolean whole, int readers) {
        long total = files.stream().mapToLong(InputFile::bytes).sum();
        long step = size == DEFAULT_SIZE ? defaultSize(total, readers) : size;
        List<FileSplit> splits = new ArrayList<>();
        for (InputFile file : files) {
            if (file.bytes() == 0) {
                continue;
            }
            if (whole || isGzip(file.path())) {
                splits.add(new FileSplit(file.path(), 0, WHOLE));
                continue;
            }
            for (long start = 0; start < file.bytes(); start += step) {
                splits.add(new FileSplit(file.path(), start, Math.min(file.bytes(), start + step)));
            }
        }
        return splits;
    }

    /** Between 1 and 128 MiB, for 10,000 splits at most where that allows it; less where readers would have nothing to do. */
    private static long defaultSize(long total, int readers) {
        long size = Math.min(Math.max(total / SPLITS, MIN_SIZE), MAX_SIZE);
        long share = total / ((long) readers * SPLITS_PER_READER) + 1;
        return Math.min(size, Math.max(share, SMALLEST));
    }

    static boolean isGzip(String path) {
        return path.endsWith(".gz");
    }

    @Override
    public String describe() {
        return end == WHOLE ? path : path + "[" + start + ", " + end + ")";
    }
}
