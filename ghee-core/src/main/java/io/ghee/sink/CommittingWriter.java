package io.ghee.sink;

import java.io.IOException;

/**
 * A writer that commits on the way; see {@link ResumableSink}.
 *
 * @param <T> the records
 */
public interface CommittingWriter<T> extends SinkWriter<T> {
    /**
     * Makes final what was written since the last commit, together with a position, in one step: after a fault there are
     * both or neither.
     *
     * @param position stands for all that this writer has written
     * @throws io.ghee.InfrastructureException if the sink was taken over meanwhile, or its storage does not answer; whether
     *     the commit was made is then not known before the next {@link ResumableSink#takeOver}
     */
    void commit(byte[] position) throws IOException;

    /** True if it would be committed at once, before its time: as a file is as long as it is to be. */
    default boolean wantsCommit() {
        return false;
    }
}
