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
    /** How long a reader may wait for a record, in milliseconds. */
    int PATIENCE_MILLIS = 50;

    /**
     * The next record; or null at the end of the split, and where {@link #isOver} says that this is not the end, if there is
     * none at present. Then it has waited for one, but for no more than {@link #PATIENCE_MILLIS}, and will be asked again.
     *
     * <p>Any exception but these is taken for one of a function of the user, and ends the job.
     *
     * @throws io.ghee.BadRecordException if the next record is malformed; the one after it can be asked for
     * @throws io.ghee.InputException if the split is damaged; nothing more can be read
     */
    @Nullable
    T next() throws Exception;

    /** Whether a null was the end of the split, and not of what there is at present. */
    default boolean isOver() {
        return true;
    }

    /**
     * The place in the split of the record last returned or refused. Places go up, and are the same whoever reads the split
     * and whenever; they may leave some out.
     *
     * @param counted how many records of this reader came before, malformed ones included: the place, unless the storage
     *     numbers its records itself
     * @return at least 0, and less than 2^40
     */
    default long place(long counted) {
        return counted;
    }

    /** How many records of the split have not been returned yet, as its storage counts them; -1 if that is not known. */
    default long lag() {
        return -1;
    }

    /** How many malformed records this reader has put aside, instead of refusing them. */
    default long quarantined() {
        return 0;
    }

    /**
     * Behind the record last returned or refused, the least place that one which is still to come can have; -1 if that is not
     * known. Asked of {@linkplain UnboundedSource sources that never end}.
     */
    default long nextPlace() {
        return -1;
    }

    /** Where the record last returned (or refused) came from: {@code ratings.csv:17}. May be slow; for messages. */
    String position();

    @Override
    void close() throws IOException;
}
