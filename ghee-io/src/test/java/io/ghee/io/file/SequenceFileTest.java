package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.io.BytesWritable;
import org.apache.hadoop.io.DoubleWritable;
import org.apache.hadoop.io.NullWritable;
import org.apache.hadoop.io.SequenceFile;
import org.apache.hadoop.io.SequenceFile.CompressionType;
import org.apache.hadoop.io.VLongWritable;
import org.apache.hadoop.io.Writable;
import org.apache.hadoop.io.compress.DefaultCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SequenceFileTest {
    @TempDir
    Path dir;

    record Click(long id, String page) {}

    private static List<Click> clicks(int count) {
        return IntStream.range(0, count)
                .mapToObj(k -> new Click(k * 37L, k % 5 == 0 ? "" : "seite-\u00fc" + k))
                .toList();
    }

    private String out() {
        return dir.resolve("out").toString();
    }

    /** What Hadoop's own writer writes. */
    private String file(CompressionType type, int count) throws Exception {
        Path path = dir.resolve("in.seq");
        DefaultCodec codec = new DefaultCodec();
        codec.setConf(new Configuration(false));
        try (FSDataOutputStream out = new FSDataOutputStream(Files.newOutputStream(path), null);
                SequenceFile.Writer writer = SequenceFile.createWriter(
                        new Configuration(false),
                        SequenceFile.Writer.stream(out),
                        SequenceFile.Writer.keyClass(VLongWritable.class),
                        SequenceFile.Writer.valueClass(BytesWritable.class),
                        SequenceFile.Writer.compression(type, codec))) {
            for (int k = 0; k < count; k++) {
                writer.append(new VLongWritable(k), new BytesWritable(new byte[k % 10]));
                if (k % 5 == 4) {
                    writer.sync();
                }
            }
        }
        return path.toString();
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "GZIP", "BZIP2", "SNAPPY", "LZ4"})
    void entriesComeBack(Compression compression) throws Exception {
        List<Click> clicks = clicks(20_000);
        Writing.to(
                SequenceFiles.to(out(), Long.class, Click::id, String.class, Click::page)
                        .compression(compression),
                clicks.subList(0, 19_000),
                clicks.subList(19_000, 20_000));

        SequenceFileSource<Click> source = shipped(SequenceFiles.read(out(), Long.class, String.class, Click::new))
                .splitSize(DataSize.parse("9Ki"));
        assertThat(all(source, 2)).isEqualTo(clicks);
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void everyEntryOfOthersComesOnceWhateverTheSplits(CompressionType type) throws Exception {
        String in = file(type, 1000);
        List<String> expected =
                IntStream.range(0, 1000).mapToObj(k -> k + ":" + k % 10).toList();

        // Ends before, in, and behind the sync markers, of which there is one in about a hundred bytes.
        for (long size = 70; size < 3000; size += size < 170 ? 3 : 331) {
            SequenceFileSource<String> source = SequenceFiles.read(
                            in, Long.class, byte[].class, (id, bytes) -> id + ":" + bytes.length)
                    .splitSize(new DataSize(size));
            assertThat(all(source, 2)).as("splits of %d", size).isEqualTo(expected);
        }
    }

    @Test
    void otherWritablesAreGivenAsTheyAre() throws Exception {
        Writing.to(
                SequenceFiles.to(
                        out(),
                        Void.class,
                        (Click click) -> null,
                        DoubleWritable.class,
                        click -> new DoubleWritable(click.id / 2.0)),
                clicks(3));

        assertThat(all(SequenceFiles.read(
                        out(), NullWritable.class, DoubleWritable.class, (none, value) -> value.get())))
                .containsExactly(0.0, 18.5, 37.0);
    }

    @Test
    void otherKeysAreToldBeforeTheFirstEntry() throws Exception {
        String in = file(CompressionType.NONE, 1);

        assertThatThrownBy(() -> SequenceFiles.read(in, String.class, byte[].class, (key, value) -> key)
                        .splits(1))
                .isInstanceOf(InputException.class)
                .hasMessage(in + ": its keys are org.apache.hadoop.io.VLongWritable (expected:"
                        + " org.apache.hadoop.io.Text)");
        assertThatThrownBy(() -> SequenceFiles.read(in, Click.class, byte[].class, (key, value) -> key))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("(expected: a Writable, String, byte[], Void, or the class of a number");
    }

    @Test
    void hadoopReadsWhatIsWritten() throws Exception {
        Writing.to(SequenceFiles.to(out(), Long.class, Click::id, String.class, Click::page), clicks(10));

        Path file = Writing.files(dir.resolve("out")).get(0);
        List<String> read = new ArrayList<>();
        try (SequenceFile.Reader reader = new SequenceFile.Reader(
                new Configuration(false), SequenceFile.Reader.file(new org.apache.hadoop.fs.Path(file.toUri())))) {
            Writable key =
                    (Writable) reader.getKeyClass().getDeclaredConstructor().newInstance();
            Writable value =
                    (Writable) reader.getValueClass().getDeclaredConstructor().newInstance();
            while (reader.next(key, value)) {
                read.add(key + value.toString());
            }
        }
        assertThat(read)
                .isEqualTo(clicks(10).stream().map(each -> each.id + each.page).toList());
    }
}
