package io.ghee.examples.servers;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Servers that are up when they have started, and leave nothing behind. */
@Timeout(300)
class LocalServersTest {
    @Test
    void aBrokerIsReadyAndLeavesNothing() throws Exception {
        java.nio.file.Path files;
        try (LocalKafka kafka = LocalKafka.start()) {
            files = kafka.files();
            assertThat(kafka.topic("some").toString()).matches("kafka://localhost:\\d+/some");
            assertThat(kafka.committedKeys("some")).isEmpty();
            assertThat(files).isNotEmptyDirectory();
        }
        assertThat(files).doesNotExist();
    }

    @Test
    void hdfsIsReadyAndLeavesNothing() throws Exception {
        java.nio.file.Path files;
        try (LocalHdfs hdfs = LocalHdfs.start()) {
            files = hdfs.files();
            try (FileSystem client = FileSystem.newInstance(URI.create(hdfs.uri()), new Configuration())) {
                assertThat(client.listStatus(new Path("/"))).isEmpty();
                client.create(new Path("/some")).close();
                assertThat(client.getFileStatus(new Path("/some")).getReplication())
                        .isEqualTo((short) 3);
            }
            assertThat(files).isNotEmptyDirectory();
        }
        assertThat(files).doesNotExist();
    }
}
