package io.ghee.source;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of one split, in order. Used by one thread.
 *
 * <p>A split may be read again after a worker was lost, and what has arrived is then told by its place: so every reader of a
 * split must return the same records, and refuse the same ones, in the same order.
 *
 * @param <T> the records
 */
public interface SplitReader<T> extends AutoCloseable {
    /**
     * The next record, or null at the end of the split.
     *
     * <p>Any exception but these is taken for one of a function of the user, and ends the job.
     *
     * @throws io.ghee.BadRecordException if the next record is malformed; the one after it can be asked for
     * @throws io.ghee.InputException if the split is damaged; nothing more can be read
     */
    @Nullable
    T next() throws Exception;

    /** Where the record last returned (or refused) came from: {@code ratings.csv:17}. May be slow; for messages. */
    String position();

    @Override
    void close() throws IOException;
}
