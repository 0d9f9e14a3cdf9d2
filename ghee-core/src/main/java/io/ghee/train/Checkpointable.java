package io.ghee.train;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * What training goes on from after a loss: the parameters, what the optimizer keeps of them, and whatever else a step reads and
 * changes. Used by the thread of the train function.
 */
public interface Checkpointable {
    /** What it was like at one moment. */
    @FunctionalInterface
    interface Snapshot {
        /** Writes it; on another thread, while training goes on. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * True if every rank has a state of its own, as the shards of a table are: then all of them are saved, and {@link #restore}
     * is called on every rank for each of them, in the order of the ranks that saved them, which may have been more or fewer.
     * Otherwise all ranks have the same, and rank 0 saves it.
     */
    default boolean isOfEachRank() {
        return false;
    }

    /** Copies the state, which goes on changing after that. Called between two steps, and waited for: to be quick. */
    Snapshot snapshot();

    /**
     * Takes the state that a snapshot wrote.
     *
     * @throws io.ghee.InputException if it is that of something else, as of another version or other shapes
     */
    void restore(InputStream in) throws IOException;
}
