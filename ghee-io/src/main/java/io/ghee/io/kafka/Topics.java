package io.ghee.io.kafka;

import static io.ghee.ConfigurationException.check;

import io.ghee.InputException;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.common.TopicPartition;

/** Which partitions are read. */
sealed interface Topics extends Serializable {
    /**
     * The partitions, as the brokers have them now.
     *
     * @throws InputException if one is not there
     */
    List<TopicPartition> partitions(KafkaAdmin admin) throws IOException;

    /** Whether a topic is among them. */
    boolean include(String topic);

    /** One topic. */
    record Named(String topic) implements Topics {
        public Named {
            check(!topic.isBlank(), "topic", '"' + topic + '"', "the name of a topic");
        }

        @Override
        public List<TopicPartition> partitions(KafkaAdmin admin) throws IOException {
            return admin.partitions(topic);
        }

        @Override
        public boolean include(String other) {
            return other.equals(topic);
        }

        @Override
        public String toString() {
            return topic;
        }
    }

    /** The topics whose whole name matches. */
    record Matching(Pattern pattern) implements Topics {
        @Override
        public List<TopicPartition> partitions(KafkaAdmin admin) throws IOException {
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : admin.topics(pattern)) {
                partitions.addAll(admin.partitions(topic));
            }
            return partitions;
        }

        @Override
        public boolean include(String other) {
            return pattern.matcher(other).matches();
        }

        @Override
        public String toString() {
            return "/" + pattern + "/";
        }
    }

    /** Single partitions. */
    record Listed(ArrayList<TopicPartition> partitions) implements Topics {
        public Listed {
            check(!partitions.isEmpty(), "partitions", partitions, "at least one");
            check(Set.copyOf(partitions).size() == partitions.size(), "partitions", partitions, "each once");
        }

        @Override
        public List<TopicPartition> partitions(KafkaAdmin admin) throws IOException {
            Set<String> topics = new LinkedHashSet<>();
            partitions.forEach(partition -> topics.add(partition.topic()));
            for (String topic : topics) {
                List<TopicPartition> there = admin.partitions(topic);
                for (TopicPartition wanted : partitions) {
                    if (wanted.topic().equals(topic) && !there.contains(wanted)) {
                        throw new InputException(
                                wanted + " is not there (expected: a partition from 0 to " + (there.size() - 1) + ")");
                    }
                }
            }
            return partitions;
        }

        @Override
        public boolean include(String other) {
            return partitions.stream().anyMatch(partition -> partition.topic().equals(other));
        }

        @Override
        public String toString() {
            return partitions.toString();
        }
    }
}
