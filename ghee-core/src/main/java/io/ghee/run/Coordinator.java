package io.ghee.run;

import io.ghee.source.Split;
import org.jspecify.annotations.Nullable;

/**
 * What a worker asks of the driver. In one JVM the driver itself; in another process, a connection to it. Thread-safe.
 */
public interface Coordinator {
    /**
     * One split of one pass to read.
     *
     * @param epoch the pass, from 1; never less than that of the worker's last assignment
     * @param split what to read, or null if there is nothing more, in any epoch
     */
    record Assignment(int epoch, @Nullable Split split) {}

    /** The next split for a replica of the first stage. */
    Assignment nextSplit(int replica) throws InterruptedException;

    /**
     * Whose turn it is under an even distribution: the consumer that has been dealt the least of this epoch, by all
     * senders together.
     *
     * @param stage the sending stage
     * @param amount what is dealt: rows where the receiver joins or takes apart what it gets, else 1 for the batch
     */
    int deal(int stage, int epoch, int amount) throws InterruptedException;

    /**
     * Reports a malformed record, and asks whether the job goes on without it.
     *
     * @param message what is wrong and where
     */
    boolean skip(int stage, int replica, String message) throws InterruptedException;

    /** Reports how far a worker is. */
    void progress(WorkerProgress progress);

    /**
     * Reports that a worker has done all its work.
     *
     * @param committable what the sink's commit needs to know of it; empty if its stage does not write
     */
    void finished(int stage, int replica, String committable, WorkerProgress progress) throws InterruptedException;

    /** Reports that a worker cannot go on. */
    void failed(Failure failure);
}
