package io.ghee.channel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The receiving end of an edge, held by one replica of the receiving stage. What one sender sends arrives in its order;
 * different senders arrive interleaved. Used by one thread.
 */
public interface Inlet extends AutoCloseable {
    /** How many replicas send. */
    int senders();

    /** The next delivery, or null if none came within {@code timeout}. */
    @Nullable
    Delivery receive(Duration timeout) throws InterruptedException;

    @Override
    void close();
}
