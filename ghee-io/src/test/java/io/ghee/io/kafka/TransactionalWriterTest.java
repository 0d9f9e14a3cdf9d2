package io.ghee.io.kafka;

import static io.ghee.io.kafka.KafkaReading.take;
import static io.ghee.io.kafka.Payload.json;
import static io.ghee.io.kafka.Payload.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(KafkaCluster.Shared.class)
class TransactionalWriterTest {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static KafkaCluster cluster;

    private final String job = "job-" + UUID.randomUUID();
    private CursorTopic cursor;

    record Prediction(String user, int bucket, double score) {}

    @BeforeAll
    static void start() {
        cluster = KafkaCluster.shared();
    }

    @BeforeEach
    void cursor() throws Exception {
        cursor = new CursorTopic(CursorTopic.DEFAULT_NAME, KafkaSettings.NONE.bootstrapServers(cluster.servers()));
        cursor.create();
    }

    private TransactionalWriter<String> writer(String topic, int replica) throws Exception {
        return new TransactionalWriter<>(sink(topic), id(replica), cursor);
    }

    private static KafkaSink<String> sink(String topic) {
        return Kafka.to(topic, strings()).bootstrapServers(cluster.servers());
    }

    private String id(int replica) {
        return job + "-" + replica;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Map<String, String> positions() throws Exception {
        Map<String, String> positions = new TreeMap<>();
        cursor.positions(job)
                .forEach((id, position) ->
                        positions.put(id.substring(job.length()), new String(position, StandardCharsets.UTF_8)));
        return positions;
    }

    private void nothingIsOpen() {
        await("no open transaction")
                .atMost(DEADLINE)
                .until(() -> cluster.openTransactions(job).isEmpty());
    }

    @Test
    void recordsAndThePositionAreSeenTogetherOrNotAtAll() throws Exception {
        String topic = cluster.topic(2);
        try (TransactionalWriter<String> writer = writer(topic, 0)) {
            writer.write("1");
            writer.write("2");
            assertThat(cluster.seen(topic)).isEmpty();
            writer.commit(bytes("at 2"));
            assertThat(cluster.committedValues(topic)).containsExactlyInAnyOrder("1", "2");
            assertThat(positions()).containsExactly(Map.entry("-0", "at 2"));

            writer.write("discarded");
            writer.abort();
            writer.write("3");
            writer.commit(bytes("at 3"));
            writer.commit(bytes("at 4, without a record"));
        }
        assertThat(cluster.committedValues(topic)).containsExactlyInAnyOrder("1", "2", "3");
        assertThat(positions()).containsExactly(Map.entry("-0", "at 4, without a record"));
        nothingIsOpen();
    }

    @Test
    void keysHeadersAndPartitionsAreTheUsers() throws Exception {
        String topic = cluster.topic(3);
        KafkaSink<Prediction> sink = KafkaReading.shipped(Kafka.to(topic, json(Prediction.class))
                .bootstrapServers(cluster.servers())
                .property("compression.type", "lz4")
                .key(Prediction::user)
                .headers(p -> List.of(KafkaHeader.of("model", "fm-7"), new KafkaHeader("none", null)))
                .partition(Prediction::bucket));
        sink.prepare();
        try (TransactionalWriter<Prediction> writer = new TransactionalWriter<>(sink, id(0), cursor)) {
            writer.write(new Prediction("a", 2, 0.5));
            writer.write(new Prediction("b", 0, 1));
            writer.commit(bytes(""));
        }
        List<ConsumerRecord<byte[], byte[]>> read = cluster.committed(topic);
        assertThat(read)
                .extracting(r -> new String(r.key()) + " " + r.partition() + " " + new String(r.value()))
                .containsExactlyInAnyOrder(
                        "a 2 {\"user\":\"a\",\"bucket\":2,\"score\":0.5}",
                        "b 0 {\"user\":\"b\",\"bucket\":0,\"score\":1.0}");
        assertThat(read.get(0).headers().lastHeader("model").value()).isEqualTo(bytes("fm-7"));
        assertThat(read.get(0).headers().lastHeader("none").value()).isNull();
        assertThat(positions()).containsExactly(Map.entry("-0", ""));
    }

    @Test
    void aWriterOfTheSameIdFencesTheEarlierOne() throws Exception {
        String topic = cluster.topic(1);
        try (TransactionalWriter<String> zombie = writer(topic, 0)) {
            zombie.write("committed");
            zombie.commit(bytes("1"));
            zombie.write("of the zombie");
            await().atMost(DEADLINE).until(() -> cluster.openTransactions(job).equals(List.of(id(0))));

            try (TransactionalWriter<String> next = writer(topic, 0)) {
                assertThat(cluster.openTransactions(job)).isEmpty();
                assertThatThrownBy(() -> zombie.commit(bytes("2")))
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessageContaining("writing to " + topic + " as " + id(0))
                        .hasMessageContaining("another job of this name has taken over");
                next.write("of the next");
                next.commit(bytes("3"));
            }
        }
        assertThat(cluster.committedValues(topic)).containsExactly("committed", "of the next");
        assertThat(positions()).containsExactly(Map.entry("-0", "3"));
        nothingIsOpen();
    }

    @Test
    void theDriverFencesAllWritersAndThenKnowsTheirPositions() throws Exception {
        String topic = cluster.topic(3);
        try (TransactionalWriter<String> zero = writer(topic, 0);
                TransactionalWriter<String> one = writer(topic, 1)) {
            zero.write("0a");
            zero.commit(bytes("p0"));
            one.write("1a");
            one.commit(bytes("p1"));
            zero.write("lost");
            one.write("lost, too");

            cursor.fence(List.of(id(0), id(1), id(2)));

            assertThat(cluster.openTransactions(job)).isEmpty();
            assertThat(positions()).containsExactly(Map.entry("-0", "p0"), Map.entry("-1", "p1"));
            assertThatThrownBy(() -> zero.commit(bytes("p0 again"))).isInstanceOf(InfrastructureException.class);
            assertThatThrownBy(() -> {
                        one.write("more");
                        one.commit(bytes("p1 again"));
                    })
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("taken over");
        }
        assertThat(cluster.committedValues(topic)).containsExactlyInAnyOrder("0a", "1a");
        assertThat(positions()).containsExactly(Map.entry("-0", "p0"), Map.entry("-1", "p1"));
        nothingIsOpen();
    }

    @Test
    void whatAClosedWriterHasNotCommittedIsDiscarded() throws Exception {
        String topic = cluster.topic(1);
        try (TransactionalWriter<String> writer = writer(topic, 0)) {
            writer.write("x");
        }
        nothingIsOpen();
        assertThat(cluster.committed(topic)).isEmpty();
        assertThat(cluster.end(topic, 0)).isPositive();
    }

    @Test
    void aPositionMayBeLongerThanARecord() throws Exception {
        String topic = cluster.topic(1);
        byte[] three = new byte[3_000_000];
        new Random(1).nextBytes(three);
        byte[] two = new byte[2 * (512 << 10)];
        new Random(2).nextBytes(two);
        try (TransactionalWriter<String> writer = writer(topic, 0)) {
            writer.commit(three);
            assertThat(cursor.positions(job))
                    .containsOnlyKeys(id(0))
                    .hasEntrySatisfying(id(0), position -> assertThat(position).isEqualTo(three));
            writer.commit(two);
            assertThat(cursor.positions(job).get(id(0))).isEqualTo(two);
            writer.commit(bytes("short"));
            assertThat(cursor.positions(job).get(id(0))).isEqualTo(bytes("short"));
        }
    }

    @Test
    void positionsAreThoseOfOneJob() throws Exception {
        String topic = cluster.topic(1);
        try (TransactionalWriter<String> mine = writer(topic, 0);
                TransactionalWriter<String> other = new TransactionalWriter<>(sink(topic), "other-" + id(0), cursor)) {
            mine.commit(bytes("mine"));
            other.commit(bytes("other"));
        }
        assertThat(positions()).containsExactly(Map.entry("-0", "mine"));
    }

    @Test
    void theCursorTopicIsCompactedAndReplicated() throws Exception {
        cursor.create();
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, CursorTopic.DEFAULT_NAME);
        var config = cluster.admin()
                .describeConfigs(List.of(resource))
                .all()
                .get(60, TimeUnit.SECONDS)
                .get(resource);
        assertThat(config.get("cleanup.policy").value()).isEqualTo("compact");
        assertThat(config.get("min.insync.replicas").value()).isEqualTo("2");
        var description = cluster.admin()
                .describeTopics(List.of(CursorTopic.DEFAULT_NAME))
                .allTopicNames()
                .get(60, TimeUnit.SECONDS)
                .get(CursorTopic.DEFAULT_NAME);
        assertThat(description.partitions()).hasSize(1);
        assertThat(description.partitions().get(0).replicas()).hasSize(3);

        String other = cluster.topic(1);
        assertThatThrownBy(
                        () -> new CursorTopic(other, KafkaSettings.NONE.bootstrapServers(cluster.servers())).create())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("cleanup.policy of topic " + other
                        + ": delete (expected: compact, as others delete positions)");
        String wide = cluster.topic(2, Map.of("cleanup.policy", "compact"));
        assertThatThrownBy(() -> new CursorTopic(wide, KafkaSettings.NONE.bootstrapServers(cluster.servers())).create())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("partitions of topic " + wide + ": 2 (expected: 1)");
    }

    @Test
    void anOpenTransactionOfSomebodyElseIsWaitedForUntilTheDeadline() throws Exception {
        try (KafkaProducer<String, String> other = cluster.transaction("other-" + job)) {
            other.send(new ProducerRecord<>(CursorTopic.DEFAULT_NAME, 0, "other-" + job, "x"));
            other.flush();
            CursorTopic hasty = new CursorTopic(
                    CursorTopic.DEFAULT_NAME,
                    KafkaSettings.NONE
                            .bootstrapServers(cluster.servers())
                            .with("request.timeout.ms", "1500")
                            .with("default.api.timeout.ms", "2000"));
            assertThatThrownBy(() -> hasty.positions(job))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining(CursorTopic.DEFAULT_NAME)
                    .hasMessageContaining("a transaction that stays open");
            other.abortTransaction();
        }
        assertThat(positions()).isEmpty();
    }

    @Test
    void whatCannotBeWrittenIsNamed() throws Exception {
        assertThatThrownBy(() -> sink("no-such-output").prepare())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("output: topic no-such-output");
        assertThat(cluster.has("no-such-output")).isFalse();

        String topic = cluster.topic(1, Map.of("max.message.bytes", "2000"));
        try (TransactionalWriter<String> writer = writer(topic, 0)) {
            writer.write("x".repeat(10_000));
            assertThatThrownBy(() -> writer.commit(bytes("1")))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("max.message.bytes");
        }
        try (TransactionalWriter<String> writer = writer(topic, 0)) {
            assertThatThrownBy(() -> {
                        writer.write("x".repeat(2_000_000));
                        writer.commit(bytes("1"));
                    })
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("max.request.size");
        }
        nothingIsOpen();
        assertThat(cluster.committed(topic)).isEmpty();
        assertThat(positions()).isEmpty();
    }

    /** What a job will do: read, write, commit the place with it, and after a loss go on from the place that was committed. */
    @Test
    void whatIsReadFromOneTopicIsWrittenOnceToAnotherHoweverOftenTheWriterDies() throws Exception {
        String input = cluster.topic(1);
        String output = cluster.topic(1);
        List<String> numbers =
                IntStream.range(0, 20_000).mapToObj(Integer::toString).toList();
        cluster.write(input, 0, numbers);
        KafkaSource<String> source = Kafka.topic(input, strings()).bootstrapServers(cluster.servers());
        Split split = source.splits(1).get(0);
        Random random = new Random(7);

        long at = 0;
        for (int life = 0; at < numbers.size(); life++) {
            assertThat(life).isLessThan(20);
            // neither it nor its transaction is ended: the next one does that
            TransactionalWriter<String> writer = writer(output, 0);
            byte[] position = cursor.positions(job).get(id(0));
            at = position == null ? 0 : ByteBuffer.wrap(position).getLong();
            int until = life < 6 ? random.nextInt(5_000) : numbers.size();
            try (SplitReader<String> reader = source.open(split, at)) {
                for (int k = 0; k < until && at < numbers.size(); k++) {
                    writer.write(take(reader, 1).get(0));
                    at = reader.place(0) + 1;
                    if (at % 1_000 == 0) {
                        writer.commit(
                                ByteBuffer.allocate(Long.BYTES).putLong(at).array());
                    }
                }
            }
        }
        cursor.fence(List.of(id(0)));
        assertThat(cluster.committedValues(output)).isEqualTo(numbers);
        assertThat(cluster.openTransactions(job)).isEmpty();
    }
}
