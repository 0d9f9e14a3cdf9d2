package io.ghee.io.kafka;

import static io.ghee.io.kafka.KafkaReading.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.InfrastructureException;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Brokers die: those that lead what is read or written. */
class BrokerLossTest {
    private KafkaCluster cluster;

    @BeforeEach
    void start() {
        cluster = KafkaCluster.start();
    }

    @AfterEach
    void stop() throws Exception {
        cluster.close();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void aReaderMissesNothingAndGetsNothingTwice() throws Exception {
        String topic = cluster.topic(3);
        for (int p = 0; p < 3; p++) {
            cluster.write(topic, p, numbers(p * 2000, (p + 1) * 2000));
        }
        KafkaSource<String> source = Kafka.topic(topic, Payload.strings())
                .bootstrapServers(cluster.servers())
                .property("max.partition.fetch.bytes", "1000");
        List<SplitReader<String>> readers = new ArrayList<>();
        int killed = cluster.leader(topic, 0);
        try {
            for (Split split : source.splits(1)) {
                readers.add(source.open(split));
            }
            List<String> read = new ArrayList<>();
            for (SplitReader<String> reader : readers) {
                read.addAll(take(reader, 500));
            }
            cluster.kill(killed);
            for (SplitReader<String> reader : readers) {
                read.addAll(take(reader, 1500));
            }
            assertThat(read).hasSize(6000).containsExactlyInAnyOrderElementsOf(numbers(0, 6000));
            await("all brokers know of another leader")
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> cluster.leader(topic, 0) != killed);
        } finally {
            for (SplitReader<String> reader : readers) {
                reader.close();
            }
        }
    }

    @Test
    void aWriterLosesNothingAndWritesNothingTwice() throws Exception {
        String topic = cluster.topic(3);
        CursorTopic cursor = new CursorTopic("positions", KafkaSettings.NONE.bootstrapServers(cluster.servers()));
        cursor.create();
        KafkaSink<String> sink = Kafka.to(topic, Payload.strings()).bootstrapServers(cluster.servers());
        int killed = cluster.leader(topic, 1);
        try (TransactionalWriter<String> writer = new TransactionalWriter<>(sink, "job-0", cursor)) {
            for (int k = 0; k < 30_000; k++) {
                writer.write("" + k);
                if (k % 3_000 == 2_999) {
                    writer.commit(Integer.toString(k + 1).getBytes(StandardCharsets.UTF_8));
                }
                if (k == 10_000) {
                    cluster.kill(killed);
                }
            }
        }
        assertThat(cluster.committedValues(topic))
                .hasSize(30_000)
                .containsExactlyInAnyOrderElementsOf(numbers(0, 30_000));
        assertThat(cursor.positions("job-").get("job-0"))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("30000");
        await("no open transaction")
                .atMost(Duration.ofSeconds(60))
                .until(() -> cluster.openTransactions("job-").isEmpty());
    }

    @Test
    void brokersThatAreAllGoneAreNamedAfterTheDeadline() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1", "2");
        Map<String, String> hasty = Map.of(
                "default.api.timeout.ms", "3000",
                "request.timeout.ms", "1500",
                "max.block.ms", "3000",
                "delivery.timeout.ms", "3000",
                "linger.ms", "0");
        KafkaSource<String> source = Kafka.topic(topic, Payload.strings())
                .bootstrapServers(cluster.servers())
                .properties(hasty);
        KafkaSink<String> sink = Kafka.to(topic, Payload.strings())
                .bootstrapServers(cluster.servers())
                .properties(hasty);
        CursorTopic cursor = new CursorTopic("positions", sink.settings());
        // What brokers make for the first writer may take them longer than these settings allow.
        KafkaSink<String> patient = Kafka.to(topic, Payload.strings()).bootstrapServers(cluster.servers());
        CursorTopic made = new CursorTopic("positions", patient.settings());
        made.create();
        new TransactionalWriter<>(patient, "job-0", made).close();
        try (SplitReader<String> reader = source.open(source.splits(1).get(0));
                TransactionalWriter<String> writer = new TransactionalWriter<>(sink, "job-0", cursor)) {
            take(reader, 2);
            writer.write("3");
            for (int broker = 0; broker < KafkaCluster.BROKERS; broker++) {
                cluster.kill(broker);
            }
            assertThatThrownBy(() -> take(reader, 1))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("[" + topic + "-0] at " + cluster.servers() + ": no answer for PT3S");
            assertThatThrownBy(() -> writer.commit(new byte[0]))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("writing to " + topic + " as job-0 at " + cluster.servers())
                    .hasMessageContaining("no answer in time");
            assertThatThrownBy(() -> source.splits(1))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("topic " + topic);
        }
    }
}
