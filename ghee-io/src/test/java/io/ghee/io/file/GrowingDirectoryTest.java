package io.ghee.io.file;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.Pipeline;
import io.ghee.io.testing.Hdfs;
import io.ghee.sink.CommittingWriter;
import io.ghee.sink.ResumableSink.Taken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files that are committed on the way: what was committed is there once, whoever dies when, and nothing else is. */
abstract class GrowingDirectoryTest {
    private static final String JOB = "clicks";

    static final class OnThisMachine extends GrowingDirectoryTest {
        @TempDir
        Path temp;

        @Override
        String directory(String name) {
            return temp.resolve(name).toString();
        }
    }

    @ExtendWith(Hdfs.Extension.class)
    static final class OnHdfs extends GrowingDirectoryTest {
        private final Hdfs hdfs;

        OnHdfs(Hdfs hdfs) {
            this.hdfs = hdfs;
        }

        @Override
        String directory(String name) throws Exception {
            return hdfs.directory("growing-" + name) + "/out";
        }
    }

    abstract String directory(String name) throws Exception;

    private static FileSink<Object> sink(String directory) {
        return Text.to(directory);
    }

    private static Taken begin(FileSink<Object> sink, int last) {
        Taken taken = sink.takeOver(JOB, last);
        sink.begin(JOB, taken.attempt(), 2, joined(taken).getBytes(StandardCharsets.UTF_8));
        return taken;
    }

    /** All positions, in order, as one text. */
    private static String joined(Taken taken) {
        List<String> texts = new ArrayList<>();
        taken.positions().forEach(position -> texts.add(new String(position, StandardCharsets.UTF_8)));
        texts.removeIf(String::isEmpty);
        texts.sort(null);
        return String.join(" ", texts);
    }

    private static CommittingWriter<Object> writer(FileSink<Object> sink, int replica, int attempt) throws IOException {
        return sink.open(JOB, replica, attempt);
    }

    private static void write(CommittingWriter<Object> writer, String... lines) throws IOException {
        for (String line : lines) {
            writer.write(line);
        }
    }

    private static void commit(CommittingWriter<Object> writer, String position) throws IOException {
        writer.commit(position.getBytes(StandardCharsets.UTF_8));
    }

    /** What a reader of the directory sees, sorted. */
    private static List<String> visible(String directory) throws Exception {
        try {
            return Reading.all(Text.lines(directory)).stream().sorted().toList();
        } catch (InputException e) {
            return List.of();
        }
    }

    @Test
    void filesAppearAsTheyAreCommitted() throws Exception {
        String out = directory("appear");
        FileSink<Object> sink = sink(out);
        assertThat(begin(sink, -1).positions()).isEmpty();
        CommittingWriter<Object> first = writer(sink, 0, 0);
        CommittingWriter<Object> second = writer(sink, 1, 0);
        write(first, "a", "b");
        write(second, "c");
        assertThat(visible(out)).isEmpty();
        commit(first, "1");
        assertThat(visible(out)).containsExactly("a", "b");
        write(first, "d");
        commit(first, "2");
        commit(first, "3");
        commit(second, "4");
        assertThat(visible(out)).containsExactly("a", "b", "c", "d");
        for (CommittingWriter<Object> each : List.of(first, second)) {
            assertThat(each.finish()).isEmpty();
            each.close();
        }
        sink.commit(JOB, List.of("", ""));

        assertThat(visible(out)).containsExactly("a", "b", "c", "d");
        assertThat(Storage.of(out).list(out))
                .containsExactlyInAnyOrder(
                        "_SUCCESS",
                        "part-00000-00000-000000.txt",
                        "part-00000-00000-000001.txt",
                        "part-00000-00001-000000.txt");
    }

    @Test
    void filesAreAsLongAsTheyAreToBeHoweverLongThatTakes() throws Exception {
        String out = directory("target");
        List<Object> lines =
                IntStream.range(0, 20_000).<Object>mapToObj(n -> "line " + n).toList();
        Path input = Files.createTempFile("lines", ".txt");
        try {
            Files.write(input, lines.stream().map(Object::toString).toList());
            Ghee.local()
                    .launch(Pipeline.named("target")
                            .readFrom(Text.lines(input.toString()))
                            .stage("read", replicas(1))
                            .batch(100)
                            .stage("write", replicas(2))
                            .unbatch()
                            .writeTo(Text.to(out).targetSize(DataSize.parse("32Ki")))
                            .commitEvery(Duration.ofHours(1)))
                    .await(Duration.ofSeconds(60));
        } finally {
            Files.delete(input);
        }
        assertThat(visible(out)).isEqualTo(lines.stream().sorted().toList());
        List<Long> sizes = Storage.of(out).find(Location.parse(out)).stream()
                .map(InputFile::bytes)
                .toList();
        // About 215 KiB, and for each of the writers one file that is what is left.
        assertThat(sizes).hasSizeBetween(5, 9);
        assertThat(sizes.stream().filter(size -> size >= 32 << 10)).hasSizeGreaterThanOrEqualTo(sizes.size() - 2);
        assertThat(sizes).allMatch(size -> size < 36 << 10);
    }

    @Test
    void whatIsNotCommittedIsGoneWithItsWriter() throws Exception {
        String out = directory("gone");
        FileSink<Object> sink = sink(out);
        begin(sink, -1);
        CommittingWriter<Object> first = writer(sink, 0, 0);
        CommittingWriter<Object> second = writer(sink, 1, 0);
        write(first, "a");
        commit(first, "1");
        write(first, "b");
        commit(first, "2");
        write(first, "lost");
        write(second, "lost, too");
        Taken taken = begin(sink, 0);

        assertThat(taken.attempt()).isEqualTo(1);
        assertThat(joined(taken)).isEqualTo("2");
        for (CommittingWriter<Object> each : List.of(first, second)) {
            assertThatThrownBy(() -> commit(each, "no"))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("was taken over by another job of the name clicks, after attempt 0");
        }
        CommittingWriter<Object> next = writer(sink, 0, 1);
        write(next, "c");
        commit(next, "3");
        assertThat(joined(begin(sink, 1))).isEqualTo("2 3");
        assertThat(visible(out)).containsExactly("a", "b", "c");
        sink.commit(JOB, List.of());
        assertThat(visible(out)).containsExactly("a", "b", "c");
        assertThat(Storage.of(out).exists(out + "/_ghee")).isFalse();
    }

    @Test
    void aCommitThatDidNotComeToTheEndIsBroughtThere() throws Exception {
        String out = directory("end");
        FileSink<Object> sink = sink(out);
        begin(sink, -1);
        CommittingWriter<Object> writer = writer(sink, 0, 0);
        write(writer, "a");
        commit(writer, "1");
        write(writer, "b");
        commit(writer, "2");
        // As if the writer had died before it gave its file the place.
        Storage storage = Storage.of(out);
        String part = "part-00000-00000-000001.txt";
        storage.rename(out + "/" + part, out + "/_ghee/clicks/0/" + part);
        assertThat(visible(out)).containsExactly("a");

        assertThat(joined(begin(sink, 0))).isEqualTo("2");
        assertThat(visible(out)).containsExactly("a", "b");
    }

    @Test
    void aDriverThatDiesWhileItTakesOverIsFollowedByAnother() throws Exception {
        String out = directory("dies");
        FileSink<Object> sink = sink(out);
        begin(sink, -1);
        CommittingWriter<Object> writer = writer(sink, 0, 0);
        write(writer, "a");
        commit(writer, "1");
        sink.takeOver(JOB, -1);
        Taken second = sink.takeOver(JOB, -1);
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(joined(second)).isEqualTo("1");
        Storage.of(out).makeDirectory(out + "/_ghee/clicks/.2");

        assertThat(joined(begin(sink, -1))).isEqualTo("1");
        CommittingWriter<Object> later = writer(sink, 0, 3);
        write(later, "b");
        commit(later, "4");
        assertThat(joined(begin(sink, 3))).isEqualTo("1 4");
        assertThat(visible(out)).containsExactly("a", "b");
        assertThat(Storage.of(out).list(out + "/_ghee/clicks")).containsExactlyInAnyOrder("4", "4.claim");
    }

    @Test
    void whatALateWriterMakesAnewKeepsNobodyFromTakingOver() throws Exception {
        String out = directory("late");
        FileSink<Object> sink = sink(out);
        begin(sink, -1);
        CommittingWriter<Object> writer = writer(sink, 0, 0);
        write(writer, "a");
        commit(writer, "1");
        sink.takeOver(JOB, -1);
        // Some file systems make a directory for a file that is written in it.
        Storage.of(out).makeDirectory(out + "/_ghee/clicks/0");

        assertThat(joined(begin(sink, -1))).isEqualTo("1");
        assertThat(visible(out)).containsExactly("a");
        assertThat(Storage.of(out).list(out + "/_ghee/clicks")).containsExactlyInAnyOrder("2", "2.claim");
    }

    @Test
    void whoeverStartsAJobAgainThatHasEndedCleansUpAfterIt() throws Exception {
        String out = directory("ended");
        FileSink<Object> sink = sink(out);
        begin(sink, -1);
        CommittingWriter<Object> writer = writer(sink, 0, 0);
        write(writer, "a");
        commit(writer, "1");
        // As if the driver had died then.
        Storage.of(out).createNew(out + "/_SUCCESS");

        assertThatThrownBy(() -> sink.takeOver(JOB, -1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("that job clicks has begun and not ended");
        assertThat(visible(out)).containsExactly("a");
        assertThat(Storage.of(out).exists(out + "/_ghee")).isFalse();
    }

    @Test
    void ofTwoDriversOneGoesOn() throws Exception {
        String out = directory("two");
        FileSink<Object> sink = sink(out);
        Taken first = begin(sink, -1);
        Taken second = sink.takeOver(JOB, -1);
        assertThatThrownBy(() -> sink.takeOver(JOB, first.attempt()))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("was taken over by another job of the name clicks, after attempt 0 of this one");
        Taken third = sink.takeOver(JOB, -1);
        assertThatThrownBy(() -> sink.begin(JOB, second.attempt(), 1, new byte[0]))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("was taken over");
        sink.begin(JOB, third.attempt(), 1, new byte[0]);
        CommittingWriter<Object> writer = writer(sink, 0, third.attempt());
        write(writer, "a");
        commit(writer, "1");
        assertThat(visible(out)).containsExactly("a");
    }

    @Test
    void whatIsOfAnotherKindIsLeftAlone() throws Exception {
        String out = directory("another");
        FileSink<Object> sink = sink(out);
        begin(sink, -1);
        assertThatThrownBy(() -> sink.takeOver("others", -1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("output: " + Storage.of(out).absolute(out)
                        + " (expected: a directory that no other job writes to, as [clicks] does)");
        assertThatThrownBy(() -> sink.prepare("once-1"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("exists and is not empty");
        sink.commit(JOB, List.of());
        assertThatThrownBy(() -> sink.takeOver(JOB, -1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a directory that is absent or empty");
    }

    /** Writers and drivers die at random, and everything that was committed is there once. */
    @Test
    void nothingCommittedIsLostOrDoubled() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String out = directory("random");
        FileSink<Object> sink = sink(out);
        List<String> expected = new ArrayList<>();
        int line = 0;
        for (int round = 0; round < 8; round++) {
            Taken taken = begin(sink, random.nextBoolean() ? round - 1 : -1);
            assertThat(taken.attempt()).isEqualTo(round);
            List<CommittingWriter<Object>> writers = List.of(writer(sink, 0, round), writer(sink, 1, round));
            for (int step = random.nextInt(6); step > 0; step--) {
                CommittingWriter<Object> writer = writers.get(random.nextInt(2));
                List<String> lines = new ArrayList<>();
                for (int k = random.nextInt(4); k > 0; k--) {
                    lines.add("line " + line++);
                }
                // What the writer has written before and not committed is committed along.
                write(writer, lines.toArray(String[]::new));
                commit(writer, "p" + line);
                expected.addAll(lines);
            }
            write(writers.get(0), "never committed");
            if (random.nextBoolean()) {
                try {
                    writers.get(0).close();
                } catch (GheeException e) {
                    throw new AssertionError("seed " + seed, e);
                }
            }
        }
        sink.takeOver(JOB, -1);
        expected.sort(null);
        assertThat(visible(out)).as("seed %s", seed).isEqualTo(expected);
    }
}
