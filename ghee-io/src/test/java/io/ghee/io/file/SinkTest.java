package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.file;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.train.Artifact;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SinkTest {
    private static final String JOB = "job-1";

    record Row(int id, String text, double value) {}

    record One(String text) {}

    @TempDir
    Path dir;

    private Path out() {
        return dir.resolve("parent/out");
    }

    private static <T> String write(Sink<T> sink, int replica, List<T> records) throws Exception {
        try (SinkWriter<T> writer = sink.open(JOB, replica, 0)) {
            for (T record : records) {
                writer.write(record);
            }
            return writer.finish();
        }
    }

    private List<String> names(Path directory) throws Exception {
        try (Stream<Path> content = Files.list(directory)) {
            return content.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void outputAppearsCompleteAtTheCommit() throws Exception {
        Sink<Object> sink = shipped(Text.to(out().toString()));
        sink.prepare(JOB);
        String first = write(sink, 0, List.of("grüße", 7));
        String second = write(sink, 1, List.of());
        assertThat(out()).doesNotExist();

        sink.commit(JOB, List.of(first, second));

        assertThat(names(out())).containsExactly("_SUCCESS", "part-00000.txt", "part-00001.txt");
        assertThat(out().resolve("part-00000.txt")).hasContent("grüße\n7\n");
        assertThat(out().resolve("_SUCCESS")).hasContent(JOB);
        assertThat(names(dir.resolve("parent"))).containsExactly("out");
        assertThat(all(Text.lines(out().toString()))).containsExactly("grüße", "7");
    }

    @Test
    void whatAnEarlierDriverOfTheJobHasCommittedIsComplete() throws Exception {
        Sink<Object> sink = Text.to(out().toString());
        sink.prepare(JOB);
        sink.commit(JOB, List.of(write(sink, 0, List.of("x"))));
        assertThatThrownBy(() -> sink.prepare(JOB))
                .isInstanceOfSatisfying(
                        GheeException.class, e -> assertThat(e.kind()).isEqualTo(GheeException.Kind.COMMITTED))
                .hasMessageContaining("is complete: an earlier driver of job " + JOB + " has committed it");
        for (String other : List.of(JOB + "2", JOB.substring(1))) {
            assertThatThrownBy(() -> sink.prepare(other))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("exists and is not empty");
        }
        assertThat(names(out())).containsExactly("_SUCCESS", "part-00000.txt");
    }

    @Test
    void outputReplacesAnEmptyDirectory() throws Exception {
        Files.createDirectories(out());
        Sink<Object> sink = Text.to("file://" + out() + "/");
        sink.prepare(JOB);
        String part = write(sink, 0, List.of("x"));
        assertThat(out()).isEmptyDirectory();

        sink.commit(JOB, List.of(part));

        assertThat(names(out())).containsExactly("_SUCCESS", "part-00000.txt");
    }

    @Test
    void outputThatIsThereAlreadyIsNeverTouched() throws Exception {
        file(out().resolve("precious"), "x");
        Sink<Object> sink = Text.to(out().toString());

        assertThatThrownBy(() -> sink.prepare(JOB))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(out() + " exists and is not empty (expected: a directory that is absent or empty)");
        sink.abort(JOB);

        assertThat(out().resolve("precious")).exists();
        assertThat(names(dir.resolve("parent"))).containsExactly("out");
    }

    @Test
    void directoryThatFillsUpMeanwhileIsNotReplaced() throws Exception {
        Sink<Object> sink = Text.to(out().toString());
        sink.prepare(JOB);
        String part = write(sink, 0, List.of("x"));
        file(out().resolve("precious"), "x");

        assertThatThrownBy(() -> sink.commit(JOB, List.of(part)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(out() + " exists and is not empty");
        sink.abort(JOB);

        assertThat(names(out())).containsExactly("precious");
    }

    @Test
    void placesThatCannotBeWrittenAreRefused() throws Exception {
        String file = file(dir.resolve("file"), "x").toString();

        assertThatThrownBy(() -> Text.to(file).prepare(JOB))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(file);
        assertThatThrownBy(() -> Text.to(file + "/below").prepare(JOB))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("cannot be written");
        assertThatThrownBy(() -> Text.to("/")).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void directoryThatIsForbiddenIsNamedWithTheUser() throws Exception {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            assumeFalse(Files.isWritable(dir), "root may write everywhere");
            assertThatThrownBy(() -> Text.to(out().toString()).prepare(JOB))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(out() + " cannot be written: ")
                    .hasMessageContaining("(expected: write permission for " + System.getProperty("user.name") + ")");
        } finally {
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    void abortTakesEverythingAwayAndCanBeRepeated() throws Exception {
        Sink<Object> sink = Text.to(out().toString());
        sink.prepare(JOB);
        write(sink, 0, List.of("x"));

        sink.abort(JOB);
        sink.abort(JOB);

        assertThat(dir.resolve("parent")).isEmptyDirectory();
    }

    @Test
    void whatWasNotFinishedIsNotCommitted() throws Exception {
        Sink<Object> sink = Text.to(out().toString());
        sink.prepare(JOB);
        String part = write(sink, 0, List.of("x"));
        try (SinkWriter<Object> writer = sink.open(JOB, 1, 0)) {
            writer.write("lost");
        }
        sink.commit(JOB, List.of(part));

        assertThat(names(out())).containsExactly("_SUCCESS", "part-00000.txt");
    }

    @Test
    void finishedPartThatIsMissingFailsTheCommit() throws Exception {
        Sink<Object> sink = Text.to(out().toString());
        sink.prepare(JOB);
        String part = write(sink, 0, List.of("x"));

        assertThatThrownBy(() -> sink.commit(JOB, List.of(part, "part-00001.txt")))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("part-00001.txt is not there");
        assertThat(out()).doesNotExist();
    }

    @Test
    void workerThatDoesNotSeeTheDirectorySaysSo() {
        assertThatThrownBy(() -> Text.to(out().toString()).open(JOB, 0, 0))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining(".out.job-1 is not there");
    }

    @Test
    void longLinesAreWrittenWhole() throws Exception {
        String line = "0123456789".repeat(20_000);
        Sink<Object> sink = Text.to(out().toString());
        sink.prepare(JOB);
        sink.commit(JOB, List.of(write(sink, 0, List.of("a", line, line.substring(0, 65_535), "b"))));

        assertThat(all(Text.lines(out().toString()))).containsExactly("a", line, line.substring(0, 65_535), "b");
    }

    @Test
    void fullDiskIsToldWithTheFile() throws Exception {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "needs /dev/full");
        Sink<Object> text = Text.to(dir.resolve("text").toString());
        text.prepare(JOB);
        Files.createSymbolicLink(dir.resolve(".text.job-1/part-00000.txt"), full);
        Sink<Row> csv = Csv.to(dir.resolve("csv").toString(), Row.class);
        csv.prepare(JOB);
        Files.createSymbolicLink(dir.resolve(".csv.job-1/part-00000.csv"), full);
        String big = "x".repeat(1_000_000);

        assertThatThrownBy(() -> write(text, 0, List.of("small")))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("part-00000.txt cannot be written");
        assertThatThrownBy(() -> write(csv, 0, List.of(new Row(1, big, 2), new Row(2, big, 3))))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("part-00000.csv cannot be written");
    }

    @Test
    void csvComesBackAsItWasWritten() throws Exception {
        List<Row> rows = List.of(
                new Row(1, "plain", 0.1),
                new Row(2, "a, \"b\"\nc", -1e300),
                new Row(3, "", Double.NaN),
                new Row(4, " € ", 4));
        Sink<Row> sink = shipped(Csv.to(out().toString(), Row.class));
        sink.prepare(JOB);
        sink.commit(JOB, List.of(write(sink, 0, rows), write(sink, 1, List.of())));

        assertThat(out().resolve("part-00001.csv")).hasContent("id,text,value\n");
        assertThat(all(Csv.read(out().toString(), Row.class).multiLine())).isEqualTo(rows);
    }

    @Test
    void csvOfOneEmptyFieldIsNoEmptyLine() throws Exception {
        Sink<One> sink = Csv.to(out().toString(), One.class);
        sink.prepare(JOB);
        sink.commit(JOB, List.of(write(sink, 0, List.of(new One("a"), new One(""), new One("b")))));

        assertThat(all(Csv.read(out().toString(), One.class))).containsExactly(new One("a"), new One(""), new One("b"));
    }

    private static Artifact model(String content) {
        return directory -> {
            assertThat(directory).isEmptyDirectory();
            file(directory.resolve("weights/w.bin"), content);
        };
    }

    @Test
    void artifactOfTheFirstRankIsAtTheTopAndOthersBelow() throws Exception {
        Sink<Artifact> sink = shipped(Artifacts.to(out().toString()));
        sink.prepare(JOB);
        String second = write(sink, 1, List.of(model("one")));
        String first = write(sink, 0, List.of(model("zero")));
        assertThat(out()).doesNotExist();

        sink.commit(JOB, List.of(first, second));

        assertThat(names(out())).containsExactly("_SUCCESS", "rank-1", "weights");
        assertThat(out().resolve("weights/w.bin")).hasContent("zero");
        assertThat(out().resolve("rank-1/weights/w.bin")).hasContent("one");
    }

    @Test
    void artifactThatCannotBeSavedIsTakenAway() throws Exception {
        Sink<Artifact> sink = Artifacts.to(out().toString());
        sink.prepare(JOB);

        assertThatThrownBy(() -> write(sink, 0, List.of(directory -> {
                    file(directory.resolve("half"), "x");
                    throw new IOException("disk is full");
                })))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("disk is full");
        sink.abort(JOB);

        assertThat(dir.resolve("parent")).isEmptyDirectory();
    }

    @Test
    void describesItself() {
        assertThat(Text.to("out").describe()).isEqualTo("text to out");
        assertThat(Csv.to("out", Row.class).describe()).isEqualTo("csv to out");
        assertThat(Artifacts.to("models/fm").describe()).isEqualTo("artifacts to models/fm");
    }
}
