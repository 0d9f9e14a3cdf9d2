package io.ghee.io.kafka;

import io.ghee.plan.Shipping;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;

/**
 * Kafka topics.
 *
 * <pre>{@code
 * Kafka.topic("clicks", Payload.json(Click.class))
 *         .bootstrapServers("kafka-1:9092,kafka-2:9092")
 *         .startAt(KafkaOffsets.committed("clicks-etl", KafkaOffsets.earliest()))
 *         .deadLetters(DeadLetters.topic("clicks-dead"))
 * }</pre>
 */
public final class Kafka {
    private Kafka() {}

    /**
     * The records of a topic.
     *
     * @param decoder one of {@link Payload}, or a function
     * @throws io.ghee.ConfigurationException if the decoder cannot be sent to a worker
     */
    public static <T> KafkaSource<T> topic(String topic, Decoder<T> decoder) {
        Shipping.check(decoder, "Kafka.topic");
        return KafkaSource.of(new Topics.Named(topic), decoder);
    }

    /**
     * The records of all topics whose whole name matches when the job starts, but for those that begin with two underscores;
     * see {@link #topic}.
     */
    public static <T> KafkaSource<T> topics(Pattern pattern, Decoder<T> decoder) {
        Shipping.check(decoder, "Kafka.topics");
        return KafkaSource.of(new Topics.Matching(pattern), decoder);
    }

    /**
     * The records of single partitions; see {@link #topic}.
     *
     * @param partitions each once
     */
    public static <T> KafkaSource<T> partitions(List<TopicPartition> partitions, Decoder<T> decoder) {
        Shipping.check(decoder, "Kafka.partitions");
        return KafkaSource.of(new Topics.Listed(new ArrayList<>(partitions)), decoder);
    }

    /**
     * Writes records to a topic.
     *
     * @param encoder one of {@link Payload}, or a function
     * @throws io.ghee.ConfigurationException if the encoder cannot be sent to a worker
     */
    public static <T> KafkaSink<T> to(String topic, Encoder<T> encoder) {
        Shipping.check(encoder, "Kafka.to");
        return KafkaSink.of(topic, encoder);
    }
}
