package io.ghee.io.kafka;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Makes the value of a Kafka record, or its key, of what a pipeline writes. A value that travels to the workers; used by one
 * thread at a time on each. {@link Payload} has ready ones.
 *
 * @param <T> what is written
 */
@FunctionalInterface
public interface Encoder<T> extends Serializable {
    /** The bytes; null for a tombstone. */
    byte @Nullable [] encode(T value) throws Exception;
}
