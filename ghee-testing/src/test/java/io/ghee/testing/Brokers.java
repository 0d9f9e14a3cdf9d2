package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kafka.Kafka;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Three brokers of Kafka and a controller, a JVM each; topics have three replicas, of which two must have a record. */
final class Brokers implements AutoCloseable {
    static final int BROKERS = 3;
    static final int PARTITIONS = 3;
    private static final int CONTROLLER = 100;
    private static final Duration DEADLINE = Duration.ofSeconds(90);

    private final List<ServerProcess> brokers = new ArrayList<>();
    private final ServerProcess controller;
    private final String servers;
    private final Admin admin;

    private Brokers(Path directory) throws Exception {
        Random random = new Random();
        String quorum = "127.0.0.1:" + ServerProcess.freePort(random);
        String cluster = Uuid.randomUuid().toString();
        controller = server(directory, cluster, CONTROLLER, "controller", quorum, quorum);
        controller.start();
        List<String> addresses = new ArrayList<>();
        for (int id = 0; id < BROKERS; id++) {
            String address = "127.0.0.1:" + ServerProcess.freePort(random);
            addresses.add(address);
            brokers.add(server(directory, cluster, id, "broker", address, quorum));
            brokers.get(id).start();
        }
        servers = String.join(",", addresses);
        admin = Admin.create(Map.of("bootstrap.servers", servers));
    }

    /** Starts them; they are ready when {@link #awaitWhole} returns. */
    static Brokers start(Path directory) {
        try {
            return new Brokers(directory);
        } catch (Exception e) {
            throw new IllegalStateException("brokers do not start", e);
        }
    }

    /** The JVM of a broker or a controller: its argument is the file of its properties. */
    static final class Main {
        private Main() {}

        public static void main(String[] args) {
            ServerProcess.endWithTests();
            Kafka.main(args);
        }
    }

    private static ServerProcess server(
            Path directory, String cluster, int id, String role, String address, String quorum) throws IOException {
        Path home = Files.createDirectories(directory.resolve(role + "-" + id));
        Path properties = home.resolve("server.properties");
        Files.write(
                properties,
                List.of(
                        "process.roles=" + role,
                        "node.id=" + id,
                        "controller.quorum.voters=" + CONTROLLER + "@" + quorum,
                        "controller.listener.names=CONTROLLER",
                        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                        "listeners=" + (role.equals("broker") ? "PLAINTEXT" : "CONTROLLER") + "://" + address,
                        "log.dirs=" + home.resolve("log"),
                        "auto.create.topics.enable=false",
                        "offsets.topic.num.partitions=1",
                        "transaction.state.log.num.partitions=3",
                        "transaction.state.log.replication.factor=3",
                        "transaction.state.log.min.isr=2",
                        "broker.session.timeout.ms=2000",
                        "broker.heartbeat.interval.ms=300",
                        "replica.lag.time.max.ms=5000",
                        "group.initial.rebalance.delay.ms=0",
                        "num.network.threads=2",
                        "num.io.threads=4",
                        "log.cleaner.enable=false"));
        int code = StorageTool.execute(
                new String[] {"format", "--cluster-id", cluster, "--config", properties.toString()},
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
        assertThat(code).as("format of %s", properties).isZero();
        return new ServerProcess(home.resolve("out"), Main.class, properties.toString());
    }

    String servers() {
        return servers;
    }

    ServerProcess broker(int id) {
        return brokers.get(id);
    }

    /** Waits until all brokers are there and each has all records: then one of them can be lost without harm. */
    void awaitWhole() {
        await("all replicas of all topics are in sync").atMost(DEADLINE).until(this::isWhole);
    }

    boolean isWhole() throws InterruptedException {
        if (!brokers.stream().allMatch(ServerProcess::isRunning)) {
            return false;
        }
        try {
            if (admin.describeCluster().nodes().get(5, TimeUnit.SECONDS).size() < BROKERS) {
                return false;
            }
            Collection<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true))
                    .names()
                    .get(5, TimeUnit.SECONDS);
            return admin.describeTopics(names).allTopicNames().get(5, TimeUnit.SECONDS).values().stream()
                    .flatMap(topic -> topic.partitions().stream())
                    .allMatch(partition -> partition.isr().size() == BROKERS);
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
    }

    void create(String topic) throws Exception {
        NewTopic wanted = new NewTopic(topic, PARTITIONS, (short) BROKERS).configs(Map.of("min.insync.replicas", "2"));
        await("creating " + topic).atMost(DEADLINE).until(() -> isCreated(wanted));
        await("leaders of " + topic)
                .atMost(DEADLINE)
                .until(() -> end(topic, IsolationLevel.READ_UNCOMMITTED).isPresent());
    }

    /** False while the controller takes one of the brokers for lost, as it may on a busy machine. */
    private boolean isCreated(NewTopic wanted) throws Exception {
        try {
            admin.createTopics(List.of(wanted)).all().get(60, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof InvalidReplicationFactorException) {
                return false;
            }
            throw e;
        }
    }

    void delete(String topic) throws Exception {
        admin.deleteTopics(List.of(topic)).all().get(60, TimeUnit.SECONDS);
    }

    private static List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(p -> new TopicPartition(topic, p))
                .toList();
    }

    /** How many places a topic has, all partitions together; empty if the brokers do not tell now. */
    java.util.OptionalLong end(String topic, IsolationLevel isolation) throws InterruptedException {
        try {
            return java.util.OptionalLong.of(
                    ends(topic, isolation).values().stream().mapToLong(n -> n).sum());
        } catch (ExecutionException | TimeoutException e) {
            return java.util.OptionalLong.empty();
        }
    }

    private Map<TopicPartition, Long> ends(String topic, IsolationLevel isolation)
            throws InterruptedException, ExecutionException, TimeoutException {
        Map<TopicPartition, OffsetSpec> wanted =
                partitions(topic).stream().collect(Collectors.toMap(each -> each, each -> OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> each : admin.listOffsets(
                        wanted, new ListOffsetsOptions(isolation).timeoutMs(5000))
                .all()
                .get(10, TimeUnit.SECONDS)
                .entrySet()) {
            ends.put(each.getKey(), each.getValue().offset());
        }
        return ends;
    }

    void write(String topic, Collection<String> values) throws Exception {
        AtomicReference<Exception> failed = new AtomicReference<>();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers, "acks", "all"), new StringSerializer(), new StringSerializer())) {
            int n = 0;
            for (String value : values) {
                producer.send(new ProducerRecord<>(topic, n++ % PARTITIONS, null, value), (where, e) -> {
                    if (e != null) {
                        failed.set(e);
                    }
                });
            }
        }
        if (failed.get() != null) {
            throw failed.get();
        }
    }

    /** All that is committed to a topic, once nobody has a transaction open there. */
    List<String> committed(String topic) throws Exception {
        AtomicReference<Map<TopicPartition, Long>> ends = new AtomicReference<>(Map.of());
        await("the end of " + topic).atMost(DEADLINE).ignoreExceptions().until(() -> {
            ends.set(ends(topic, IsolationLevel.READ_UNCOMMITTED));
            return true;
        });
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", servers, "isolation.level", "read_committed"),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(partitions(topic));
            consumer.seekToBeginning(partitions(topic));
            long start = System.nanoTime();
            while (partitions(topic).stream()
                    .anyMatch(each -> consumer.position(each) < ends.get().get(each))) {
                assertThat(Duration.ofNanos(System.nanoTime() - start))
                        .as(() -> "reading " + topic + " to " + ends + "; open: " + openTransactions(""))
                        .isLessThan(DEADLINE);
                consumer.poll(Duration.ofMillis(50)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }

    /** The ids, of those that begin so, whose transaction is neither committed nor aborted. */
    List<String> openTransactions(String prefix) {
        AtomicReference<Collection<TransactionListing>> all = new AtomicReference<>(List.of());
        // Kafka's client fails if it does not know yet that a broker has died.
        await("the list of transactions").atMost(DEADLINE).ignoreExceptions().until(() -> {
            all.set(admin.listTransactions().all().get(10, TimeUnit.SECONDS));
            return true;
        });
        return all.get().stream()
                .filter(each -> each.transactionalId().startsWith(prefix))
                .filter(each -> each.state() == TransactionState.ONGOING
                        || each.state() == TransactionState.PREPARE_COMMIT
                        || each.state() == TransactionState.PREPARE_ABORT
                        || each.state() == TransactionState.PREPARE_EPOCH_FENCE)
                .map(TransactionListing::toString)
                .toList();
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
        try {
            for (ServerProcess broker : brokers) {
                broker.close();
            }
            controller.close();
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new IOException("stopping brokers", e));
        }
    }
}
