package io.ghee.examples.cli;

import static io.ghee.Resources.replicas;
import static io.ghee.examples.cli.Cli.ghee;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.io.file.Parquet;
import io.ghee.io.file.Text;
import io.ghee.io.kafka.Kafka;
import io.ghee.io.kafka.Payload;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.test.KafkaClusterTestKit;
import org.apache.kafka.common.test.TestKitNodes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same ratings, wherever they are: in a local file, as Parquet on HDFS, in a topic. */
class StorageTest {
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int RATINGS = 30_000;

    @TempDir
    static Path temp;

    record Row(int user, int item, float rating, long timestamp) {
        static Row parse(String line) {
            String[] fields = line.split("\t", -1);
            return new Row(
                    Integer.parseInt(fields[0]),
                    Integer.parseInt(fields[1]),
                    Float.parseFloat(fields[2]),
                    Long.parseLong(fields[3]));
        }
    }

    private static JsonNode run(String name, String input) throws Exception {
        Path report = temp.resolve(name + ".json");
        Cli run = ghee(
                "run",
                "movielens-fm",
                "--input",
                input,
                "--drain",
                "--epochs",
                "2",
                "--report",
                report.toString(),
                "--output",
                temp.resolve(name).toString());
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return new ObjectMapper().readTree(report.toFile());
    }

    private static void run(Pipeline pipeline) throws InterruptedException {
        Ghee.local().launch(pipeline).await(SOON);
    }

    private static String columns(JsonNode report) {
        return List.of(report.get("records"), report.get("rowSum")).toString();
    }

    @Test
    @Timeout(300)
    void ratingsAreTheSameWhereverTheyAre() throws Exception {
        Path file = temp.resolve("ratings.tsv");
        Random random = new Random(1);
        List<String> lines = new ArrayList<>();
        for (int k = 0; k < RATINGS; k++) {
            lines.add(random.nextInt(500) + "\t" + random.nextInt(300) + "\t" + (1 + random.nextInt(5)) + "\t"
                    + (800_000_000 + k));
        }
        Files.write(file, lines);
        String local = columns(run("local", file.toString()));

        Configuration here = new Configuration();
        here.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, temp.resolve("dfs").toString());
        try (MiniDFSCluster hdfs =
                new MiniDFSCluster.Builder(here).numDataNodes(1).build()) {
            String parquet = hdfs.getURI() + "/ratings.parquet";
            run(Pipeline.named("to-parquet")
                    .readFrom(Text.lines(file.toString(), Row::parse))
                    .stage("copy", replicas(2))
                    .writeTo(Parquet.to(parquet, Row.class)));
            assertThat(columns(run("parquet", parquet))).isEqualTo(local);
        }
        try (KafkaClusterTestKit kafka = new KafkaClusterTestKit.Builder(new TestKitNodes.Builder()
                        .setNumBrokerNodes(1)
                        .setNumControllerNodes(1)
                        .build())
                .setConfigProp("offsets.topic.replication.factor", "1")
                .setConfigProp("transaction.state.log.replication.factor", "1")
                .setConfigProp("transaction.state.log.min.isr", "1")
                .build()) {
            kafka.format();
            kafka.startup();
            kafka.waitForReadyBrokers();
            String servers = kafka.bootstrapServers();
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
                admin.createTopics(List.of(new NewTopic("ratings", 3, (short) 1)))
                        .all()
                        .get();
            }
            run(Pipeline.named("to-topic")
                    .readFrom(Text.lines(file.toString()))
                    .stage("copy", replicas(2))
                    .writeTo(Kafka.to("ratings", Payload.strings()).bootstrapServers(servers)));
            assertThat(columns(run("kafka", "kafka://" + servers + "/ratings"))).isEqualTo(local);
        }
    }
}
