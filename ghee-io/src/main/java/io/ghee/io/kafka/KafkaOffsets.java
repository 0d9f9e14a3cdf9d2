package io.ghee.io.kafka;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import java.io.IOException;
import java.io.Serializable;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/**
 * Where the reading of a topic begins. The offsets are looked up once, when the job starts; a job that goes on after a restart
 * does so where it was. Immutable.
 */
public abstract sealed class KafkaOffsets implements Serializable {
    private KafkaOffsets() {}

    /** The oldest record that each partition still has. */
    public static KafkaOffsets earliest() {
        return new Earliest();
    }

    /** Behind the newest record of each partition. */
    public static KafkaOffsets latest() {
        return new Latest();
    }

    /**
     * Where a consumer group is. The group is only asked; {@link KafkaSource#groupId} commits to one.
     *
     * @param otherwise for the partitions where it is nowhere
     */
    public static KafkaOffsets committed(String groupId, KafkaOffsets otherwise) {
        return new Committed(groupId, otherwise);
    }

    /** The first record of each partition whose timestamp is this or later; behind the newest one, if there is none. */
    public static KafkaOffsets timestamp(Instant from) {
        return new Timestamp(from);
    }

    /**
     * These offsets: the first one to be read of each partition.
     *
     * @param offsets one for each partition that is read, and no other
     */
    public static KafkaOffsets offsets(Map<TopicPartition, Long> offsets) {
        return new Explicit(offsets);
    }

    /** The first offset of each partition that is to be read. */
    abstract Map<TopicPartition, Long> resolve(
            KafkaAdmin admin, Collection<TopicPartition> partitions, KafkaSettings settings) throws IOException;

    private static final class Earliest extends KafkaOffsets {
        @Override
        Map<TopicPartition, Long> resolve(
                KafkaAdmin admin, Collection<TopicPartition> partitions, KafkaSettings settings) throws IOException {
            return admin.offsets(partitions, OffsetSpec.earliest(), settings.isolation());
        }

        @Override
        public String toString() {
            return "earliest";
        }
    }

    private static final class Latest extends KafkaOffsets {
        @Override
        Map<TopicPartition, Long> resolve(
                KafkaAdmin admin, Collection<TopicPartition> partitions, KafkaSettings settings) throws IOException {
            return admin.offsets(partitions, OffsetSpec.latest(), settings.isolation());
        }

        @Override
        public String toString() {
            return "latest";
        }
    }

    private static final class Committed extends KafkaOffsets {
        private final String group;
        private final KafkaOffsets otherwise;

        Committed(String group, KafkaOffsets otherwise) {
            this.group = check(!group.isBlank(), "group id", group, "the name of a consumer group");
            this.otherwise = otherwise;
        }

        @Override
        Map<TopicPartition, Long> resolve(
                KafkaAdmin admin, Collection<TopicPartition> partitions, KafkaSettings settings) throws IOException {
            Map<TopicPartition, Long> offsets = admin.committed(group, partitions);
            List<TopicPartition> missing = partitions.stream()
                    .filter(partition -> !offsets.containsKey(partition))
                    .toList();
            if (!missing.isEmpty()) {
                offsets.putAll(otherwise.resolve(admin, missing, settings));
            }
            return offsets;
        }

        @Override
        public String toString() {
            return "committed by " + group + ", else " + otherwise;
        }
    }

    private static final class Timestamp extends KafkaOffsets {
        private final Instant from;

        Timestamp(Instant from) {
            this.from = from;
        }

        @Override
        Map<TopicPartition, Long> resolve(
                KafkaAdmin admin, Collection<TopicPartition> partitions, KafkaSettings settings) throws IOException {
            Map<TopicPartition, Long> latest = admin.offsets(partitions, OffsetSpec.latest(), settings.isolation());
            Map<TopicPartition, Long> found =
                    admin.offsets(partitions, OffsetSpec.forTimestamp(from.toEpochMilli()), settings.isolation());
            found.replaceAll((partition, offset) -> offset < 0 ? latest.getOrDefault(partition, offset) : offset);
            return found;
        }

        @Override
        public String toString() {
            return from.toString();
        }
    }

    private static final class Explicit extends KafkaOffsets {
        /** By the name of the partition: a map that every Java can read back. */
        private final TreeMap<String, Long> offsets = new TreeMap<>();

        Explicit(Map<TopicPartition, Long> offsets) {
            offsets.forEach((partition, offset) -> this.offsets.put(
                    partition.toString(), check(offset >= 0, "offset of " + partition, offset, ">= 0")));
        }

        @Override
        Map<TopicPartition, Long> resolve(
                KafkaAdmin admin, Collection<TopicPartition> partitions, KafkaSettings settings) {
            Map<TopicPartition, Long> wanted = new HashMap<>();
            for (TopicPartition partition : partitions) {
                Long offset = offsets.get(partition.toString());
                if (offset != null) {
                    wanted.put(partition, offset);
                }
            }
            if (wanted.size() != partitions.size() || wanted.size() != offsets.size()) {
                throw new ConfigurationException("startAt offsets of " + offsets.keySet()
                        + " (expected: one for each partition that is read, "
                        + partitions.stream()
                                .map(TopicPartition::toString)
                                .sorted()
                                .toList() + ")");
            }
            return wanted;
        }

        @Override
        public String toString() {
            return offsets.toString();
        }
    }
}
