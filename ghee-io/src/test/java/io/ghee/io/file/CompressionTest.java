package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import io.ghee.InputException;
import io.ghee.sink.SinkWriter;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class CompressionTest {
    record Row(int id, String text) {}

    @TempDir
    Path dir;

    private static final List<String> LINES = lines(100_000);

    private static List<String> lines(int count) {
        Random random = new Random(3);
        return IntStream.range(0, count)
                .mapToObj(k -> k + " " + Integer.toHexString(random.nextInt()))
                .toList();
    }

    private static byte[] bytes(List<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private Path packed(Compression compression, byte[] content) throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = compression.pack(packed)) {
            out.write(content);
        }
        return Files.write(dir.resolve("data.txt" + compression.extension()), packed.toByteArray());
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void textComesBackAsItWasWritten(Compression compression) throws Exception {
        Path out = dir.resolve("out");
        FileSink<Object> sink = shipped(Text.to(out.toString()).compression(compression));
        sink.prepare("job");
        String part;
        try (SinkWriter<Object> writer = sink.open("job", 0, 0)) {
            for (String line : LINES) {
                writer.write(line);
            }
            part = writer.finish();
        }
        sink.commit("job", List.of(part));

        assertThat(out.resolve("part-00000.txt" + compression.extension())).exists();
        assertThat(all(Text.lines(out.toString()))).isEqualTo(LINES);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void csvComesBackAsItWasWritten(Compression compression) throws Exception {
        Path out = dir.resolve("out");
        FileSink<Row> sink = shipped(Csv.to(out.toString(), Row.class).compression(compression));
        sink.prepare("job");
        List<Row> rows = List.of(new Row(1, "a,b"), new Row(2, "ü"));
        String part;
        try (SinkWriter<Row> writer = sink.open("job", 0, 0)) {
            for (Row row : rows) {
                writer.write(row);
            }
            part = writer.finish();
        }
        sink.commit("job", List.of(part));

        assertThat(out.resolve("part-00000.csv" + compression.extension())).exists();
        assertThat(all(Csv.read(out.toString(), Row.class))).isEqualTo(rows);
    }

    /** Zstandard is left out: Hadoop's codec of it needs a native library. */
    @ParameterizedTest
    @EnumSource(
            value = Compression.class,
            names = {"NONE", "ZSTD"},
            mode = Mode.EXCLUDE)
    void hadoopReadsAndWritesTheSame(Compression compression) throws Exception {
        Path ours = packed(compression, bytes(LINES));
        CompressionCodec codec = new CompressionCodecFactory(new Configuration())
                .getCodec(new org.apache.hadoop.fs.Path(ours.toString()));

        assertThat(codec.createInputStream(Files.newInputStream(ours)).readAllBytes())
                .isEqualTo(bytes(LINES));

        Path theirs = dir.resolve("theirs" + compression.extension());
        try (OutputStream out = codec.createOutputStream(Files.newOutputStream(theirs))) {
            out.write(bytes(LINES));
        }
        assertThat(all(Text.lines(theirs.toString()))).isEqualTo(LINES);
    }

    @Test
    void filesOfTheCommandLineToolsAreRead() throws Exception {
        Path lz4 = dir.resolve("a.lz4");
        try (OutputStream out = new LZ4FrameOutputStream(Files.newOutputStream(lz4))) {
            out.write(bytes(LINES));
        }
        Path zst = dir.resolve("a.zst");
        try (OutputStream out = Files.newOutputStream(zst)) {
            for (List<String> frame : List.of(LINES.subList(0, 10), LINES.subList(10, LINES.size()))) {
                ByteArrayOutputStream packed = new ByteArrayOutputStream();
                try (OutputStream one = new ZstdOutputStream(packed)) {
                    one.write(bytes(frame));
                }
                out.write(packed.toByteArray());
            }
        }

        assertThat(all(Text.lines(lz4.toString()))).isEqualTo(LINES);
        assertThat(all(Text.lines(zst.toString()))).isEqualTo(LINES);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = Mode.EXCLUDE)
    void tornFileIsRefused(Compression compression) throws Exception {
        byte[] whole = Files.readAllBytes(packed(compression, bytes(LINES)));
        for (int length : new int[] {3, 7, whole.length / 2, whole.length - 1}) {
            Path torn = dir.resolve("torn" + compression.extension());
            Files.write(torn, Arrays.copyOf(whole, length));

            assertThatThrownBy(() -> all(Text.lines(torn.toString())))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(InputException.class)
                    .hasMessageContaining("torn" + compression.extension() + ": ")
                    .hasMessageContaining("(expected: a whole " + compression.title() + " file)");
        }
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "NONE", mode = Mode.EXCLUDE)
    void otherContentIsRefused(Compression compression) throws Exception {
        Path other = dir.resolve("other" + compression.extension());
        Files.write(other, bytes(LINES));

        assertThatThrownBy(() -> all(Text.lines(other.toString())))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("other" + compression.extension());
    }

    @Test
    void packedPiecesKeepTheirOrderAndPlaces() throws Exception {
        for (Compression compression : Compression.values()) {
            Files.move(packed(compression, bytes(lines(3))), dir.resolve(compression + compression.extension()));
        }
        List<String> positions;
        TextSource<String> source = Text.lines(dir.toString());
        assertThat(source.splits(1)).hasSize(1);
        try (var reader = source.open(shipped(source.splits(1).get(0)))) {
            Stream.Builder<String> seen = Stream.builder();
            while (reader.next() != null) {
                seen.add(reader.position().substring(dir.toString().length() + 1));
            }
            positions = seen.build().toList();
        }

        assertThat(positions)
                .containsExactlyElementsOf(Arrays.stream(Compression.values())
                        .map(each -> each + each.extension())
                        .sorted()
                        .flatMap(name -> Stream.of(name + ":1", name + ":2", name + ":3"))
                        .toList());
    }
}
