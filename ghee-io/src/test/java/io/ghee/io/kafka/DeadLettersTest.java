package io.ghee.io.kafka;

import static io.ghee.io.kafka.KafkaReading.all;
import static io.ghee.io.kafka.KafkaReading.only;
import static io.ghee.io.kafka.KafkaReading.shipped;
import static io.ghee.io.kafka.KafkaReading.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.source.SplitReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(KafkaCluster.Shared.class)
class DeadLettersTest {
    private static KafkaCluster cluster;

    @TempDir
    Path dir;

    @BeforeAll
    static void start() {
        cluster = KafkaCluster.shared();
    }

    private static KafkaSource<Integer> numbers(String topic) {
        return Kafka.topic(topic, record -> Integer.valueOf(new String(record.value())))
                .bootstrapServers(cluster.servers());
    }

    private static String topicWithPoison() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1", "2");
        try (KafkaProducer<String, String> producer = cluster.producer(Map.of())) {
            ProducerRecord<String, String> poison = new ProducerRecord<>(topic, 0, 77L, "key", "three");
            poison.headers().add("own", "header".getBytes());
            producer.send(poison).get(60, TimeUnit.SECONDS);
        }
        cluster.write(topic, 0, "4", "five", "six", "7");
        return topic;
    }

    @Test
    void withoutThemAMalformedRecordIsRefusedWithItsPlace() throws Exception {
        String topic = topicWithPoison();
        try (SplitReader<Integer> reader = only(numbers(topic))) {
            assertThat(take(reader, 2)).containsExactly(1, 2);
            assertThatThrownBy(reader::next)
                    .isInstanceOf(BadRecordException.class)
                    .hasMessageContaining("NumberFormatException")
                    .hasMessageContaining("three");
            assertThat(reader.position()).isEqualTo(topic + "-0@2");
            assertThat(reader.place(0)).isEqualTo(2);
            assertThat(take(reader, 1)).containsExactly(4);
        }
    }

    @Test
    void otherErrorsOfADecoderAreNotTheRecords() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1");
        KafkaSource<Integer> source = Kafka.<Integer>topic(topic, record -> {
                    throw new InfrastructureException("the registry is down");
                })
                .bootstrapServers(cluster.servers())
                .deadLetters(DeadLetters.directory(dir.toString()));
        try (SplitReader<Integer> reader = only(source)) {
            assertThatThrownBy(() -> take(reader, 1))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessage("the registry is down");
        }
    }

    @Test
    void aTopicKeepsTheRawRecordsWithTheirCoordinates() throws Exception {
        String topic = topicWithPoison();
        String dead = cluster.topic(1);
        KafkaSource<Integer> source = shipped(numbers(topic).deadLetters(DeadLetters.topic(dead)));

        try (SplitReader<Integer> reader = only(source)) {
            assertThat(take(reader, 3)).containsExactly(1, 2, 4);
            assertThat(reader.place(0)).isEqualTo(3);
            assertThat(cluster.committedValues(dead))
                    .as("kept before the reading goes on")
                    .containsExactly("three");
            assertThat(take(reader, 1)).containsExactly(7);
        }

        List<ConsumerRecord<byte[], byte[]>> letters = cluster.committed(dead);
        assertThat(letters).extracting(letter -> new String(letter.value())).containsExactly("three", "five", "six");
        ConsumerRecord<byte[], byte[]> first = letters.get(0);
        assertThat(first.key()).isEqualTo("key".getBytes());
        List<String> headers = new ArrayList<>();
        for (Header header : first.headers()) {
            headers.add(header.key() + "=" + new String(header.value()));
        }
        assertThat(headers)
                .contains("own=header", "ghee.topic=" + topic, "ghee.partition=0", "ghee.offset=2", "ghee.timestamp=77")
                .anyMatch(header -> header.startsWith("ghee.error=") && header.contains("three"));
    }

    @Test
    void aDirectoryKeepsThemAsJsonLines() throws Exception {
        String topic = topicWithPoison();
        Path directory = dir.resolve("dead/letters");
        KafkaSource<Integer> source = numbers(topic).deadLetters(DeadLetters.directory(directory.toString()));

        assertThat(all(source.untilLatest())).containsExactly(1, 2, 4, 7);

        List<Path> files;
        try (Stream<Path> listed = Files.list(directory)) {
            files = listed.toList();
        }
        assertThat(files).hasSize(1);
        List<JsonNode> letters = new ArrayList<>();
        for (String line : Files.readAllLines(files.get(0))) {
            letters.add(new ObjectMapper().readTree(line));
        }
        assertThat(letters).extracting(letter -> letter.get("offset").asInt()).containsExactly(2, 4, 5);
        JsonNode first = letters.get(0);
        assertThat(first.get("topic").asText()).isEqualTo(topic);
        assertThat(first.get("partition").asInt()).isZero();
        assertThat(first.get("timestamp").asLong()).isEqualTo(77);
        assertThat(first.get("error").asText()).contains("three");
        assertThat(first.get("key").binaryValue()).isEqualTo("key".getBytes());
        assertThat(first.get("value").binaryValue()).isEqualTo("three".getBytes());
        assertThat(first.get("headers").get(0).get("name").asText()).isEqualTo("own");
        assertThat(first.get("headers").get(0).get("value").binaryValue()).isEqualTo("header".getBytes());
        assertThat(letters.get(1).get("key").isNull()).isTrue();
    }

    @Test
    void withoutMalformedRecordsNothingIsMade() throws Exception {
        String topic = cluster.topic(1);
        cluster.write(topic, 0, "1");
        assertThat(all(numbers(topic)
                        .deadLetters(DeadLetters.directory(dir.toString()))
                        .untilLatest()))
                .containsExactly(1);
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void placesThatCannotBeWereRefusedBeforeAnythingIsRead() throws Exception {
        String topic = cluster.topic(1);
        assertThatThrownBy(() -> numbers(topic)
                        .deadLetters(DeadLetters.topic("no-such-letters"))
                        .splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("dead letters: topic no-such-letters");
        assertThat(cluster.has("no-such-letters")).isFalse();
        assertThatThrownBy(() ->
                        numbers(topic).deadLetters(DeadLetters.topic(topic)).splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("dead letters: " + topic + " (expected: a topic that is not read)");
        Path file = Files.writeString(dir.resolve("file"), "x");
        assertThatThrownBy(() -> numbers(topic)
                        .deadLetters(DeadLetters.directory(file.toString()))
                        .splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a writable directory");
    }
}
