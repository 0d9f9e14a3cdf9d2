package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.io.testing.Hdfs;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.MiniDFSNNTopology;
import org.apache.hadoop.hdfs.server.namenode.ha.HATestUtil;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cluster of its own, whose two name nodes form a name service, and are lost one after the other. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HdfsTroubleTest {
    private static final String SERVICE = "hdfs://main";

    @TempDir
    static Path confDir;

    private static MiniDFSCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        cluster = new MiniDFSCluster.Builder(Hdfs.settings("hdfs-ha"))
                .nnTopology(MiniDFSNNTopology.simpleHATopology())
                .numDataNodes(2)
                .build();
        cluster.waitActive();
        cluster.transitionToActive(0);
        // What an administrator would put there.
        Configuration site = new Configuration(false);
        HATestUtil.setFailoverConfigurations(cluster, site, "main");
        site.set("fs.defaultFS", SERVICE);
        // As many tries as without these, but sooner one after the other.
        site.setInt("dfs.client.failover.sleep.base.millis", 50);
        site.setInt("dfs.client.failover.sleep.max.millis", 500);
        site.set("dfs.client.retry.policy.spec", "100,1,300,2");
        try (OutputStream file = Files.newOutputStream(confDir.resolve("hdfs-site.xml"))) {
            site.writeXml(file);
        }
        HadoopSettings.use(HadoopSettings.load(confDir.toString()));
    }

    @AfterAll
    static void stop() throws Exception {
        HadoopSettings.use(HadoopSettings.load(null));
        FileSystem.closeAll();
        cluster.shutdown(true);
    }

    private static void write(String location, List<Object> lines) throws Exception {
        Sink<Object> sink = Text.to(location);
        sink.prepare("job");
        try (SinkWriter<Object> writer = sink.open("job", 0, 0)) {
            for (Object line : lines) {
                writer.write(line);
            }
            sink.commit("job", List.of(writer.finish()));
        }
    }

    @Test
    @Order(1)
    void nameServiceOfTheConfigurationDirectoryIsUsed() throws Exception {
        write(SERVICE + "/a", List.of("one", "two"));

        assertThat(all(Text.lines("hdfs:///a"))).containsExactly("one", "two");
        assertThat(Text.lines("hdfs:///a").splits(1).get(0).describe()).isEqualTo(SERVICE + "/a/part-00000.txt[0, 8)");
        assertThatThrownBy(() -> HadoopSettings.load(confDir + "/absent"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("HADOOP_CONF_DIR: " + confDir + "/absent (expected: a directory");
    }

    @Test
    @Order(2)
    void lostDataNodeIsReadAround() throws Exception {
        write(SERVICE + "/b", List.of("three"));
        MiniDFSCluster.DataNodeProperties lost = cluster.stopDataNode(0);

        assertThat(all(Text.lines(SERVICE + "/b"))).containsExactly("three");

        cluster.restartDataNode(lost, true);
        cluster.waitActive();
    }

    @Test
    @Order(3)
    void otherNameNodeTakesOver() throws Exception {
        Sink<Object> sink = Text.to(SERVICE + "/c");
        sink.prepare("job");
        try (SinkWriter<Object> writer = sink.open("job", 0, 0)) {
            writer.write("before");
            cluster.shutdownNameNode(0);
            cluster.transitionToActive(1);
            writer.write("after");
            sink.commit("job", List.of(writer.finish()));
        }

        assertThat(all(Text.lines(SERVICE + "/c"))).containsExactly("before", "after");
    }

    /** As one that is stopped by a signal: its machine takes connections, and nobody answers. */
    @Test
    @Order(3)
    @Timeout(60)
    void nameNodeThatHangsIsToldInGoodTime() throws Exception {
        Configuration hasty = HadoopSettings.load(null);
        hasty.setInt("ipc.client.rpc-timeout.ms", 500);
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            HadoopSettings.use(hasty);
            String root = "hdfs://localhost:" + silent.getLocalPort();
            assertThatThrownBy(() -> Text.lines(root + "/a").splits(1))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining(root + "/a: cannot be read: ")
                    .hasMessageContaining("(expected: a name node that answers there");
            assertThatThrownBy(() -> Text.to(root + "/out").prepare("job"))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining(root + "/out cannot be written: ")
                    .hasMessageContaining("(expected: a name node that answers there");
            // Each try takes the 10 s that are allowed where nothing is said: so there are to be few.
            silent.setSoTimeout(1);
            int tries = 0;
            try {
                while (true) {
                    silent.accept().close();
                    tries++;
                }
            } catch (SocketTimeoutException e) {
                assertThat(tries).as("connections for two questions").isBetween(2, 10);
            }
        } finally {
            HadoopSettings.use(HadoopSettings.load(confDir.toString()));
        }
    }

    @Test
    @Order(4)
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void nameServiceWithoutAnyNameNodeIsToldAfterSomeTries() throws Exception {
        String address = cluster.getURI(1).toString();
        cluster.shutdownNameNode(1);

        for (String location : List.of(SERVICE + "/a", address + "/a")) {
            assertThatThrownBy(() -> Text.lines(location).splits(1))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining(location + ": cannot be read: ")
                    .hasMessageContaining("Connection refused (expected: a name node that answers there");
        }
    }
}
