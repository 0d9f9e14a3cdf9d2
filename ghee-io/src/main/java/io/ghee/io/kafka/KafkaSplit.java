package io.ghee.io.kafka;

import io.ghee.source.Split;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of one partition from an offset on. The place of a record is its offset.
 *
 * @param start the first offset
 * @param end the first offset that is no part of it, or {@link #NEVER}
 */
record KafkaSplit(String topic, int partition, long start, long end) implements Split {
    /** The end of what never ends. */
    static final long NEVER = Long.MAX_VALUE;

    TopicPartition topicPartition() {
        return new TopicPartition(topic, partition);
    }

    @Override
    public String describe() {
        return topic + "-" + partition + "[" + start + ", " + (end == NEVER ? "..." : end) + ")";
    }

    @Override
    public long firstPlace() {
        return start;
    }

    @Override
    public String id() {
        return topic + "-" + partition;
    }
}
