package io.ghee.io.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Three brokers and a controller, real ones, started once for all tests of this JVM that harm none; and what tests do with Kafka's own clients. */
final class KafkaCluster implements AutoCloseable {
    static final int BROKERS = 3;
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private static KafkaCluster shared;

    private final KafkaClusterTestKit kit;
    private final Admin admin;

    private KafkaCluster() throws Exception {
        kit = new KafkaClusterTestKit.Builder(new TestKitNodes.Builder()
                        .setNumBrokerNodes(BROKERS)
                        .setNumControllerNodes(1)
                        .build())
                // a client that could make a topic by mistake would
                .setConfigProp("auto.create.topics.enable", "true")
                .setConfigProp("offsets.topic.num.partitions", "3")
                .setConfigProp("offsets.topic.replication.factor", "3")
                .setConfigProp("transaction.state.log.num.partitions", "6")
                .setConfigProp("transaction.state.log.replication.factor", "3")
                .setConfigProp("transaction.state.log.min.isr", "2")
                .setConfigProp("log.cleaner.backoff.ms", "100")
                .setConfigProp("broker.session.timeout.ms", "3000")
                .setConfigProp("broker.heartbeat.interval.ms", "500")
                .build();
        kit.format();
        kit.startup();
        kit.waitForReadyBrokers();
        admin = Admin.create(Map.of("bootstrap.servers", kit.bootstrapServers()));
    }

    /** Starts the brokers before the first class of tests that needs them; they stop after the last test of all. */
    static final class Shared implements BeforeAllCallback {
        @Override
        public void beforeAll(ExtensionContext context) {
            shared = context.getRoot()
                    .getStore(ExtensionContext.Namespace.GLOBAL)
                    .getOrComputeIfAbsent(KafkaCluster.class, key -> start(), KafkaCluster.class);
        }
    }

    /** Brokers of one's own, to be closed. */
    static KafkaCluster start() {
        try {
            return new KafkaCluster();
        } catch (Exception e) {
            throw new IllegalStateException("brokers do not start", e);
        }
    }

    static KafkaCluster shared() {
        return shared;
    }

    @Override
    public void close() throws Exception {
        admin.close(Duration.ZERO);
        kit.close();
    }

    String servers() {
        return kit.bootstrapServers();
    }

    Admin admin() {
        return admin;
    }

    /** A new topic with three replicas, of a name that no other test has. */
    String topic(int partitions, Map<String, String> configs) throws Exception {
        return topic("topic-" + UUID.randomUUID(), partitions, configs);
    }

    String topic(int partitions) throws Exception {
        return topic(partitions, Map.of());
    }

    String topic(String name, int partitions, Map<String, String> configs) throws Exception {
        Map<String, String> all = new HashMap<>(configs);
        all.putIfAbsent("min.insync.replicas", "2");
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) BROKERS).configs(all)))
                .all()
                .get(60, TimeUnit.SECONDS);
        awaitLeaders(name, partitions);
        return name;
    }

    private void awaitLeaders(String name, int partitions) throws Exception {
        await("all brokers know " + name)
                .atMost(DEADLINE)
                .until(() -> kit.brokers().values().stream()
                        .allMatch(broker -> IntStream.range(0, partitions)
                                .allMatch(p -> broker.metadataCache()
                                        .getLeaderAndIsr(name, p)
                                        .map(at -> at.leader() >= 0)
                                        .orElse(false))));
        // the leaders know it, too: a producer whose first batches are refused can mix up their numbers for good
        for (int p = 0; p < partitions; p++) {
            end(name, p);
        }
    }

    /** Adds partitions to a topic, up to so many. */
    void grow(String topic, int partitions) throws Exception {
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions)))
                .all()
                .get(60, TimeUnit.SECONDS);
        awaitLeaders(topic, partitions);
    }

    KafkaProducer<String, String> producer(Map<String, Object> more) {
        Map<String, Object> properties = new HashMap<>(more);
        properties.put("bootstrap.servers", servers());
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    /** A producer that has a transaction open, which does not end by itself while a test lasts. */
    KafkaProducer<String, String> transaction(String id) {
        KafkaProducer<String, String> producer =
                producer(Map.of("transactional.id", id, "transaction.timeout.ms", 600_000));
        producer.initTransactions();
        producer.beginTransaction();
        return producer;
    }

    /** Writes to one partition. */
    void write(String topic, int partition, String... values) throws Exception {
        write(topic, partition, List.of(values));
    }

    void write(String topic, int partition, Collection<String> values) throws Exception {
        write(
                Map.of(),
                values.stream()
                        .map(value -> new ProducerRecord<String, String>(topic, partition, null, value))
                        .toList());
    }

    /** Writes records, and returns when all of them are there. */
    void write(Map<String, Object> properties, Iterable<ProducerRecord<String, String>> records) throws Exception {
        AtomicReference<Exception> failed = new AtomicReference<>();
        try (KafkaProducer<String, String> producer = producer(properties)) {
            for (ProducerRecord<String, String> record : records) {
                producer.send(record, (where, e) -> {
                    if (e != null) {
                        failed.compareAndSet(null, e);
                    }
                });
            }
        }
        if (failed.get() != null) {
            throw failed.get();
        }
    }

    /** Everything that is committed to a topic, in the order of each partition; waits for what is being committed. */
    List<ConsumerRecord<byte[], byte[]>> committed(String topic) throws Exception {
        return committed(topic, "read_uncommitted");
    }

    /** What can be seen of a topic, some of whose transactions are open. */
    List<ConsumerRecord<byte[], byte[]>> seen(String topic) throws Exception {
        return committed(topic, "read_committed");
    }

    private List<ConsumerRecord<byte[], byte[]>> committed(String topic, String end) throws Exception {
        List<TopicPartition> partitions = admin
                .describeTopics(List.of(topic))
                .allTopicNames()
                .get(60, TimeUnit.SECONDS)
                .get(topic)
                .partitions()
                .stream()
                .map(at -> new TopicPartition(topic, at.partition()))
                .toList();
        List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer("read_committed");
                KafkaConsumer<byte[], byte[]> ending = consumer(end)) {
            Map<TopicPartition, Long> ends = ending.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long start = System.nanoTime();
            while (partitions.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .as("reading " + topic)
                        .isLessThan(DEADLINE);
                consumer.poll(Duration.ofMillis(100)).forEach(all::add);
            }
        }
        return all;
    }

    private KafkaConsumer<byte[], byte[]> consumer(String isolation) {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", servers(), "isolation.level", isolation),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    List<String> committedValues(String topic) throws Exception {
        return committed(topic).stream()
                .map(record -> new String(record.value()))
                .toList();
    }

    long end(String topic, int partition) throws Exception {
        TopicPartition at = new TopicPartition(topic, partition);
        return admin.listOffsets(
                        Map.of(at, OffsetSpec.latest()), new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                .partitionResult(at)
                .get(60, TimeUnit.SECONDS)
                .offset();
    }

    boolean has(String topic) throws Exception {
        return admin.listTopics().names().get(60, TimeUnit.SECONDS).contains(topic);
    }

    /** The ids, of those that begin so, whose transaction is neither committed nor aborted. */
    List<String> openTransactions(String prefix) throws Exception {
        return admin.listTransactions().all().get(60, TimeUnit.SECONDS).stream()
                .filter(each -> each.transactionalId().startsWith(prefix))
                .filter(each -> each.state() == TransactionState.ONGOING
                        || each.state() == TransactionState.PREPARE_COMMIT
                        || each.state() == TransactionState.PREPARE_ABORT
                        || each.state() == TransactionState.PREPARE_EPOCH_FENCE)
                .map(TransactionListing::transactionalId)
                .toList();
    }

    /** The broker that leads a partition. */
    int leader(String topic, int partition) throws Exception {
        return admin.describeTopics(List.of(topic))
                .allTopicNames()
                .get(60, TimeUnit.SECONDS)
                .get(topic)
                .partitions()
                .get(partition)
                .leader()
                .id();
    }

    /** Flips the last byte of what the leader of a partition has on its disk. */
    void corruptLastByte(String topic, int partition) throws Exception {
        String logs =
                kit.brokers().get(leader(topic, partition)).config().logDirs().get(0);
        Path segment = Path.of(logs, topic + "-" + partition, "00000000000000000000.log");
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            file.read(last, file.size() - 1);
            last.put(0, (byte) ~last.get(0)).flip();
            file.write(last, file.size() - 1);
        }
    }

    /** Stops a broker, without letting it hand over what it leads. */
    void kill(int broker) {
        kit.brokers().get(broker).shutdown(Duration.ofMillis(1));
    }
}
