package io.ghee.benchmarks;

import java.io.BufferedReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;

/** A Kafka broker in a process of its own, with the lines of a file in a topic; until stdin ends. */
final class LinesBroker {
    private static final String TOPIC = "lines";
    private static final int PARTITIONS = 4;
    private static final int ON_THE_WAY = 100_000;

    private LinesBroker() {}

    /** {@code FILE}; prints {@code HOST:PORT/TOPIC} when all lines are there. */
    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        // what it logs is no answer
        System.setOut(System.err);
        TestKitNodes nodes = new TestKitNodes.Builder()
                .setCombined(true)
                .setNumBrokerNodes(1)
                .setNumControllerNodes(1)
                .build();
        try (KafkaClusterTestKit kit = new KafkaClusterTestKit.Builder(nodes)
                .setConfigProp("offsets.topic.replication.factor", "1")
                .build()) {
            kit.format();
            kit.startup();
            kit.waitForReadyBrokers();
            fill(kit.bootstrapServers(), Path.of(args[0]));
            answers.println(kit.bootstrapServers() + "/" + TOPIC);
            System.in.transferTo(OutputStream.nullOutputStream());
        }
        System.exit(0);
    }

    private static void fill(String servers, Path file) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                servers,
                "linger.ms",
                "20",
                "batch.size",
                "131072",
                "key.serializer",
                ByteArraySerializer.class.getName(),
                "value.serializer",
                ByteArraySerializer.class.getName());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings);
                BufferedReader lines = Files.newBufferedReader(file)) {
            Deque<Future<?>> sent = new ArrayDeque<>();
            int next = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                byte[] value = line.getBytes(StandardCharsets.UTF_8);
                sent.add(producer.send(new ProducerRecord<>(TOPIC, next++ % PARTITIONS, null, value)));
                if (sent.size() > ON_THE_WAY) {
                    sent.remove().get();
                }
            }
            for (Future<?> each : sent) {
                each.get();
            }
        }
    }
}
