package io.ghee.io.kafka;

import static io.ghee.io.kafka.Payload.strings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.sink.CommittingWriter;
import io.ghee.sink.ResumableSink.Taken;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may commit to a topic, and what was committed. */
@ExtendWith(KafkaCluster.Shared.class)
@Timeout(300)
class KafkaCommitsTest {
    private static KafkaCluster cluster;

    private final String job = "job-" + UUID.randomUUID();
    private KafkaSink<String> sink;
    private String topic;

    @BeforeAll
    static void start() {
        cluster = KafkaCluster.shared();
    }

    @BeforeEach
    void topic() throws Exception {
        topic = cluster.topic(1);
        sink = Kafka.to(topic, strings())
                .bootstrapServers(cluster.servers())
                // Whoever waits for the end of an open transaction is too late.
                .property("transaction.timeout.ms", "600000");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> positions(Taken taken) {
        return taken.positions().stream()
                .map(position -> new String(position, StandardCharsets.UTF_8))
                .sorted()
                .toList();
    }

    private CommittingWriter<String> written(int replica, int attempt, String record, String position)
            throws Exception {
        CommittingWriter<String> writer = sink.open(job, replica, attempt);
        writer.write(record);
        writer.commit(bytes(position));
        return writer;
    }

    @Test
    void aTopicOrBrokersThatAreNotThereAreNamedInGoodTime() throws Exception {
        assertThatThrownBy(() -> Kafka.to("no-such-output", strings())
                        .bootstrapServers(cluster.servers())
                        .takeOver("job", -1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("output: topic no-such-output at " + cluster.servers());
        assertThat(cluster.has("no-such-output")).isFalse();
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
            for (String brokers : List.of("localhost:" + port, "localhost:1")) {
                // The first takes connections, and says nothing.
                assertThatThrownBy(() -> Kafka.to("predictions", strings())
                                .bootstrapServers(brokers)
                                .property("request.timeout.ms", "500")
                                .property("default.api.timeout.ms", "1000")
                                .takeOver("job", -1))
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessageContaining("topic predictions at " + brokers + ": no answer in time")
                        .hasMessageContaining("is bootstrap.servers right?");
            }
        }
    }

    @Test
    void positionsAreHandedOn() throws Exception {
        Taken first = sink.takeOver(job, -1);
        assertThat(first.attempt()).isZero();
        assertThat(first.positions()).isEmpty();
        sink.begin(job, 0, 2, bytes("a"));
        written(0, 0, "x", "b").close();
        written(1, 0, "y", "c").close();
        Taken second = sink.takeOver(job, 0);
        assertThat(second.attempt()).isEqualTo(1);
        assertThat(positions(second)).containsExactly("a", "b", "c");
        sink.begin(job, 1, 1, bytes("abc"));
        assertThat(positions(sink.takeOver(job, -1))).containsExactly("abc");
        assertThat(cluster.committedValues(topic)).containsExactly("x", "y");
    }

    @Test
    void aWriterFromBeforeCommitsNoMore() throws Exception {
        sink.takeOver(job, -1);
        sink.begin(job, 0, 1, bytes("a"));
        CommittingWriter<String> old = written(0, 0, "x", "b");
        old.write("lost");
        sink.begin(job, sink.takeOver(job, 0).attempt(), 1, bytes("ab"));

        assertThatThrownBy(() -> old.commit(bytes("no")))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("taken over");
        // One that wakes up so late that it has not even been opened.
        assertThatThrownBy(() -> sink.open(job, 0, 0))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("was taken over by another job of the name " + job);
        written(0, 1, "y", "c").close();
        assertThat(positions(sink.takeOver(job, 1))).containsExactly("ab", "c");
        assertThat(cluster.committedValues(topic)).containsExactly("x", "y");
    }

    @Test
    void aWriterThatDiedWhileItCommittedHoldsNobodyUp() throws Exception {
        sink.takeOver(job, -1);
        sink.begin(job, 0, 2, bytes("a"));
        written(0, 0, "x", "b").close();
        try (KafkaProducer<String, String> dead = cluster.transaction(job + "/0/1")) {
            dead.send(new ProducerRecord<>(topic, "lost")).get();
            dead.send(new ProducerRecord<>(CursorTopic.DEFAULT_NAME, 0, job + "/0/1", "lost"))
                    .get();

            assertThat(positions(sink.takeOver(job, -1))).containsExactly("a", "b");
            assertThatThrownBy(dead::commitTransaction).isInstanceOf(ProducerFencedException.class);
        }
        assertThat(cluster.committedValues(topic)).containsExactly("x");
        assertThat(cluster.openTransactions(job)).isEmpty();
    }

    @Test
    void ofTwoDriversOneGoesOn() throws Exception {
        sink.takeOver(job, -1);
        sink.begin(job, 0, 1, bytes("a"));
        int second = sink.takeOver(job, -1).attempt();
        assertThatThrownBy(() -> sink.takeOver(job, 0))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("after attempt 0 of this one");
        int third = sink.takeOver(job, -1).attempt();
        assertThatThrownBy(() -> sink.begin(job, second, 1, bytes("a")))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("after attempt " + second + " of this one");
        sink.begin(job, third, 1, bytes("a"));
        written(0, third, "x", "b").close();
        assertThat(positions(sink.takeOver(job, third))).containsExactly("a", "b");
    }

    @Test
    void positionsOfEarlierAttemptsAreForgotten() throws Exception {
        sink.takeOver(job, -1);
        sink.begin(job, 0, 1, bytes("a"));
        written(0, 0, "x", "b").close();
        sink.begin(job, sink.takeOver(job, 0).attempt(), 1, bytes("ab"));

        CursorTopic cursor = new CursorTopic(CursorTopic.DEFAULT_NAME, sink.settings());
        assertThat(cursor.positions(job + "/")).containsOnlyKeys(job + "/driver");
        assertThat(Map.copyOf(cursor.positions(job + "/0"))).isEmpty();
    }
}
