package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.io.testing.Hdfs;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.Split;
import io.ghee.train.Artifact;
import java.nio.file.Files;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.SafeModeAction;
import org.apache.hadoop.fs.StorageStatistics.LongStatistic;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DFSOpsCountStatistics;
import org.apache.hadoop.hdfs.DFSTestUtil;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.security.UserGroupInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(Hdfs.Extension.class)
class HdfsTest {
    private static final String JOB = "job-1";

    record Row(int id, String text) {}

    private static <T> String write(Sink<T> sink, int replica, int attempt, List<? extends T> records)
            throws Exception {
        try (SinkWriter<T> writer = sink.open(JOB, replica, attempt)) {
            for (T record : records) {
                writer.write(record);
            }
            return writer.finish();
        }
    }

    private static List<String> names(Hdfs hdfs, String directory) throws Exception {
        return Arrays.stream(hdfs.files().listStatus(new Path(directory)))
                .map(FileStatus::getPath)
                .map(Path::getName)
                .sorted()
                .toList();
    }

    private static List<String> found(String location) {
        return Location.parse(location).files().stream()
                .map(InputFile::path)
                .map(path -> path.substring(path.indexOf("/found/") + 7))
                .toList();
    }

    @Test
    void filesAreFoundAsOnALocalFileSystem(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("found");
        for (String name : List.of(
                "b.csv", "a.csv", "c.txt", ".hidden.csv", "_SUCCESS", "sub/part-1", "sub/deep/part-0", "_tmp/part-9")) {
            hdfs.file(dir + "/" + name, name + "\n");
        }
        hdfs.file(dir + "/with space+%20.csv", "x\n");

        assertThat(found(dir)).containsExactly("a.csv", "b.csv", "c.txt", "with space+%20.csv");
        assertThat(found(dir + "/a.csv")).containsExactly("a.csv");
        assertThat(found(dir + "/.hidden.csv")).containsExactly(".hidden.csv");
        assertThat(found(dir + "/?.csv")).containsExactly("a.csv", "b.csv");
        assertThat(found(dir + "/{a,c}.*")).containsExactly("a.csv", "c.txt");
        assertThat(found(dir + "/*/part-?")).containsExactly("sub/part-1");
        assertThat(found(dir + "/**/part-*")).containsExactly("sub/deep/part-0", "sub/part-1");
        assertThat(found(dir + "/{sub/deep,_tmp}/*")).containsExactly("sub/deep/part-0");
        assertThat(found(dir + "/s*")).containsExactly("sub/part-1");
        assertThat(found(dir + "/with space+%20.csv")).containsExactly("with space+%20.csv");
        assertThat(all(Text.lines(dir + "/[ab].csv"))).containsExactly("a.csv", "b.csv");
    }

    @Test
    void missingFilesAreNamed(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("missing");
        hdfs.files().mkdirs(new Path(dir + "/none"));

        assertThatThrownBy(() -> Text.lines(dir + "/absent.csv").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(dir + "/absent.csv: no such file (expected: a file, a directory of files, or a glob)");
        assertThatThrownBy(() -> Text.lines(dir + "/absent/*.csv").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("no such directory: " + dir + "/absent");
        assertThatThrownBy(() -> Text.lines(dir + "/*.parquet").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("matches no file");
        assertThatThrownBy(() -> Text.lines(dir + "/none").splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("holds no file");
        assertThatThrownBy(() -> Text.lines("hdfs:///x").splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("hdfs:/x (expected: hdfs://namenode:port/path, or an fs.defaultFS of HDFS");
        assertThatThrownBy(() -> Text.lines("hdfs://no-such-host/x").splits(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("UnknownHostException: no-such-host (expected: the address of a name node");
    }

    @Test
    void splitsEndWhereBlocksDoAndTellTheirHosts(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("splits");
        List<String> lines =
                IntStream.range(0, 20_000).mapToObj(k -> "line " + k).toList();
        String file = hdfs.file(dir + "/data.txt", String.join("\n", lines));
        long length = hdfs.files().getFileStatus(new Path(file)).getLen();

        TextSource<String> source = Text.lines(file).splitSize(new DataSize(Hdfs.BLOCK));
        List<PackedSplit> splits =
                source.splits(1).stream().map(split -> (PackedSplit) split).toList();

        assertThat(splits).hasSize((int) (length / Hdfs.BLOCK) + 1);
        assertThat(splits.get(1).describe()).isEqualTo(file + "[" + Hdfs.BLOCK + ", " + 2 * Hdfs.BLOCK + ")");
        assertThat(splits).allSatisfy(split -> assertThat(split.hosts()).hasSize(2));
        for (long size : new long[] {Hdfs.BLOCK, 777, 100_000, 1 << 20}) {
            assertThat(all(source.splitSize(new DataSize(size)))).isEqualTo(lines);
        }
        try (var reader = source.open(splits.get(1))) {
            String line = reader.next();
            assertThat(reader.position())
                    .isEqualTo(
                            file + ":" + (Integer.parseInt(String.valueOf(line).substring(5)) + 1));
        }
    }

    @Test
    void packedFilesAndCsvAreRead(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("packed");
        hdfs.file(dir + "/a.csv.gz", Reading.gzip("id,text\n1,a\n"));
        hdfs.file(dir + "/b.csv", "text,id\nb,2\n");

        assertThat(all(Csv.read(dir, Row.class))).containsExactly(new Row(1, "a"), new Row(2, "b"));
    }

    @Test
    void outputAppearsCompleteAtTheCommit(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("commit");
        FileSink<Object> sink = Reading.shipped(Text.to(dir + "/parent/out/").compression(Compression.ZSTD));
        sink.prepare(JOB);
        SinkWriter<Object> abandoned = sink.open(JOB, 0, 0);
        abandoned.write("abandoned");
        String first = write(sink, 0, 1, List.of("grüße", 7));
        String second = write(sink, 1, 1, List.of());
        assertThat(names(hdfs, dir + "/parent")).containsExactly(".out." + JOB);

        sink.commit(JOB, List.of(first, second));

        assertThat(names(hdfs, dir + "/parent")).containsExactly("out");
        assertThat(names(hdfs, dir + "/parent/out"))
                .containsExactly("_SUCCESS", "part-00000.txt.zst", "part-00001.txt.zst");
        assertThat(all(Text.lines(dir + "/parent/out"))).containsExactly("grüße", "7");

        // The writer that was left behind finds its file gone, and writes nowhere else.
        assertThatThrownBy(abandoned::finish)
                .isInstanceOf(GheeException.class)
                .hasMessageContaining("part-00000.txt.zst cannot be written");
        assertThat(all(Text.lines(dir + "/parent/out"))).containsExactly("grüße", "7");
        assertThat(names(hdfs, dir + "/parent")).containsExactly("out");
    }

    @Test
    void outputReplacesAnEmptyDirectoryAndNoOther(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("replace");
        hdfs.files().mkdirs(new Path(dir + "/out"));
        Sink<Object> sink = Text.to(dir + "/out");
        sink.prepare(JOB);
        String part = write(sink, 0, 0, List.of("x"));
        hdfs.file(dir + "/out/precious", "p\n");

        assertThatThrownBy(() -> sink.commit(JOB, List.of(part)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(dir + "/out exists and is not empty (expected: a directory that is absent or empty)");
        assertThatThrownBy(() -> sink.prepare("job-2"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("exists and is not empty");
        assertThat(names(hdfs, dir + "/out")).containsExactly("precious");

        hdfs.files().delete(new Path(dir + "/out/precious"), false);
        sink.abort(JOB);
        sink.abort(JOB);
        assertThat(names(hdfs, dir)).containsExactly("out");
    }

    @Test
    void filesThatAreNoDirectoriesAreNotWrittenInto(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("nodir");
        hdfs.file(dir + "/file", "x\n");

        assertThatThrownBy(() -> Text.to(dir + "/file").prepare(JOB))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a directory; this is a file");
        assertThatThrownBy(() -> Text.to(dir + "/file/below/out").prepare(JOB))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("/file/below/out cannot be written: ");
        assertThatThrownBy(() -> Text.to("hdfs://any/")).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void artifactsAreSaved(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("artifacts");
        Artifact model = directory -> {
            Files.createDirectories(directory.resolve("weights"));
            Files.write(directory.resolve("weights/w.bin"), new byte[200_000]);
        };
        Sink<Artifact> sink = Artifacts.to(dir + "/fm");
        sink.prepare(JOB);
        String first = write(sink, 0, 0, List.of(model));
        String second = write(sink, 1, 0, List.of(model));
        sink.commit(JOB, List.of(first, second));

        assertThat(names(hdfs, dir + "/fm")).containsExactly("_SUCCESS", "rank-1", "weights");
        assertThat(hdfs.files()
                        .getFileStatus(new Path(dir + "/fm/rank-1/weights/w.bin"))
                        .getLen())
                .isEqualTo(200_000);
    }

    @Test
    void whatIsForbiddenIsToldWithTheUser(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("forbidden");
        hdfs.file(dir + "/secret", "x\n");
        hdfs.files().setPermission(new Path(dir + "/secret"), new FsPermission("600"));
        UserGroupInformation alice = UserGroupInformation.createRemoteUser("alice");

        alice.doAs((PrivilegedExceptionAction<Void>) () -> {
            assertThatThrownBy(() -> Text.lines(dir + "/secret").splits(1)).isInstanceOf(InputException.class);
            assertThatThrownBy(() -> all(Text.lines(dir)))
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining(dir + "/secret: cannot be read: Permission denied: user=alice")
                    .hasMessageContaining("(expected: read permission)");
            assertThatThrownBy(() -> Text.to(dir + "/out").prepare(JOB))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(dir + "/out cannot be written: Permission denied: user=alice")
                    .hasMessageContaining("(expected: write permission)");
            return null;
        });
    }

    @Test
    void corruptBlockIsNamedAndAWholeReplicaIsEnough(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("corrupt");
        String lines = "0123456789abcde\n".repeat(3 * Hdfs.BLOCK / 16);
        String file = hdfs.file(dir + "/data.txt", lines);
        var block = DFSTestUtil.getFirstBlock(hdfs.files(), new Path(file));
        hdfs.cluster().corruptReplica(0, block);
        assertThat(all(Text.lines(file))).hasSize(3 * Hdfs.BLOCK / 16);

        hdfs.cluster().corruptReplica(1, block);
        assertThatThrownBy(() -> all(Text.lines(file)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(file + ": a block cannot be read: ")
                .hasMessageContaining("(expected: one replica that is there and whole");
    }

    @Test
    void tornGzipIsRefusedWithTheLastLineRead(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("torn");
        byte[] whole = Reading.gzip(String.join(
                "\n", IntStream.range(0, 50_000).mapToObj(Integer::toString).toList()));
        String file = hdfs.file(dir + "/torn.gz", Arrays.copyOf(whole, whole.length / 2));

        assertThatThrownBy(() -> all(Text.lines(file)))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("torn.gz: broke off after line ")
                .hasMessageContaining("expected: a whole gzip file");
    }

    @Test
    void quotaIsToldWithWhatToLookAt(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("quota");
        hdfs.files().setQuota(new Path(dir), HdfsConstants.QUOTA_DONT_SET, 4L * Hdfs.BLOCK);
        Sink<Object> sink = Text.to(dir + "/out");
        sink.prepare(JOB);

        assertThatThrownBy(() -> write(sink, 0, 0, List.of("x".repeat(8 * Hdfs.BLOCK))))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("part-00000.txt cannot be written: ")
                .hasMessageContaining("(expected: room within the quota of the directory");
        sink.abort(JOB);
        assertThat(names(hdfs, dir)).isEmpty();
    }

    @Test
    void safeModeIsToldAfterAWhile(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("safe");
        hdfs.files().setSafeMode(SafeModeAction.ENTER);
        try {
            assertThatThrownBy(() -> Text.to(dir + "/out").prepare(JOB))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining(dir + "/out cannot be written: ")
                    .hasMessageContaining("(expected: a name node that has left its safe mode");
        } finally {
            hdfs.files().setSafeMode(SafeModeAction.LEAVE);
        }
        Text.to(dir + "/out").prepare(JOB);
    }

    /** How often any file system of this JVM has asked a name node. */
    private static long calls() {
        Iterator<LongStatistic> counts = FileSystem.getGlobalStorageStatistics()
                .get(DFSOpsCountStatistics.NAME)
                .getLongStatistics();
        long calls = 0;
        while (counts.hasNext()) {
            calls += counts.next().getValue();
        }
        return calls;
    }

    @Test
    void manySmallFilesAreListedOnceAndOpenedWhenTheyAreRead(Hdfs hdfs) throws Exception {
        String dir = hdfs.directory("small");
        List<String> expected = new ArrayList<>();
        for (int k = 0; k < 60; k++) {
            hdfs.file(String.format("%s/%05d.txt", dir, k), "line " + k + "\n");
            expected.add("line " + k);
        }
        TextSource<String> source = Text.lines(dir);
        long before = calls();

        List<? extends Split> splits = source.splits(2);

        assertThat(calls() - before).isLessThan(5);
        assertThat(splits).hasSize(1);
        assertThat(all(source)).isEqualTo(expected);
    }
}
