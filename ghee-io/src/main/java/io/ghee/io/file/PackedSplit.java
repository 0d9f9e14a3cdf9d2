package io.ghee.io.file;

import io.ghee.source.Split;
import java.util.List;

/**
 * Pieces of files that are read one after the other: one piece of a big file, or many small files.
 *
 * @param pieces at least one
 * @param hosts the machines on which most of it lies, the best first; empty where nobody knows
 */
record PackedSplit(List<FileSplit> pieces, List<String> hosts) implements Split {
    PackedSplit(FileSplit piece) {
        this(List.of(piece), List.of());
    }

    @Override
    public String describe() {
        String first = pieces.get(0).describe();
        return pieces.size() == 1 ? first : first + " and " + (pieces.size() - 1) + " more";
    }
}
