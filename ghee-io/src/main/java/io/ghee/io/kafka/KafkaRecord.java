package io.ghee.io.kafka;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A record as it lies in Kafka. Arrays are not copied, and not to be changed.
 *
 * @param timestamp in milliseconds since 1970, or -1 if there is none
 * @param headers in the order in which they were written
 * @param value null if the record is a tombstone: it says that the key is deleted
 */
public record KafkaRecord<V>(
        String topic,
        int partition,
        long offset,
        long timestamp,
        byte @Nullable [] key,
        List<KafkaHeader> headers,
        @Nullable V value) {

    static KafkaRecord<byte[]> of(ConsumerRecord<byte[], byte[]> read) {
        List<KafkaHeader> headers = new ArrayList<>(0);
        for (Header header : read.headers()) {
            headers.add(new KafkaHeader(header.key(), header.value()));
        }
        return new KafkaRecord<>(
                read.topic(), read.partition(), read.offset(), read.timestamp(), read.key(), headers, read.value());
    }

    <W> KafkaRecord<W> withValue(@Nullable W other) {
        return new KafkaRecord<>(topic, partition, offset, timestamp, key, headers, other);
    }
}
