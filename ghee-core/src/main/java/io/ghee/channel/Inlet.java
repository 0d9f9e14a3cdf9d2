package io.ghee.channel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The receiving end of an edge, held by one replica of the receiving stage. What one sender sends arrives in its order,
 * once; different senders arrive interleaved. Used by one thread, but for {@link #abandon}.
 */
public interface Inlet extends AutoCloseable {
    /** How many replicas send. */
    int senders();

    /**
     * The next delivery, or null if none came within {@code timeout}.
     *
     * @throws AbandonedException if the inlet was abandoned
     */
    @Nullable
    Delivery receive(Duration timeout) throws InterruptedException;

    /** Makes {@link #receive} throw, now and from now on. Any thread may call it. */
    void abandon();

    @Override
    void close();
}
