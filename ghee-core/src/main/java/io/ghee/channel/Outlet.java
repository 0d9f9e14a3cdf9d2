package io.ghee.channel;

import io.ghee.Batch;

/**
 * The sending end of an edge, held by one replica of the sending stage. Every consumer has its own credit: sending to
 * one that has no room waits for that one alone. Used by one thread.
 */
public interface Outlet extends AutoCloseable {
    /** How many replicas receive. */
    int consumers();

    /**
     * Hands {@code batch} to a consumer, waiting for its credit.
     *
     * @return the bytes that crossed, or 0 where batches cross by reference
     * @throws io.ghee.InfrastructureException if the consumer is gone
     */
    long send(int consumer, int epoch, Batch<?> batch) throws InterruptedException;

    /** Waits until some consumer has credit, and returns the one that has the most. */
    int awaitRoomiest() throws InterruptedException;

    /** Tells every consumer that this replica sends nothing more of {@code epoch}. */
    void endEpoch(int epoch) throws InterruptedException;

    /** Tells every consumer that this replica has sent all it will, and waits until everything has been taken. */
    void endStream() throws InterruptedException;

    /** Batches that are on the way, or that the consumers have not done with. */
    int outstanding();

    /** Nanoseconds spent waiting for credit so far. */
    long waitedNanos();

    /** Releases the outlet. Without {@link #endStream} before it, the consumers do not take the stream for complete. */
    @Override
    void close();
}
