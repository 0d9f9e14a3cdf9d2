package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.file;
import static io.ghee.io.file.Reading.gzip;
import static io.ghee.io.file.Reading.of;
import static io.ghee.io.file.Reading.only;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextSourceTest {
    @TempDir
    Path dir;

    private TextSource<String> lines(String content) throws Exception {
        return Text.lines(file(dir.resolve("data.txt"), content).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "one\ntwo\nthree\n",
                "one\ntwo\nthree",
                "one\r\ntwo\r\n\r\nfour\r\n",
                "\n\n\n",
                "\none",
                "x",
                "a\rb\nc\r",
                "\r\n",
                "grüße\n你好, 世界\n👋🏽\n\nende",
                "\uFEFFmark\nnone\n"
            })
    void everyLineComesOnceHoweverTheFileIsCut(String content) throws Exception {
        String unmarked = content.startsWith("\uFEFF") ? content.substring(1) : content;
        String[] expected = unmarked.split("\r?\n", -1);
        List<String> lines = Arrays.asList(expected)
                .subList(0, expected[expected.length - 1].isEmpty() ? expected.length - 1 : expected.length);
        int bytes = content.getBytes(StandardCharsets.UTF_8).length;
        for (int size = 1; size <= bytes + 1; size++) {
            assertThat(all(lines(content).splitSize(new DataSize(size))))
                    .as("splits of %d", size)
                    .isEqualTo(lines);
        }
    }

    @Test
    void everyLineComesOnceWhereLinesCrossTheEdgesOfBuffersAndSplits() throws Exception {
        Random random = new Random(7);
        List<String> expected = new ArrayList<>();
        StringBuilder content = new StringBuilder();
        String alphabet = "abcdefgh,;.äß€世👋";
        int[] points = alphabet.codePoints().toArray();
        while (content.length() < 1_000_000) {
            StringBuilder line = new StringBuilder();
            int length = random.nextInt(100) == 0 ? random.nextInt(200_000) : random.nextInt(60);
            for (int k = 0; k < length; k++) {
                line.appendCodePoint(points[random.nextInt(points.length)]);
            }
            expected.add(line.toString());
            content.append(line).append(random.nextBoolean() ? "\r\n" : "\n");
        }
        TextSource<String> source = lines(content.toString());
        for (long size : new long[] {999, 4096, 65_537, 131_072, 300_000, 10_000_000}) {
            assertThat(all(source.splitSize(new DataSize(size)))).isEqualTo(expected);
        }
    }

    @Test
    void newlineIsFoundAtEveryPlace() {
        for (int length = 0; length < 40; length++) {
            for (int at = 0; at < length; at++) {
                byte[] bytes = new byte[length];
                Arrays.fill(bytes, (byte) (at % 2 == 0 ? 0x0B : 0x8A));
                assertThat(LineReader.newline(bytes, 0, length)).isEqualTo(-1);
                bytes[at] = '\n';
                assertThat(LineReader.newline(bytes, 0, length)).isEqualTo(at);
                assertThat(LineReader.newline(bytes, at, length)).isEqualTo(at);
                assertThat(LineReader.newline(bytes, at + 1, length)).isEqualTo(-1);
                assertThat(LineReader.newline(bytes, 0, at)).isEqualTo(-1);
            }
        }
    }

    @Test
    void smallInputsAreCutSoThatEveryReaderWorks() throws Exception {
        TextSource<String> source = lines("0123456789abcde\n".repeat(2 * 65_536));

        assertThat(source.splits(2)).hasSizeBetween(8, 9);
        assertThat(source.splits(1000)).hasSize(32);
        assertThat(lines("tiny\n").splits(16)).hasSize(1);
    }

    @Test
    void splitsGrowWithTheInputUpToALimit() {
        long gib = 1L << 30;

        assertThat(first(8 * gib)).isEqualTo(1L << 20);
        assertThat(first(100 * gib)).isEqualTo(100 * gib / 10_000);
        assertThat(first(10_000 * gib)).isEqualTo(128L << 20);
    }

    private static long first(long bytes) {
        return Splitting.of(List.of(new InputFile("a", bytes)), Splitting.DEFAULT_SIZE, file -> false, 1)
                .get(0)
                .pieces()
                .get(0)
                .end();
    }

    @Test
    void positionIsTheNumberOfTheLineInTheFile() throws Exception {
        List<String> expected =
                IntStream.rangeClosed(1, 5000).mapToObj(n -> "line " + n).toList();
        TextSource<String> source = lines(String.join("\r\n", expected)).splitSize(new DataSize(777));
        for (Split split : source.splits(1)) {
            try (SplitReader<String> reader = source.open(split)) {
                String line;
                while ((line = reader.next()) != null) {
                    assertThat(reader.position()).endsWith("data.txt:" + line.substring(5));
                }
            }
        }
    }

    @Test
    void headerIsLeftOutOfEveryFileThatHasIt() throws Exception {
        file(dir.resolve("a.txt"), "id,name\r\n1,a\r\nid,name\r\n");
        file(dir.resolve("b.txt"), "2,b\n");
        file(dir.resolve("c.txt"), "id,name\n3,c");
        TextSource<String> source = Text.lines(dir.toString()).header("id,name").splitSize(new DataSize(4));

        assertThat(all(source)).containsExactly("1,a", "id,name", "2,b", "3,c");
    }

    @Test
    void malformedBytesAreReplaced() throws Exception {
        Path path = dir.resolve("latin1.txt");
        Files.write(path, "gr\u00FC\u00DFe\nok\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThat(all(Text.lines(path.toString()))).containsExactly("gr\uFFFD\uFFFDe", "ok");
    }

    @Test
    void lineOfMoreThan16MebibytesIsRefusedWithItsPlace() throws Exception {
        Path path = dir.resolve("long.txt");
        byte[] bytes = new byte[(16 << 20) + 4];
        Arrays.fill(bytes, (byte) 'x');
        bytes[1] = '\n';
        Files.write(path, bytes);
        TextSource<String> source = Text.lines(path.toString()).splitSize(DataSize.mebibytes(64));

        try (SplitReader<String> reader = only(source)) {
            assertThat(reader.next()).isEqualTo("x");
            assertThatThrownBy(reader::next)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("long.txt:2: a line of more than 16 MiB");
        }
        bytes[2] = '\n';
        bytes[3] = '\n';
        Files.write(path, bytes);
        assertThat(all(source)).hasSize(4).last().asString().hasSize(16 << 20);
    }

    @Test
    void gzipIsUnpackedInOneSplit() throws Exception {
        List<String> expected =
                IntStream.rangeClosed(1, 100_000).mapToObj(n -> "line " + n).toList();
        Path path = dir.resolve("data.txt.gz");
        Files.write(path, gzip(String.join("\n", expected)));
        TextSource<String> source = Text.lines(path.toString()).splitSize(new DataSize(100));

        assertThat(source.splits(4)).hasSize(1);
        assertThat(all(source)).isEqualTo(expected);
        try (SplitReader<String> reader = only(source)) {
            reader.next();
            reader.next();
            assertThat(reader.position()).endsWith("data.txt.gz:2");
        }
    }

    @Test
    void gzipOfSeveralMembersIsReadToItsEnd() throws Exception {
        Path path = dir.resolve("data.gz");
        Files.write(path, concat(gzip("a\nb\n"), gzip("c\n"), new byte[100]));

        assertThat(all(Text.lines(path.toString()))).containsExactly("a", "b", "c");
    }

    @Test
    void tornGzipIsRefusedWithTheLastLineRead() throws Exception {
        Random random = new Random(1);
        List<String> expected =
                random.ints(50_000).mapToObj(Integer::toHexString).toList();
        byte[] whole = gzip(String.join("\n", expected) + "\n");
        Path path = dir.resolve("torn.gz");
        TextSource<String> source = Text.lines(path.toString());
        for (int length : new int[] {whole.length / 2, whole.length - 9, whole.length - 1}) {
            Files.write(path, Arrays.copyOf(whole, length));
            List<String> read = new ArrayList<>();
            try (SplitReader<String> reader = only(source)) {
                assertThatThrownBy(() -> {
                            for (String line = reader.next(); line != null; line = reader.next()) {
                                read.add(line);
                            }
                        })
                        .isInstanceOf(InputException.class)
                        .hasMessageContaining("torn.gz: broke off after line " + read.size() + ": ")
                        .hasMessageContaining("expected: a whole gzip file");
            }
            assertThat(expected).startsWith(read.toArray(String[]::new));
            assertThat(read).hasSizeGreaterThan(10_000);
        }
    }

    @Test
    void whatIsNoGzipIsRefused() throws Exception {
        Path path = dir.resolve("data.gz");
        TextSource<String> source = Text.lines(path.toString());

        file(path, "plain text\n");
        assertThatThrownBy(() -> all(source))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("data.gz: cannot be read: Not in GZIP format");

        byte[] corrupt = gzip("one line\n".repeat(1000));
        corrupt[corrupt.length - 6] ^= 1;
        Files.write(path, corrupt);
        assertThatThrownBy(() -> all(source)).isInstanceOf(InputException.class).hasMessageContaining("trailer");

        byte[] garbage = new byte[100_000];
        Arrays.fill(garbage, (byte) 'g');
        Files.write(path, concat(gzip("a\n"), garbage));
        assertThatThrownBy(() -> all(source))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("after line 1: what follows is no gzip");
    }

    private static byte[] concat(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    @Test
    void fileThatIsGoneWhenItIsOpenedIsNamed() throws Exception {
        TextSource<String> source = lines("a\n");
        Split split = source.splits(1).get(0);
        Files.delete(dir.resolve("data.txt"));

        assertThatThrownBy(() -> source.open(split))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("data.txt: no such file");
    }

    @Test
    void linesAreDecodedWhereThatIsAsked() throws Exception {
        String path = file(dir.resolve("n.txt"), "n\n1\nx\n3\n").toString();
        TextSource<Integer> source = Text.lines(path, line -> {
                    if (line.equals("x")) {
                        throw new BadRecordException("n: \"x\" (expected: int)");
                    }
                    return Integer.valueOf(line);
                })
                .header("n");
        try (SplitReader<Integer> reader = only(shipped(source))) {
            assertThat(reader.next()).isEqualTo(1);
            assertThatThrownBy(reader::next).isInstanceOf(BadRecordException.class);
            assertThat(reader.position()).endsWith("n.txt:3");
            assertThat(reader.next()).isEqualTo(3);
        }
    }

    @Test
    void sourceAndSplitsTravel() throws Exception {
        TextSource<String> source = lines("h\na\nb\n").header("h").splitSize(new DataSize(3));
        List<String> read = new ArrayList<>();
        for (Split split : source.splits(2)) {
            read.addAll(of(shipped(source), shipped(split)));
        }

        assertThat(read).containsExactly("a", "b");
    }

    @Test
    void describesItself() throws Exception {
        assertThat(Text.lines("ratings.csv").describe()).isEqualTo("text ratings.csv");
        assertThat(Text.lines("ratings.csv").epochs(3).describe()).isEqualTo("text ratings.csv x 3 epochs");
        assertThat(lines("abc\n").splits(1).get(0).describe()).endsWith("data.txt[0, 4)");
    }
}
