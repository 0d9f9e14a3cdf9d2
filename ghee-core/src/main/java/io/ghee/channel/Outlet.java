package io.ghee.channel;

import io.ghee.Batch;
import org.jspecify.annotations.Nullable;

/**
 * The sending end of an edge, held by one replica of the sending stage. Every consumer has its own credit: sending to
 * one that has no room waits for that one alone. Used by one thread, but for {@link #abandon}.
 *
 * <p>Whatever waits here throws {@link AbandonedException} once the outlet was abandoned.
 */
public interface Outlet extends AutoCloseable {
    /** How many replicas receive. */
    int consumers();

    /** The next batches to be sent are this one, to several consumers: what can be done once for all of them is done now. */
    default void prepare(Batch<?> batch) {}

    /**
     * Hands {@code batch} to a consumer, waiting for its credit.
     *
     * @param origins of its rows, or {@link Origins#NONE} if they are not followed
     * @return the bytes that crossed, or 0 where batches cross by reference
     * @throws io.ghee.InfrastructureException if the consumer is gone
     */
    long send(int consumer, int epoch, Batch<?> batch, Origins origins) throws InterruptedException;

    /** Waits until some consumer has credit, and returns the one that has the most. */
    int awaitRoomiest() throws InterruptedException;

    /**
     * Tells every consumer that this replica sends nothing more of {@code epoch}.
     *
     * @param spare one record of the epoch, for a consumer to fill up with; null for none
     */
    void endEpoch(int epoch, @Nullable Batch<?> spare) throws InterruptedException;

    /** Tells every consumer that this replica has sent all it will, and waits until everything has been taken. */
    void endStream() throws InterruptedException;

    /** Batches that are on the way, or that the consumers have not done with. */
    int outstanding();

    /** Nanoseconds spent waiting for the credit of a consumer so far. */
    long waitedNanos(int consumer);

    /** Makes whoever waits in this outlet throw, now and from now on. Any thread may call it. */
    void abandon();

    /** Releases the outlet. Without {@link #endStream} before it, the consumers do not take the stream for complete. */
    @Override
    void close();
}
