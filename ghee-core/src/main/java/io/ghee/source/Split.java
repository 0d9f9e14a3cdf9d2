package io.ghee.source;

import java.io.Serializable;
import java.util.List;

/**
 * One independently readable piece of a source: a value, cheap to send. Implement it as a record, of components that
 * Kryo can write.
 */
public interface Split extends Serializable {
    /** What a person would call it: {@code ratings.csv[0, 1048576)}. */
    String describe();

    /**
     * What tells it from all other splits of the source, today and when the job is started again; {@link #describe} unless
     * that says more than which one it is.
     */
    default String id() {
        return describe();
    }

    /** The {@linkplain SplitReader#place place} of its first record. */
    default long firstPlace() {
        return 0;
    }

    /** The machines on which its bytes lie, the best first: where it would best be read, if there is a choice. */
    default List<String> hosts() {
        return List.of();
    }
}
