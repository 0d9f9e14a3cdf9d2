package io.ghee.io.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.DataSize;
import io.ghee.InputException;
import io.ghee.source.BoundedSource;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.Util;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damage ends in an {@link InputException} that names the file; where there are checksums, always. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DamagedFilesTest {
    /** So many that their number takes two bytes where it is written. */
    private static final int ROWS = 70;

    @TempDir
    Path dir;

    record Row(int id, String text, double value, List<Integer> numbers) {}

    private static List<Row> rows() {
        Random random = new Random(7);
        return IntStream.range(0, ROWS)
                .mapToObj(k -> new Row(k, "text " + random.nextInt(1000), random.nextGaussian(), List.of(k, k + 1)))
                .toList();
    }

    /**
     * A format.
     *
     * @param checked says which bytes of a file are covered by checksums
     * @param ends behind how many bytes a file may as well end: behind its header, a record, a sync marker
     */
    record Format(
            String name,
            Function<String, FileSink<Row>> to,
            Function<String, BoundedSource<?>> from,
            Checked checked,
            int ends) {
        interface Checked {
            BitSet in(Path file) throws Exception;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static BitSet none(Path file) {
        return new BitSet();
    }

    static Stream<Format> formats() {
        return Stream.of(
                new Format(
                        "parquet",
                        to -> Parquet.to(to, Row.class),
                        from -> Parquet.read(from, Row.class),
                        DamagedFilesTest::pages,
                        0),
                new Format(
                        "avro",
                        to -> Avro.to(to, Row.class),
                        from -> Avro.read(from, Row.class),
                        DamagedFilesTest::none,
                        1),
                new Format(
                        "avro plain",
                        to -> Avro.to(to, Row.class).compression(Compression.NONE),
                        from -> Avro.read(from, Row.class),
                        DamagedFilesTest::none,
                        1),
                new Format(
                        "tfrecords",
                        to -> TFRecords.to(to, row -> row.text.getBytes(UTF_8)),
                        from -> TFRecords.read(from, bytes -> new String(bytes, UTF_8)),
                        DamagedFilesTest::everything,
                        ROWS - 1),
                new Format(
                        "sequence files",
                        to -> SequenceFiles.to(to, Integer.class, Row::id, String.class, Row::text),
                        from -> SequenceFiles.read(from, Integer.class, String.class, (id, text) -> id + text),
                        DamagedFilesTest::none,
                        ROWS),
                new Format(
                        "packed sequence files",
                        to -> SequenceFiles.to(to, Integer.class, Row::id, String.class, Row::text)
                                .compression(Compression.GZIP),
                        from -> SequenceFiles.read(from, Integer.class, String.class, (id, text) -> id + text),
                        DamagedFilesTest::none,
                        2));
    }

    private static BitSet everything(Path file) throws Exception {
        BitSet all = new BitSet();
        all.set(0, (int) Files.size(file));
        return all;
    }

    /** What is in pages, behind their headers. */
    private static BitSet pages(Path file) throws Exception {
        BitSet pages = new BitSet();
        byte[] bytes = Files.readAllBytes(file);
        try (ParquetFileReader reader = ParquetFileReader.open(new org.apache.parquet.io.LocalInputFile(file))) {
            for (BlockMetaData group : reader.getRowGroups()) {
                for (ColumnChunkMetaData chunk : group.getColumns()) {
                    int at = (int) chunk.getStartingPos();
                    int end = at + (int) chunk.getTotalSize();
                    while (at < end) {
                        ByteArrayInputStream in = new ByteArrayInputStream(bytes, at, end - at);
                        PageHeader header = Util.readPageHeader(in);
                        int payload = end - in.available();
                        assertThat(header.isSetCrc()).isTrue();
                        at = payload + header.getCompressed_page_size();
                        pages.set(payload, at);
                    }
                }
            }
        }
        return pages;
    }

    private Path written(Format format) throws Exception {
        Writing.to(format.to.apply(dir.resolve("out").toString()), rows());
        return Writing.files(dir.resolve("out")).get(0);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void flippedByteIsNeverTakenForDataThatIsChecked(Format format) throws Exception {
        Path whole = written(format);
        byte[] bytes = Files.readAllBytes(whole);
        BitSet checked = format.checked.in(whole);
        List<?> expected = Reading.all(format.from.apply(whole.toString()));
        Path damaged = dir.resolve("damaged" + whole.getFileName());
        Random random = new Random(3);
        List<Integer> silent = new ArrayList<>();
        int refused = 0;
        for (int at = 0; at < bytes.length; at++) {
            byte[] copy = bytes.clone();
            copy[at] ^= (byte) (1 + random.nextInt(255));
            Files.write(damaged, copy);
            try {
                if (!Reading.all(format.from.apply(damaged.toString())).equals(expected)) {
                    silent.add(at);
                }
            } catch (InputException e) {
                assertThat(e.getMessage())
                        .as("byte %d", at)
                        .contains(damaged.getFileName().toString());
                refused++;
            }
        }
        assertThat(silent).noneMatch(checked::get);
        assertThat(refused).isGreaterThanOrEqualTo(checked.cardinality());
    }

    @ParameterizedTest
    @MethodSource("formats")
    void fileThatBreaksOffGivesNoRecordThatWasNotThere(Format format) throws Exception {
        Path whole = written(format);
        byte[] bytes = Files.readAllBytes(whole);
        List<?> expected = Reading.all(format.from.apply(whole.toString()));
        Path cut = dir.resolve("cut" + whole.getFileName());
        int refused = 0;
        for (int length = 1; length < bytes.length; length++) {
            Files.write(cut, Arrays.copyOf(bytes, length));
            try {
                List<?> read = Reading.all(format.from.apply(cut.toString()));
                assertThat(read).as("%d bytes", length).isEqualTo(expected.subList(0, read.size()));
            } catch (InputException e) {
                assertThat(e.getMessage())
                        .as("%d bytes", length)
                        .contains(cut.getFileName().toString());
                refused++;
            }
        }
        assertThat(refused).isEqualTo(bytes.length - 1 - format.ends);
    }

    @Test
    void whatIsNoFileOfTheFormatIsNamed() throws Exception {
        String text = Reading.file(dir.resolve("text"), "this is a text, and not what it is taken for\n")
                .toString();

        assertThatThrownBy(() -> Parquet.read(text, Row.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(text + ": cannot be read: ")
                .hasMessageEndingWith("(expected: a Parquet file)");
        assertThatThrownBy(() -> Avro.read(text, Row.class).splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageEndingWith("(expected: an Avro container file)");
        assertThatThrownBy(() -> SequenceFiles.read(text, String.class, String.class, (key, value) -> key)
                        .splits(1))
                .isInstanceOf(InputException.class)
                .hasMessageEndingWith("(expected: a sequence file)");
        assertThatThrownBy(() -> Reading.all(TFRecords.read(text)))
                .isInstanceOf(InputException.class)
                .hasMessage(
                        text + ", record 1 at byte 0: is damaged or breaks off (expected: the length of a record and"
                                + " its checksum)");
    }

    @Test
    void parquetWithoutAWholeFooterIsNamedWithWhatToDo() throws Exception {
        record Id(int id) {}
        Writing.to(
                Parquet.to(dir.resolve("ids").toString(), Id.class),
                IntStream.range(0, 1000).mapToObj(Id::new).toList());
        Path file = Writing.files(dir.resolve("ids")).get(0);
        byte[] bytes = Files.readAllBytes(file);
        for (int cut : new int[] {1, 7, 8, 50}) {
            Files.write(file, Arrays.copyOf(bytes, bytes.length - cut));
            assertThatThrownBy(() -> Parquet.read(file.toString(), Id.class).splits(1))
                    .as("without the last %d bytes", cut)
                    .isInstanceOf(InputException.class)
                    .hasMessageStartingWith(file + ": cannot be read: ")
                    .hasMessageEndingWith("(expected: a Parquet file)");
        }
    }

    @Test
    void recordsBeforeDamageAreReadAndTheBlockIsNamed() throws Exception {
        record Id(int id) {}
        List<Id> ids = IntStream.range(0, 100_000).mapToObj(Id::new).toList();
        Writing.to(Avro.to(dir.resolve("ids").toString(), Id.class), ids);
        Path file = Writing.files(dir.resolve("ids")).get(0);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 100] ^= 1;
        Files.write(file, bytes);
        List<Id> read = new ArrayList<>();

        assertThatThrownBy(() -> {
                    BoundedSource<Id> source =
                            Avro.read(file.toString(), Id.class).splitSize(DataSize.mebibytes(8));
                    try (var reader = Reading.only(source)) {
                        for (Id id = reader.next(); id != null; id = reader.next()) {
                            read.add(id);
                        }
                    }
                })
                .isInstanceOf(InputException.class)
                .hasMessageMatching(
                        Pattern.quote(file + ", record ") + "1 of the block at byte \\d+: cannot be read: .*");
        assertThat(read).hasSizeGreaterThan(50_000).isEqualTo(ids.subList(0, read.size()));
    }
}
