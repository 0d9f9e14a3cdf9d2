package io.ghee.io.file;

import java.util.List;

/**
 * A file and how long it is.
 *
 * @param blocks in their order, covering the file; empty where the file system has none, or does not tell
 */
record InputFile(String path, long bytes, List<Block> blocks) {
    InputFile(String path, long bytes) {
        this(path, bytes, List.of());
    }

    /** Such a file is read from its start. */
    boolean isCompressed() {
        return Compression.of(path) != Compression.NONE;
    }

    /** The bytes of {@code [start, end)}, and the machines they lie on. */
    record Block(long start, long end, List<String> hosts) {}
}
