package io.ghee.io.kafka;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.io.kafka.Payload.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
            int enough = committed(to).size() + random.nextInt(4000);
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
    }
}
