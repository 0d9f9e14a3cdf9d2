package io.ghee.io.kafka;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.io.kafka.Payload.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.Ghee;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whole pipelines from and to topics: each record once, whoever dies. */
@ExtendWith(KafkaCluster.Shared.class)
@Timeout(300)
class KafkaPipelineTest {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final Duration OFTEN = Duration.ofMillis(200);
    private static final int PARTITIONS = 4;
    private static KafkaCluster cluster;

    /** Armed by a test; then the writer that comes by first is lost, once. */
    private static final AtomicBoolean TRAP = new AtomicBoolean();

    private final String name = "job-" + UUID.randomUUID().toString().substring(0, 8);

    @BeforeAll
    static void start() {
        cluster = KafkaCluster.shared();
    }

    private static List<String> lines(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(n -> String.format(Locale.ROOT, "record %06d", n))
                .toList();
    }

    private static void fill(String topic, int from, int to) throws Exception {
        List<String> all = lines(from, to);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int mine = partition;
            cluster.write(
                    topic,
                    partition,
                    IntStream.range(0, all.size())
                            .filter(k -> k % PARTITIONS == mine)
                            .mapToObj(all::get)
                            .toList());
        }
    }

    private static KafkaSource<String> source(String topic) {
        return Kafka.topic(topic, strings()).bootstrapServers(cluster.servers()).startAt(KafkaOffsets.earliest());
    }

    private static KafkaSink<String> sink(String topic) {
        return Kafka.to(topic, strings()).bootstrapServers(cluster.servers()).key(line -> line);
    }

    private static String predict(String line) {
        if (TRAP.compareAndSet(true, false)) {
            throw new InfrastructureException("caught");
        }
        return line + "!";
    }

    private Pipeline endless(String from, String to) {
        return Pipeline.named(name)
                .readFrom(source(from))
                .stage("decode", replicas(2))
                .filter(line -> !line.endsWith("7"))
                .batch(64, Duration.ofMillis(20))
                .distribute(balanced())
                .stage("predict", replicas(2))
                .unbatch()
                .map(KafkaPipelineTest::predict)
                .writeTo(sink(to))
                .commitEvery(OFTEN);
    }

    private static List<String> predicted(int from, int to) {
        return lines(from, to).stream()
                .filter(line -> !line.endsWith("7"))
                .map(line -> line + "!")
                .toList();
    }

    private static List<String> committed(String topic) throws Exception {
        return cluster.committedValues(topic).stream().sorted().toList();
    }

    private static void awaitCommitted(String topic, List<String> expected, String seed) {
        await(seed)
                .atMost(SOON)
                .pollInterval(OFTEN)
                .until(() -> committed(topic).size() >= expected.size());
    }

    private void nothingIsOpen() {
        await("no open transaction")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.openTransactions(name)).isEmpty());
    }

    @Test
    void aJobThatIsStartedAgainWritesEachRecordOnce() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        String from = cluster.topic(PARTITIONS);
        String to = cluster.topic(PARTITIONS);
        int records = 0;
        for (int round = 0; round < 3; round++) {
            fill(from, records, records + 6000);
            records += 6000;
            Job job = Ghee.local().launch(endless(from, to));
            // Some of this round may be there by now, and there is no more than all of it.
            int enough = Math.min(predicted(0, records).size(), committed(to).size() + random.nextInt(4000));
            await("seed " + seed).atMost(SOON).until(() -> committed(to).size() >= enough);
            job.cancel();
        }
        List<String> expected = predicted(0, records);
        Job job = Ghee.local().launch(endless(from, to));
        awaitCommitted(to, expected, "seed " + seed);
        job.cancel();

        assertThat(committed(to)).as("seed %s", seed).isEqualTo(expected);
        nothingIsOpen();
    }

    @Test
    void aWriterThatIsLostIsReplaced() throws Exception {
        String from = cluster.topic(PARTITIONS);
        String to = cluster.topic(PARTITIONS);
        fill(from, 0, 3000);
        Job job = Ghee.local().launch(endless(from, to));
        await().atMost(SOON).until(() -> !committed(to).isEmpty());
        TRAP.set(true);
        fill(from, 3000, 6000);
        awaitCommitted(to, predicted(0, 6000), "");
        assertThat(job.progress().restarts()).hasSize(1);
        job.cancel();

        assertThat(committed(to)).isEqualTo(predicted(0, 6000));
        nothingIsOpen();
    }

    @Test
    void ofTwoJobsOfOneNameTheLaterOneGoesOn() throws Exception {
        String from = cluster.topic(PARTITIONS);
        String to = cluster.topic(PARTITIONS);
        fill(from, 0, 3000);
        Job first = Ghee.local().launch(endless(from, to));
        await().atMost(SOON).until(() -> !committed(to).isEmpty());
        Job second = Ghee.local().launch(endless(from, to));
        fill(from, 3000, 6000);
        assertThatThrownBy(() -> first.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("taken over");
        awaitCommitted(to, predicted(0, 6000), "");
        second.cancel();

        assertThat(committed(to)).isEqualTo(predicted(0, 6000));
        nothingIsOpen();
    }

    @Test
    void aTopicIsReadToItsEndIntoFilesAndBack(@TempDir Path temp) throws Exception {
        String from = cluster.topic(PARTITIONS);
        String to = cluster.topic(PARTITIONS);
        fill(from, 0, 5000);
        String files = temp.resolve("files").toString();
        Ghee.local()
                .launch(Pipeline.named(name)
                        .readFrom(source(from).untilLatest().epochs(2))
                        .stage("copy", replicas(3))
                        .writeTo(Text.to(files)))
                .await(SOON);
        Ghee.local()
                .launch(Pipeline.named(name)
                        .readFrom(Text.lines(files))
                        .stage("copy", replicas(2))
                        .writeTo(sink(to)))
                .await(SOON);

        assertThat(committed(to))
                .isEqualTo(Stream.concat(lines(0, 5000).stream(), lines(0, 5000).stream())
                        .sorted()
                        .toList());
        nothingIsOpen();

        // It has ended; to write elsewhere from the beginning is for a job of another name.
        String other = cluster.topic(PARTITIONS);
        assertThatThrownBy(() -> Ghee.local()
                        .launch(Pipeline.named(name)
                                .readFrom(Text.lines(files))
                                .stage("copy", replicas(2))
                                .writeTo(sink(other)))
                        .await(SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("topic of job " + name + ": " + other + " (expected: " + to);
    }

    private Map<Integer, Long> group(String topic) throws Exception {
        Map<Integer, Long> offsets = new TreeMap<>();
        cluster.admin()
                .listConsumerGroupOffsets(name)
                .partitionsToOffsetAndMetadata()
                .get(60, TimeUnit.SECONDS)
                .forEach((partition, offset) -> {
                    assertThat(partition.topic()).isEqualTo(topic);
                    offsets.put(partition.partition(), offset.offset());
                });
        return offsets;
    }

    private static Map<Integer, Long> ends(String topic, int partitions) throws Exception {
        Map<Integer, Long> ends = new TreeMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            ends.put(partition, cluster.end(topic, partition));
        }
        return ends;
    }

    @Test
    void aGroupShowsHowFarTheJobIsBehind() throws Exception {
        String from = cluster.topic(PARTITIONS);
        String to = cluster.topic(PARTITIONS);
        // Half of it is filtered out, and some of it cannot be decoded; behind it there is the marker of a transaction.
        fill(from, 0, 1000);
        cluster.write(from, 2, "poison");
        try (KafkaProducer<String, String> producer = cluster.transaction("marker-" + from)) {
            producer.send(new ProducerRecord<>(from, 1, null, "record 001000"));
            producer.commitTransaction();
        }
        Pipeline pipeline = Pipeline.named(name)
                .readFrom(Kafka.topic(from, KafkaPipelineTest::decode)
                        .bootstrapServers(cluster.servers())
                        .deadLetters(DeadLetters.topic(cluster.topic(1)))
                        .groupId(name))
                .stage("decode", replicas(2))
                .filter(line -> !line.endsWith("7"))
                .batch(64, Duration.ofMillis(20))
                .stage("write", replicas(2))
                .unbatch()
                .writeTo(sink(to))
                .commitEvery(OFTEN);
        Job job = Ghee.local().launch(pipeline);
        await().atMost(SOON).pollInterval(OFTEN).until(() -> group(from).equals(ends(from, PARTITIONS)));
        // The workers tell of it now and then.
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(job.progress().lag()).hasValue(0);
            assertThat(job.progress().lags()).containsOnlyKeys(from + "-0", from + "-1", from + "-2", from + "-3");
        });
        assertThat(job.progress().quarantined()).isEqualTo(1);

        fill(from, 1000, 1400);
        job.stop(SOON);

        Map<Integer, Long> stopped = group(from);
        List<String> before = committed(to);
        assertThat(before).as("what the group says is there").hasSizeGreaterThanOrEqualTo(1);
        // Another job, which begins where the group is, has the rest.
        String rest = cluster.topic(PARTITIONS);
        Ghee.local()
                .launch(Pipeline.named(name + "-2")
                        .readFrom(Kafka.topic(from, KafkaPipelineTest::decode)
                                .bootstrapServers(cluster.servers())
                                .startAt(KafkaOffsets.committed(name, KafkaOffsets.earliest()))
                                .groupId(name)
                                .untilLatest())
                        .stage("copy", replicas(2))
                        .filter(line -> !line.endsWith("7"))
                        .writeTo(sink(rest)))
                .await(SOON);
        List<String> all = new ArrayList<>(before);
        all.addAll(committed(rest));
        assertThat(all.stream().sorted().toList())
                .as("the group was at %s", stopped)
                .isEqualTo(Stream.concat(lines(0, 1400).stream(), Stream.of("record 001000"))
                        .filter(line -> !line.endsWith("7"))
                        .sorted()
                        .toList());
        assertThat(group(from)).isEqualTo(ends(from, PARTITIONS));
    }

    private static String decode(KafkaRecord<byte[]> record) {
        String line = new String(record.value());
        if (line.equals("poison")) {
            throw new BadRecordException("poison");
        }
        return line;
    }

    @Test
    void aJobOfFilesThatEndsCommitsToTheGroup(@TempDir Path temp) throws Exception {
        String topic = cluster.topic(PARTITIONS);
        for (int day = 0; day < 3; day++) {
            fill(topic, 500 * day, 500 * day + 500);
            String out = temp.resolve("day-" + day).toString();
            Ghee.local()
                    .launch(Pipeline.named(name)
                            .readFrom(source(topic)
                                    .startAt(KafkaOffsets.committed(name, KafkaOffsets.earliest()))
                                    .groupId(name)
                                    .untilLatest())
                            .stage("copy", replicas(2))
                            .writeTo(Text.to(out)))
                    .await(SOON);
            assertThat(linesOf(Path.of(out))).isEqualTo(lines(500 * day, 500 * day + 500));
            assertThat(group(topic)).isEqualTo(ends(topic, PARTITIONS));
        }
    }

    private static List<String> linesOf(Path directory) throws Exception {
        List<String> all = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "part-*")) {
            for (Path file : files) {
                all.addAll(Files.readAllLines(file));
            }
        }
        all.sort(null);
        return all;
    }

    @Test
    void partitionsAndTopicsThatAreAddedAreReadFromTheirBeginning() throws Exception {
        String prefix = "growing-" + UUID.randomUUID();
        String first = cluster.topic(prefix + "-a", 1, Map.of());
        String to = cluster.topic(PARTITIONS);
        cluster.write(first, 0, "not read");
        Pipeline pipeline = Pipeline.named(name)
                .readFrom(Kafka.topics(Pattern.compile(prefix + "-."), strings())
                        .bootstrapServers(cluster.servers())
                        .property("metadata.max.age.ms", "500")
                        .startAt(KafkaOffsets.latest()))
                .stage("copy", replicas(2))
                .writeTo(sink(to))
                .commitEvery(OFTEN);
        Job job = Ghee.local().launch(pipeline);
        cluster.write(first, 0, "a0");
        await().atMost(SOON).until(() -> committed(to).equals(List.of("a0")));

        String second = cluster.topic(prefix + "-b", 2, Map.of());
        cluster.write(second, 1, "b1");
        await().atMost(SOON).until(() -> committed(to).equals(List.of("a0", "b1")));
        cluster.grow(first, 3);
        cluster.write(first, 2, "a2");
        await().atMost(SOON).until(() -> committed(to).equals(List.of("a0", "a2", "b1")));
        job.stop(SOON);

        // While nobody looks, too: what comes up and what is added.
        cluster.grow(first, 4);
        cluster.write(first, 3, "a3");
        cluster.write(first, 0, "a0 again");
        Job again = Ghee.local().launch(pipeline);
        await().atMost(SOON).until(() -> committed(to).equals(List.of("a0", "a0 again", "a2", "a3", "b1")));
        // Each replica tells of its own.
        await().atMost(SOON).until(() -> again.progress().lags().size() == 6);
        again.stop(SOON);
        nothingIsOpen();
    }

    @Test
    void deadLettersBeyondTheLimitEndTheJob() throws Exception {
        String from = cluster.topic(1);
        String dead = cluster.topic(1);
        cluster.write(from, 0, "record 1", "poison", "record 2", "poison", "poison", "record 3");
        Pipeline pipeline = Pipeline.named(name)
                .readFrom(Kafka.topic(from, KafkaPipelineTest::decode)
                        .bootstrapServers(cluster.servers())
                        .deadLetters(DeadLetters.topic(dead).atMost(2)))
                .stage("copy", replicas(1))
                .writeTo(sink(cluster.topic(1)))
                .commitEvery(OFTEN);
        Job job = Ghee.local().launch(pipeline);

        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("kafka " + from)
                .hasMessageContaining("3 malformed records were put aside (expected: at most 2)");
        assertThat(job.progress().quarantined()).isEqualTo(3);
        assertThat(cluster.committedValues(dead)).containsExactly("poison", "poison", "poison");
    }
}
