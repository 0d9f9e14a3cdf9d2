package io.ghee.io.kafka;

import static io.ghee.io.kafka.KafkaReading.all;
import static io.ghee.io.kafka.KafkaReading.only;
import static io.ghee.io.kafka.KafkaReading.shipped;
import static io.ghee.io.kafka.KafkaReading.take;
import static io.ghee.io.kafka.Payload.json;
import static io.ghee.io.kafka.Payload.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.source.BoundedSource;
import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(KafkaCluster.Shared.class)
class KafkaSourceTest {
    private static KafkaCluster cluster;

    record Click(String user, int page) {}

    @BeforeAll
    static void start() {
        cluster = KafkaCluster.shared();
    }

    private static KafkaSource<String> lines(String topic) {
        return Kafka.topic(topic, strings()).bootstrapServers(cluster.servers());
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void aPartitionIsReadInTheOrderOfItsOffsetsWhichAreThePlaces() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "{\"user\":\"a\",\"page\":1}", "{\"page\":2,\"user\":\"b\",\"more\":[1]}");

        KafkaSource<Click> source =
                shipped(Kafka.topic(topic, json(Click.class)).bootstrapServers(cluster.servers()));
        try (SplitReader<Click> reader = only(source)) {
            assertThat(take(reader, 1)).containsExactly(new Click("a", 1));
            assertThat(reader.place(7)).isZero();
            assertThat(reader.position()).isEqualTo(topic + "-0@0");
            assertThat(take(reader, 1)).containsExactly(new Click("b", 2));
            assertThat(reader.place(0)).isEqualTo(1);
            assertThat(reader.next()).isNull();
            assertThat(reader.isOver()).isFalse();

            cluster.write(topic, 0, "{\"user\":\"c\",\"page\":3}");
            assertThat(take(reader, 1)).containsExactly(new Click("c", 3));
        }
        assertThat(source.describe()).isEqualTo("kafka " + topic + " from earliest");
    }

    @Test
    void aRecordComesWithItsKeyHeadersAndPlaceToADecoderThatWantsThem() throws Exception {
        String topic = cluster.topic(2);
        try (KafkaProducer<String, String> producer = cluster.producer(Map.of())) {
            ProducerRecord<String, String> record = new ProducerRecord<>(topic, 1, 1234L, "key", "value");
            record.headers().add("h", "1".getBytes()).add("h", null);
            producer.send(record).get(60, TimeUnit.SECONDS);
            producer.send(new ProducerRecord<>(topic, 1, 1235L, "key", (String) null))
                    .get(60, TimeUnit.SECONDS);
        }

        List<KafkaRecord<String>> read = all(Kafka.topic(topic, strings().withMetadata())
                .bootstrapServers(cluster.servers())
                .untilLatest());

        assertThat(read).hasSize(2);
        KafkaRecord<String> first = read.get(0);
        assertThat(first.topic() + "-" + first.partition() + "@" + first.offset())
                .isEqualTo(topic + "-1@0");
        assertThat(first.timestamp()).isEqualTo(1234);
        assertThat(first.key()).isEqualTo("key".getBytes());
        assertThat(first.value()).isEqualTo("value");
        assertThat(first.headers()).extracting(KafkaHeader::name).containsExactly("h", "h");
        assertThat(first.headers()).extracting(KafkaHeader::text).containsExactly("1", null);
        assertThat(read.get(1).value()).isNull();

        assertThat(all(Kafka.topic(topic, strings().skippingTombstones())
                        .bootstrapServers(cluster.servers())
                        .untilLatest()))
                .containsExactly("value");
    }

    @Test
    void readingGoesOnFromAPlace() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, numbers(0, 10));
        BoundedSource<String> source = lines(topic).untilLatest();
        Split split = source.splits(1).get(0);
        try (SplitReader<String> reader = source.open(split, 7)) {
            assertThat(take(reader, 3)).containsExactly("7", "8", "9");
            assertThat(reader.place(0)).isEqualTo(9);
            assertThat(reader.next()).isNull();
            assertThat(reader.isOver()).isTrue();
        }
        try (SplitReader<String> reader = source.open(split, 10)) {
            assertThat(reader.next()).isNull();
            assertThat(reader.isOver()).isTrue();
        }
    }

    @Test
    void readingBeginsWhereItIsTold() throws Exception {
        // the timestamps are of long ago
        String topic = cluster.topic(2, Map.of("retention.ms", "-1"));
        TopicPartition zero = new TopicPartition(topic, 0);
        TopicPartition one = new TopicPartition(topic, 1);
        cluster.write(
                Map.of(),
                IntStream.range(0, 10)
                        .mapToObj(k -> new ProducerRecord<String, String>(topic, k % 2, 1000L + k, null, "" + k))
                        .toList());
        String group = "group-of-" + topic;
        cluster.admin()
                .alterConsumerGroupOffsets(group, Map.of(one, new OffsetAndMetadata(4)))
                .all()
                .get(60, TimeUnit.SECONDS);

        assertThat(from(topic, KafkaOffsets.earliest()))
                .containsExactlyInAnyOrder("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        assertThat(from(topic, KafkaOffsets.latest())).isEmpty();
        assertThat(from(topic, KafkaOffsets.committed(group, KafkaOffsets.latest())))
                .containsExactly("9");
        assertThat(from(topic, KafkaOffsets.committed(group, KafkaOffsets.earliest())))
                .containsExactlyInAnyOrder("0", "2", "4", "6", "8", "9");
        assertThat(from(topic, KafkaOffsets.committed("nobody", KafkaOffsets.offsets(Map.of(zero, 5L, one, 3L)))))
                .containsExactlyInAnyOrder("7", "9");
        assertThat(from(topic, KafkaOffsets.timestamp(Instant.ofEpochMilli(1005))))
                .containsExactlyInAnyOrder("5", "6", "7", "8", "9");
        assertThat(from(topic, KafkaOffsets.timestamp(Instant.ofEpochMilli(1009))))
                .containsExactly("9");
        assertThat(from(topic, KafkaOffsets.offsets(Map.of(zero, 4L, one, 5L)))).containsExactly("8");

        assertThatThrownBy(() -> from(topic, KafkaOffsets.offsets(Map.of(zero, 0L))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(topic + "-0")
                .hasMessageContaining(topic + "-1");
        assertThatThrownBy(() -> from(topic, KafkaOffsets.offsets(Map.of(zero, 0L, one, 6L))))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(topic + "-1: offset 6 is not there (expected: 0 to 5");
    }

    private List<String> from(String topic, KafkaOffsets offsets) throws Exception {
        return all(lines(topic).startAt(offsets).untilLatest());
    }

    @Test
    void topicsAndPartitionsAreChosen() throws Exception {
        String prefix = "chosen-" + System.nanoTime();
        String a = cluster.topic(prefix + "-a", 2, Map.of());
        String b = cluster.topic(prefix + "-b", 1, Map.of());
        cluster.write(a, 0, "a0");
        cluster.write(a, 1, "a1");
        cluster.write(b, 0, "b0");

        assertThat(all(Kafka.topics(Pattern.compile(prefix + "-."), strings())
                        .bootstrapServers(cluster.servers())
                        .untilLatest()))
                .containsExactlyInAnyOrder("a0", "a1", "b0");
        assertThat(all(Kafka.partitions(List.of(new TopicPartition(a, 1), new TopicPartition(b, 0)), strings())
                        .bootstrapServers(cluster.servers())
                        .untilLatest()))
                .containsExactlyInAnyOrder("a1", "b0");
        assertThatThrownBy(() -> Kafka.topics(Pattern.compile(prefix), strings())
                        .bootstrapServers(cluster.servers())
                        .splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(prefix)
                .hasMessageContaining("none matches");
        assertThatThrownBy(() -> Kafka.partitions(List.of(new TopicPartition(b, 1)), strings())
                        .bootstrapServers(cluster.servers())
                        .splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(b + "-1 is not there (expected: a partition from 0 to 0)");
    }

    @Test
    void aBoundedSourceEndsWhereTheTopicEndedWhenTheJobStarted() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1", "2");
        BoundedSource<String> source = lines(topic).untilLatest();
        List<? extends Split> splits = source.splits(1);
        cluster.write(topic, 0, numbers(3, 2000));

        assertThat(all(source, splits)).containsExactly("1", "2");
        assertThat(source.describe()).endsWith("until latest");
        assertThat(splits.get(0).describe()).isEqualTo(topic + "-0[0, 2)");
    }

    @Test
    void aBoundedSourceEndsBehindMarkersAbortedRecordsAndOpenTransactions() throws Exception {
        String topic = cluster.topic(1);
        try (KafkaProducer<String, String> first = cluster.transaction("first-" + topic)) {
            first.send(new ProducerRecord<>(topic, 0, null, "committed"));
            first.commitTransaction();
            first.beginTransaction();
            first.send(new ProducerRecord<>(topic, 0, null, "aborted"));
            first.flush();
            first.abortTransaction();
        }
        assertThat(all(lines(topic).untilLatest())).containsExactly("committed");

        try (KafkaProducer<String, String> second = cluster.transaction("second-" + topic)) {
            second.send(new ProducerRecord<>(topic, 0, null, "open"));
            second.flush();
            cluster.write(topic, 0, "behind it");
            assertThat(all(lines(topic).untilLatest())).containsExactly("committed");
            assertThat(all(lines(topic)
                            .property("isolation.level", "read_uncommitted")
                            .untilLatest()))
                    .containsExactly("committed", "aborted", "open", "behind it");
            second.commitTransaction();
        }
        assertThat(all(lines(topic).untilLatest())).containsExactly("committed", "open", "behind it");
    }

    @Test
    void aBoundedSourceEndsWhereCompactionHasTakenTheLastRecords() throws Exception {
        String topic = cluster.topic(
                1,
                Map.of(
                        "cleanup.policy", "compact",
                        "segment.bytes", "1048576",
                        "min.cleanable.dirty.ratio", "0.01",
                        "max.compaction.lag.ms", "1000",
                        "segment.ms", "100",
                        "delete.retention.ms", "0"));
        try (KafkaProducer<String, String> producer = cluster.producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, 0, "kept", "kept"));
            for (int k = 0; k < 100; k++) {
                producer.send(new ProducerRecord<>(topic, 0, "k", "" + k));
            }
            producer.send(new ProducerRecord<>(topic, 0, "k", null)).get(60, TimeUnit.SECONDS);
        }
        BoundedSource<String> source = Kafka.topic(topic, strings().skippingTombstones())
                .bootstrapServers(cluster.servers())
                .untilLatest();
        List<? extends Split> splits = source.splits(1);
        assertThat(splits.get(0).describe()).isEqualTo(topic + "-0[0, 102)");

        // what is written makes a new segment, so that the one before can be compacted
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> {
            try (KafkaProducer<String, String> producer = cluster.producer(Map.of())) {
                producer.send(new ProducerRecord<>(topic, 0, "later", "later")).get(60, TimeUnit.SECONDS);
            }
            return all(source, splits).size() == 1;
        });
        assertThat(all(source, splits)).containsExactly("kept");
    }

    @Test
    void offsetsThatRetentionHasDeletedAreNamedWithTheRemedy() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, numbers(0, 100));
        TopicPartition partition = new TopicPartition(topic, 0);
        Source<String> source = lines(topic);
        Split split = source.splits(1).get(0);
        cluster.admin()
                .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(40)))
                .all()
                .get(60, TimeUnit.SECONDS);

        try (SplitReader<String> reader = source.open(split, 17)) {
            assertThatThrownBy(() -> take(reader, 1))
                    .isInstanceOf(InputException.class)
                    .isNotInstanceOf(BadRecordException.class)
                    .hasMessageContaining(topic + "-0: offset 17 is not there (expected: 40 to 100")
                    .hasMessageContaining("startAt(KafkaOffsets.earliest())")
                    .hasMessageContaining("retention.ms");
        }
        assertThatThrownBy(() -> from(topic, KafkaOffsets.offsets(Map.of(partition, 17L))))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("offset 17 is not there (expected: 40 to 100");
        assertThat(from(topic, KafkaOffsets.earliest())).hasSize(60);
    }

    @Test
    void aTopicThatIsNotThereIsNamedAndNotMade() throws Exception {
        assertThatThrownBy(() -> lines("no-such-topic").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("topic no-such-topic at " + cluster.servers())
                .hasMessageContaining("ghee creates none");
        assertThatThrownBy(() -> lines("no such topic!").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such topic!");
        assertThat(cluster.has("no-such-topic")).isFalse();
    }

    @Test
    void aBrokerThatIsDownIsNamedAfterTheDeadline() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        KafkaSource<String> source = Kafka.topic("clicks", strings())
                .bootstrapServers("localhost:" + port)
                .property("request.timeout.ms", "500")
                .property("default.api.timeout.ms", "1000");
        assertThatThrownBy(() -> source.splits(1))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("topic clicks at localhost:" + port)
                .hasMessageContaining("bootstrap.servers");
        try (SplitReader<String> reader = source.open(new KafkaSplit("clicks", 0, 0, KafkaSplit.NEVER))) {
            assertThatThrownBy(() -> take(reader, 1))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("[clicks-0] at localhost:" + port + ": no answer for PT1S");
        }
    }

    @Test
    void propertiesOfGheesOwnAreRefusedByName() {
        KafkaSource<String> source = Kafka.topic("t", strings());
        assertThatThrownBy(() -> source.property("group.id", "g"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("property group.id (expected: startAt(KafkaOffsets.committed(");
        assertThatThrownBy(() -> source.properties(Map.of("enable.auto.commit", "true")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("enable.auto.commit");
        assertThatThrownBy(() -> Kafka.to("t", strings()).property("transactional.id", "x"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("transactional.id");
        assertThatThrownBy(() -> source.splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("bootstrap.servers: none");
        assertThatThrownBy(() -> source.bootstrapServers("localhost:1")
                        .property("security.protocol", "TELEPATHY")
                        .splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("security.protocol");
    }

    @Test
    void secretsAreNotShown() {
        KafkaSource<String> source =
                Kafka.topic("t", strings()).bootstrapServers("h:1").property("sasl.jaas.config", "password=\"secret\"");
        assertThat(source.describe() + source + source.untilLatest().describe() + source.untilLatest())
                .doesNotContain("secret");
    }

    @Test
    void twentyPartitionsAreReadByThreeWorkers() throws Exception {
        String topic = cluster.topic(20);
        cluster.write(
                Map.of(),
                IntStream.range(0, 20_000)
                        .mapToObj(k -> new ProducerRecord<String, String>(topic, k % 20, null, "" + k))
                        .toList());
        BoundedSource<String> source = lines(topic).untilLatest();
        List<? extends Split> splits = source.splits(3);
        ExecutorService workers = Executors.newFixedThreadPool(3);
        try {
            List<Callable<List<String>>> tasks = new ArrayList<>();
            for (int w = 0; w < 3; w++) {
                int worker = w;
                List<? extends Split> share = IntStream.range(0, splits.size())
                        .filter(k -> k % 3 == worker)
                        .mapToObj(splits::get)
                        .toList();
                tasks.add(() -> all(source, share));
            }
            List<String> read = new ArrayList<>();
            for (Future<List<String>> each : workers.invokeAll(tasks)) {
                read.addAll(each.get(60, TimeUnit.SECONDS));
            }
            assertThat(read).hasSize(20_000).containsExactlyInAnyOrderElementsOf(numbers(0, 20_000));
        } finally {
            workers.shutdownNow();
        }
    }

    @Test
    void theReadersOfAThreadShareAConsumerThatClosesWithTheLast() throws Exception {
        String topic = cluster.topic(3);
        cluster.write(topic, 0, "only");
        KafkaSource<String> source = lines(topic);
        List<? extends Split> splits = source.splits(1);
        assertThat(consumers()).isZero();
        List<SplitReader<String>> readers = new ArrayList<>();
        for (Split split : splits) {
            readers.add(source.open(split));
        }
        assertThat(consumers()).isEqualTo(1);
        try (SplitReader<String> again = source.open(splits.get(0))) {
            assertThat(consumers()).as("for a partition that is read already").isEqualTo(2);
            assertThat(take(readers.get(0), 1)).isEqualTo(take(again, 1)).containsExactly("only");
        }
        for (SplitReader<String> reader : readers) {
            assertThat(consumers()).isEqualTo(1);
            reader.close();
            reader.close();
        }
        assertThat(consumers()).isZero();
    }

    /** How many consumers are open in this JVM. */
    private static long consumers() {
        return ManagementFactory.getPlatformMBeanServer().queryNames(null, null).stream()
                .filter(name -> "kafka.consumer".equals(name.getDomain())
                        && "app-info".equals(name.getKeyProperty("type"))
                        && name.getKeyProperty("client-id") != null)
                .count();
    }

    @Test
    void noPartitionWaitsForAnother() throws Exception {
        String topic = cluster.topic(2);
        cluster.write(topic, 0, numbers(0, 5000));
        cluster.write(topic, 1, "other");
        KafkaSource<String> source = lines(topic);
        List<? extends Split> splits = source.splits(1);
        try (SplitReader<String> full = source.open(splits.get(0));
                SplitReader<String> other = source.open(splits.get(1))) {
            take(full, 1);
            // the rest of what was fetched lies there, and nobody asks for it
            assertThat(take(other, 1)).containsExactly("other");
            cluster.write(topic, 1, "one more");
            assertThat(take(other, 1)).containsExactly("one more");
            assertThat(take(full, 4999)).last().isEqualTo("4999");
        }
    }

    @Test
    void aBacklogTakesNoMoreMemoryThanWhatIsUsed() throws Exception {
        String topic = cluster.topic(3, Map.of("compression.type", "uncompressed"));
        String kilobytes = "x".repeat(10_000);
        int each = 4_000;
        cluster.write(
                Map.of("batch.size", 500_000),
                IntStream.range(0, 3 * each)
                        .mapToObj(k -> new ProducerRecord<String, String>(topic, k % 3, null, kilobytes))
                        .toList());
        Source<Integer> source = Kafka.topic(topic, record -> record.value().length)
                .bootstrapServers(cluster.servers())
                .untilLatest();
        List<SplitReader<Integer>> readers = new ArrayList<>();
        long before = usedBytes();
        for (Split split : source.splits(1)) {
            readers.add(source.open(split));
        }
        try {
            // two readers are not asked: their 80 MB stay where they are
            assertThat(take(readers.get(0), each)).containsOnly(10_000);
            assertThat(usedBytes() - before).isLessThan(30 << 20);
            assertThat(take(readers.get(1), each)).containsOnly(10_000);
            assertThat(take(readers.get(2), each)).containsOnly(10_000);
        } finally {
            for (SplitReader<Integer> reader : readers) {
                reader.close();
            }
        }
    }

    private static long usedBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void lagIsWhatIsStillAhead() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, numbers(0, 1000));
        try (SplitReader<String> reader = only(lines(topic))) {
            PartitionReader<String> partition = (PartitionReader<String>) reader;
            take(reader, 1);
            assertThat(partition.lag()).isEqualTo(999);
            take(reader, 999);
            assertThat(partition.lag()).isZero();
        }
        try (SplitReader<String> reader = only(lines(topic).untilLatest())) {
            cluster.write(topic, 0, numbers(1000, 2000));
            take(reader, 100);
            assertThat(((PartitionReader<String>) reader).lag()).isEqualTo(900);
        }
    }

    @Test
    void aWaitEndsWhenTheWorkerIsInterrupted() throws Exception {
        String topic = cluster.topic(1);
        try (SplitReader<String> reader = only(lines(topic))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(reader::next).isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    @Test
    void aReaderThatIsClosedByAnInterruptedThreadIsClosed() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1");
        SplitReader<String> reader = only(lines(topic));
        take(reader, 1);
        Thread.currentThread().interrupt();
        try {
            reader.close();
        } catch (InterruptedIOException e) {
            assertThat(e).hasMessage("closing a consumer");
        }
        assertThat(Thread.interrupted()).isTrue();
        assertThat(consumers()).isZero();
    }

    @Test
    void aCorruptRecordIsNamedWithItsPlace() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1", "2");
        cluster.write(topic, 0, "corrupt");
        cluster.corruptLastByte(topic, 0);
        try (SplitReader<String> reader = only(lines(topic))) {
            assertThat(take(reader, 2)).containsExactly("1", "2");
            assertThatThrownBy(() -> take(reader, 1))
                    .isInstanceOf(InputException.class)
                    .isNotInstanceOf(BadRecordException.class)
                    .hasMessageContaining(topic + "-0")
                    .hasMessageContaining("is the broker's disk sound?");
        }
    }
}
