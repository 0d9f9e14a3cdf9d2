package io.ghee.examples.servers;

import io.ghee.examples.KafkaTopic;
import java.io.Closeable;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;

/**
 * A Kafka broker and its controller. Used by one thread.
 *
 * <p>What waits for it, waits for two minutes at most, and ends in an {@link io.ghee.InfrastructureException} then. It is
 * closed at the end of the JVM at the latest.
 */
public final class LocalKafka implements Closeable {
    private static final int PARTITIONS = 4;

    private final LocalServer<KafkaClusterTestKit> kit;
    private final String servers;

    private LocalKafka(LocalServer<KafkaClusterTestKit> kit) {
        this.kit = kit;
        this.servers = kit.server().bootstrapServers();
    }

    /** Starts a broker; it is ready when this returns. */
    public static LocalKafka start() {
        return new LocalKafka(LocalServer.start("kafka", LocalKafka::kit, KafkaClusterTestKit::close));
    }

    private static KafkaClusterTestKit kit(Path files) throws Exception {
        KafkaClusterTestKit kit = new KafkaClusterTestKit.Builder(new TestKitNodes.Builder()
                        .setBaseDirectory(files)
                        .setCombined(true)
                        .setNumBrokerNodes(1)
                        .setNumControllerNodes(1)
                        .build())
                .setDeleteOnClose(false)
                .setConfigProp("offsets.topic.replication.factor", "1")
                .setConfigProp("transaction.state.log.num.partitions", "4")
                .setConfigProp("transaction.state.log.replication.factor", "1")
                .setConfigProp("transaction.state.log.min.isr", "1")
                .build();
        try {
            format(kit);
            kit.startup();
            kit.waitForReadyBrokers();
            return kit;
        } catch (Exception e) {
            kit.close();
            throw e;
        }
    }

    /** Without what it has to say on the standard output, which is for results. */
    private static void format(KafkaClusterTestKit kit) throws Exception {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            kit.format();
        } finally {
            System.setOut(out);
        }
    }

    /** Makes a topic of four partitions. */
    public KafkaTopic topic(String name) {
        return Deadline.call("making topic " + name, () -> {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
                admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1)))
                        .all()
                        .get();
            }
            return new KafkaTopic(servers, name);
        });
    }

    /** The keys of all records of a topic that are committed, by partition and in order. */
    public List<String> committedKeys(String topic) {
        return Deadline.call("reading topic " + topic, () -> {
            List<String> keys = new ArrayList<>();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers));
                    KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                            Map.of("bootstrap.servers", servers, "isolation.level", "read_committed"),
                            new StringDeserializer(),
                            new StringDeserializer())) {
                List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                        .map(partition -> new TopicPartition(topic, partition.partition()))
                        .toList();
                consumer.assign(partitions);
                consumer.seekToBeginning(partitions);
                // The end of what is written: what is still being committed is waited for.
                Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(
                                partitions.stream()
                                        .collect(Collectors.toMap(partition -> partition, p -> OffsetSpec.latest())),
                                new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                        .all()
                        .get();
                while (ends.entrySet().stream()
                        .anyMatch(end ->
                                consumer.position(end.getKey()) < end.getValue().offset())) {
                    for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                        keys.add(record.key());
                    }
                }
            }
            return keys;
        });
    }

    Path files() {
        return kit.files();
    }

    /** Stops the broker, and deletes what it has kept. */
    @Override
    public void close() {
        kit.close();
    }
}
