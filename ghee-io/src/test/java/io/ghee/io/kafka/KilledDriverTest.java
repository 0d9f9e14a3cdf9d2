package io.ghee.io.kafka;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.io.kafka.Payload.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** From a topic to a topic by a driver that is killed by -9 and started again: each key once. */
@ExtendWith(KafkaCluster.Shared.class)
class KilledDriverTest {
    private static final int MESSAGES = Integer.getInteger("ghee.messages", 30_000);
    private static final int KILLS = Integer.getInteger("ghee.kills", 3);
    private static final int PARTITIONS = 6;
    private static final Duration SOON = Duration.ofMinutes(5);
    private static KafkaCluster cluster;

    @BeforeAll
    static void start() {
        cluster = KafkaCluster.shared();
    }

    /**
     * A driver with all workers: its arguments are the name of the job, the brokers, and the topics. The job has no
     * end; it is stopped when the standard input ends.
     */
    static final class Driver {
        private Driver() {}

        public static void main(String[] args) throws Exception {
            Job job = Ghee.local()
                    .launch(Pipeline.named(args[0])
                            .readFrom(Kafka.topic(args[2], strings())
                                    .bootstrapServers(args[1])
                                    .startAt(KafkaOffsets.earliest()))
                            .stage("decode", replicas(2))
                            .map(Integer::parseInt)
                            .batch(1024, Duration.ofMillis(50))
                            .distribute(balanced())
                            .stage("predict", replicas(2))
                            .map(batch -> batch.records().stream()
                                    .map(n -> n + ":" + n % 7)
                                    .toList())
                            .unbatch()
                            .writeTo(Kafka.to(args[3], strings())
                                    .bootstrapServers(args[1])
                                    .key(prediction -> prediction.substring(0, prediction.indexOf(':'))))
                            .commitEvery(Duration.ofMillis(500)));
            FutureTask<Void> stop = new FutureTask<>(() -> {
                System.in.transferTo(OutputStream.nullOutputStream());
                job.stop(SOON);
                return null;
            });
            Thread stopping = new Thread(stop, "stopping");
            stopping.setDaemon(true);
            stopping.start();
            // Ends with what the job fails with, too.
            job.await();
        }
    }

    private static Process drive(String... args) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        Driver.class.getName(),
                        args[0],
                        args[1],
                        args[2],
                        args[3])
                .redirectOutput(ProcessBuilder.Redirect.INHERIT)
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder.start();
    }

    private static long written(String topic) throws Exception {
        long all = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            all += cluster.end(topic, partition);
        }
        return all;
    }

    private static void fill(String topic, int from, int to) throws Exception {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int mine = partition;
            cluster.write(
                    topic,
                    partition,
                    IntStream.range(from, to)
                            .filter(n -> n % PARTITIONS == mine)
                            .mapToObj(String::valueOf)
                            .toList());
        }
    }

    @Test
    @Timeout(1200)
    void eachKeyIsThereOnce() throws Exception {
        long seed = Long.getLong("ghee.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        String name = "job-" + UUID.randomUUID().toString().substring(0, 8);
        String from = cluster.topic(PARTITIONS);
        String to = cluster.topic(PARTITIONS);
        int share = MESSAGES / (KILLS + 1);
        for (int k = 0; k < KILLS; k++) {
            fill(from, k * share, (k + 1) * share);
            long enough = written(to) + 1 + random.nextInt(share);
            Process driver = drive(name, cluster.servers(), from, to);
            await("seed " + seed).atMost(SOON).until(() -> !driver.isAlive() || written(to) >= enough);
            assertThat(driver.isAlive()).as("seed %s", seed).isTrue();
            driver.destroyForcibly().waitFor();
        }
        fill(from, KILLS * share, MESSAGES);
        Process last = drive(name, cluster.servers(), from, to);
        await("seed " + seed)
                .atMost(SOON)
                .until(() -> !last.isAlive() || cluster.committed(to).size() >= MESSAGES);
        last.getOutputStream().close();
        assertThat(last.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(last.exitValue()).as("seed %s", seed).isZero();

        List<ConsumerRecord<byte[], byte[]>> records = cluster.committed(to);
        BitSet keys = new BitSet();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            int key = Integer.parseInt(new String(record.key(), StandardCharsets.UTF_8));
            assertThat(keys.get(key)).as("key %s twice, seed %s", key, seed).isFalse();
            keys.set(key);
            assertThat(new String(record.value(), StandardCharsets.UTF_8)).isEqualTo(key + ":" + key % 7);
        }
        assertThat(keys.cardinality()).as("seed %s", seed).isEqualTo(MESSAGES);
        await("no open transaction")
                .atMost(SOON)
                .untilAsserted(() -> assertThat(cluster.openTransactions(name)).isEmpty());
    }
}
