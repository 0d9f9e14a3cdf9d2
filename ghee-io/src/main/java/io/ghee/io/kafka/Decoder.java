package io.ghee.io.kafka;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * Makes what a pipeline reads of the records of a topic. A value that travels to the workers; used by one thread at a time on
 * each. {@link Payload} has ready ones.
 *
 * @param <T> what a record becomes
 */
@FunctionalInterface
public interface Decoder<T> extends Serializable {
    /**
     * Decodes one record. An exception calls the record malformed, unless it is a {@link io.ghee.GheeException} of another
     * kind than {@link io.ghee.BadRecordException}, which ends the job.
     *
     * @return null to leave the record out
     */
    @Nullable
    T decode(KafkaRecord<byte[]> record) throws Exception;

    /** The same decoder, leaving out tombstones: records without a value. */
    default Decoder<T> skippingTombstones() {
        return record -> record.value() == null ? null : decode(record);
    }

    /**
     * The same decoder, with the topic, partition, offset, timestamp, key and headers of each record. A tombstone has no
     * value, and is not decoded.
     */
    default Decoder<KafkaRecord<T>> withMetadata() {
        return record -> {
            if (record.value() == null) {
                return record.withValue(null);
            }
            T value = decode(record);
            return value == null ? null : record.withValue(value);
        };
    }
}
