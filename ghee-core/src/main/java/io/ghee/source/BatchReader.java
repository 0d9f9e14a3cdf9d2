package io.ghee.source;

import io.ghee.Batch;
import org.jspecify.annotations.Nullable;

/**
 * A reader that can also hand on many records at once, column by column: where a stage begins with {@code batch}, no record is
 * made of a row. Used by one thread.
 *
 * @param <T> the records
 */
public interface BatchReader<T> extends SplitReader<T> {
    /**
     * The next records. Each has the {@linkplain #place place} that it would have as a single one; they are asked for in turn.
     *
     * @param most how many there may be, at least 1
     * @return at least one; null where {@link #next} is to be asked instead: at the end, before a malformed record, before one
     *     that columns have no place for
     * @throws io.ghee.InputException if the split is damaged; nothing more can be read
     */
    @Nullable
    Batch<T> nextBatch(int most) throws Exception;
}
