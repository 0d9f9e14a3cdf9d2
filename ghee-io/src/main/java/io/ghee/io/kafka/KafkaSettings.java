package io.ghee.io.kafka;

import io.ghee.ConfigurationException;
import java.io.Serializable;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The properties of Kafka's clients, as the user gave them. May hold secrets, and so shows no values. */
record KafkaSettings(Map<String, String> properties) implements Serializable {
    private static final String NOTHING = "nothing: ghee ";
    private static final String ASSIGNS = NOTHING + "assigns the partitions itself, without consumer groups";
    private static final String KEEPS = NOTHING + "keeps the positions itself";
    private static final String WRITES = NOTHING + "writes in transactions";

    /** The properties that are ghee's own, and what to use instead. */
    private static final Map<String, String> OWN = Map.ofEntries(
            Map.entry(
                    "group.id",
                    "startAt(KafkaOffsets.committed(group, otherwise)) to start where a group is, groupId(group) to show in a"
                            + " group how far the job is"),
            Map.entry("group.instance.id", ASSIGNS),
            Map.entry("group.protocol", ASSIGNS),
            Map.entry("group.remote.assignor", ASSIGNS),
            Map.entry("partition.assignment.strategy", ASSIGNS),
            Map.entry("enable.auto.commit", KEEPS),
            Map.entry("auto.commit.interval.ms", KEEPS),
            Map.entry("auto.offset.reset", "startAt(...)"),
            Map.entry("allow.auto.create.topics", NOTHING + "creates no topics of yours"),
            Map.entry("key.deserializer", "a Decoder, which sees the key"),
            Map.entry("value.deserializer", "a Decoder"),
            Map.entry("key.serializer", "key(...)"),
            Map.entry("value.serializer", "an Encoder"),
            Map.entry("transactional.id", NOTHING + "names its transactions by job and replica"),
            Map.entry("transaction.two.phase.commit.enable", WRITES),
            Map.entry("enable.idempotence", WRITES),
            Map.entry("acks", WRITES));

    private static final Duration METADATA_AGE = Duration.ofSeconds(30);

    static final KafkaSettings NONE = new KafkaSettings(Map.of());

    KafkaSettings {
        // a map that every Java can read back
        properties = new TreeMap<>(properties);
    }

    KafkaSettings with(String name, String value) {
        String instead = OWN.get(name);
        if (instead != null) {
            throw new ConfigurationException("property " + name + " (expected: " + instead + ")");
        }
        Map<String, String> more = new TreeMap<>(properties);
        more.put(name, value);
        return new KafkaSettings(more);
    }

    KafkaSettings with(Map<String, String> more) {
        KafkaSettings all = this;
        for (Map.Entry<String, String> each : more.entrySet()) {
            all = all.with(each.getKey(), each.getValue());
        }
        return all;
    }

    KafkaSettings bootstrapServers(String servers) {
        return with(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, servers);
    }

    /** Where the brokers are, for messages. */
    String servers() {
        String servers = properties.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG);
        if (servers == null || servers.isBlank()) {
            throw new ConfigurationException("bootstrap.servers: none (expected: bootstrapServers(\"host:9092,...\"))");
        }
        return servers;
    }

    /** What of the topic is seen: with {@code read_committed}, only what was committed. */
    IsolationLevel isolation() {
        return "read_uncommitted".equals(properties.get(ConsumerConfig.ISOLATION_LEVEL_CONFIG))
                ? IsolationLevel.READ_UNCOMMITTED
                : IsolationLevel.READ_COMMITTED;
    }

    /** How long the brokers may take for an answer. */
    Duration deadline() {
        try {
            return Duration.ofMillis(
                    new AdminClientConfig(admin()).getInt(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG));
        } catch (ConfigException e) {
            throw KafkaErrors.refused(e);
        }
    }

    /** How long it may take until it is noticed that there are more partitions. */
    Duration metadataAge() {
        return Duration.ofMillis(
                properties.containsKey(CommonClientConfigs.METADATA_MAX_AGE_CONFIG)
                        ? new AdminClientConfig(admin()).getLong(CommonClientConfigs.METADATA_MAX_AGE_CONFIG)
                        : METADATA_AGE.toMillis());
    }

    Map<String, Object> admin() {
        servers();
        return new HashMap<>(properties);
    }

    Map<String, Object> consumer() {
        Map<String, Object> all = admin();
        all.putIfAbsent(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        all.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        all.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        return all;
    }

    /** A producer whose records are replicated, and in order. */
    Map<String, Object> producer() {
        Map<String, Object> all = admin();
        all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        all.put(ProducerConfig.ACKS_CONFIG, "all");
        return all;
    }

    Map<String, Object> producer(String transactionalId) {
        Map<String, Object> all = producer();
        all.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        return all;
    }

    @Override
    public String toString() {
        return "Kafka at " + properties.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG);
    }
}
