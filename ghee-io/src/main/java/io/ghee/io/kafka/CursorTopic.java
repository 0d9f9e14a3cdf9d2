package io.ghee.io.kafka;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Where the positions of writers are kept: a compacted topic of one partition, in which the last value under a writer's
 * transactional id is its position. Positions are written in the transaction of what they belong to.
 *
 * <p>A position that is longer than a record may be is cut into several, in the same transaction: the first is under the id, and
 * tells in a header how many there are; the others are under the id, a NUL and their number. Thread-safe.
 */
final class CursorTopic {
    static final String DEFAULT_NAME = "__ghee_cursor";

    /** What is well below the record size that brokers and clients allow unless they are told otherwise. */
    private static final int PIECE_BYTES = 512 << 10;

    private static final String PIECES = "ghee.pieces";
    private static final char SEPARATOR = '\0';
    private static final int REPLICAS = 3;

    private final String name;
    private final KafkaSettings settings;

    CursorTopic(String name, KafkaSettings settings) {
        this.name = name;
        this.settings = settings;
    }

    /**
     * Makes the topic if it is not there. On the driver, before any writer is opened.
     *
     * @throws ConfigurationException if there is one of that name which would not keep positions
     */
    void create() throws IOException {
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            try {
                check(admin);
                return;
            } catch (InputException e) {
                // not there yet
            }
            int replicas = Math.min(REPLICAS, admin.brokers());
            try {
                admin.create(new NewTopic(name, 1, (short) replicas)
                        .configs(Map.of(
                                TopicConfig.CLEANUP_POLICY_CONFIG,
                                TopicConfig.CLEANUP_POLICY_COMPACT,
                                TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                                Integer.toString(Math.max(1, replicas - 1)))));
            } catch (InfrastructureException e) {
                if (e.getCause() == null || !(e.getCause().getCause() instanceof TopicExistsException)) {
                    throw e;
                }
                // another job has made it meanwhile
            }
        }
    }

    private void check(KafkaAdmin admin) throws IOException {
        int partitions = admin.partitions(name).size();
        ConfigurationException.check(partitions == 1, "partitions of topic " + name, partitions, "1");
        Config config = admin.config(name);
        ConfigEntry policy = config.get(TopicConfig.CLEANUP_POLICY_CONFIG);
        String value = policy == null ? "" : policy.value();
        ConfigurationException.check(
                TopicConfig.CLEANUP_POLICY_COMPACT.equals(value),
                TopicConfig.CLEANUP_POLICY_CONFIG + " of topic " + name,
                value,
                "compact, as others delete positions");
    }

    /** A position as records of this topic. */
    List<ProducerRecord<byte[], byte[]>> records(String transactionalId, byte[] position) {
        int pieces = Math.max(1, (position.length + PIECE_BYTES - 1) / PIECE_BYTES);
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int k = 0; k < pieces; k++) {
            byte[] piece =
                    Arrays.copyOfRange(position, k * PIECE_BYTES, Math.min(position.length, (k + 1) * PIECE_BYTES));
            records.add(new ProducerRecord<>(name, 0, key(transactionalId, k), piece));
        }
        records.get(0)
                .headers()
                .add(PIECES, ByteBuffer.allocate(Integer.BYTES).putInt(pieces).array());
        return records;
    }

    /** What takes a position away. */
    List<ProducerRecord<byte[], byte[]>> tombstones(String transactionalId, byte[] position) {
        return records(transactionalId, position).stream()
                .map(record -> new ProducerRecord<byte[], byte[]>(name, 0, record.key(), null))
                .toList();
    }

    private static byte[] key(String transactionalId, int piece) {
        return (piece == 0 ? transactionalId : transactionalId + SEPARATOR + piece).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Ends what writers with these ids have under way: when this returns, everything of theirs is either committed or
     * discarded, and they can write no more.
     */
    void fence(Collection<String> transactionalIds) throws IOException {
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            admin.fence(transactionalIds);
        }
    }

    /** The same for all writers that there have been whose ids begin with {@code prefix}, but for one. */
    void fenceAll(String prefix, String but) throws IOException {
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            admin.fence(admin.transactionalIds(prefix).stream()
                    .filter(id -> !id.equals(but))
                    .toList());
        }
    }

    /**
     * The positions that were committed last, by transactional id.
     *
     * @param prefix of the ids that are wanted
     * @throws InfrastructureException if the topic cannot be read to its end before the deadline, as a transaction of another
     *     job stays open
     */
    Map<String, byte[]> positions(String prefix) throws IOException {
        TopicPartition partition = new TopicPartition(name, 0);
        long end;
        try (KafkaAdmin admin = new KafkaAdmin(settings)) {
            end = admin.offsets(List.of(partition), OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED)
                    .getOrDefault(partition, 0L);
        }
        Map<String, ConsumerRecord<byte[], byte[]>> last = new HashMap<>();
        Map<String, Object> properties = settings.consumer();
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        // A transaction that another job has left open ends by itself after a minute, unless it is told otherwise.
        Duration deadline = settings.deadline().multipliedBy(2);
        long start = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < end) {
                if (System.nanoTime() - start > deadline.toNanos()) {
                    throw new InfrastructureException(name + " at " + settings.servers() + ": read to offset "
                            + consumer.position(partition) + " of " + end + " in " + deadline
                            + " (expected: all of it; a transaction that stays open there ends by itself after its"
                            + " transaction.timeout.ms, or by kafka-transactions.sh)");
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    String key = new String(record.key(), StandardCharsets.UTF_8);
                    if (!key.startsWith(prefix)) {
                        continue;
                    }
                    if (record.value() == null) {
                        last.remove(key);
                    } else {
                        last.put(key, record);
                    }
                }
            }
        } catch (InterruptException e) {
            InterruptedIOException interrupted = new InterruptedIOException("reading " + name);
            interrupted.initCause(e);
            throw interrupted;
        } catch (KafkaException e) {
            throw KafkaErrors.of(e, "positions in " + name, settings);
        }
        return assemble(last);
    }

    private Map<String, byte[]> assemble(Map<String, ConsumerRecord<byte[], byte[]>> last) {
        Map<String, byte[]> positions = new TreeMap<>();
        last.forEach((key, first) -> {
            if (key.indexOf(SEPARATOR) >= 0) {
                return;
            }
            int pieces =
                    ByteBuffer.wrap(first.headers().lastHeader(PIECES).value()).getInt();
            ByteArrayOutputStream position = new ByteArrayOutputStream();
            position.writeBytes(first.value());
            for (int k = 1; k < pieces; k++) {
                ConsumerRecord<byte[], byte[]> piece = last.get(key + SEPARATOR + k);
                if (piece == null) {
                    throw new InputException(name + ": piece " + k + " of the position of " + key
                            + " is missing (expected: " + pieces + " pieces; who deletes from this topic?)");
                }
                position.writeBytes(piece.value());
            }
            positions.put(key, position.toByteArray());
        });
        return positions;
    }
}
