package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.shipped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.source.BoundedSource;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written comes back, in every format. */
class RoundTripTest {
    @TempDir
    Path dir;

    private String out() {
        return dir.resolve("out").toString();
    }

    /** A format and one of its compressions. */
    record Case(
            String name,
            Function<String, FileSink<Everything>> to,
            Function<String, BoundedSource<Everything>> from,
            Compression compression) {
        @Override
        public String toString() {
            return name + " " + compression;
        }
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Compression each : new ParquetFormat<>(Everything.class).compressions()) {
            cases.add(new Case(
                    "parquet",
                    to -> Parquet.to(to, Everything.class),
                    from -> Parquet.read(from, Everything.class),
                    each));
        }
        for (Compression each : new AvroFormat<>(Everything.class).compressions()) {
            cases.add(new Case(
                    "avro", to -> Avro.to(to, Everything.class), from -> Avro.read(from, Everything.class), each));
        }
        for (Compression each : Compression.values()) {
            cases.add(new Case(
                    "json",
                    to -> JsonLines.to(to, Everything.class),
                    from -> JsonLines.read(from, Everything.class),
                    each));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everythingComesBack(Case of) throws Exception {
        for (long seed = 0; seed < 3; seed++) {
            List<Everything> first = Everything.random(seed, 300);
            List<Everything> second = Everything.random(100 + seed, 1);
            String out = out() + seed;

            Writing.to(of.to.apply(out).compression(of.compression), first, second, List.of());

            List<Everything> expected = new ArrayList<>(first);
            expected.addAll(second);
            Everything.assertSame(all(shipped(of.from.apply(out)), 3), expected);
        }
    }

    record Point(int id, double x, String label) {}

    private static List<Point> points(int count) {
        return IntStream.range(0, count)
                .mapToObj(k -> new Point(k, k * 0.5, "label " + k % 100))
                .toList();
    }

    static Stream<Function<String, FileSink<Point>>> sinks() {
        return Stream.of(
                to -> Parquet.to(to, Point.class),
                to -> Avro.to(to, Point.class),
                to -> JsonLines.to(to, Point.class),
                to -> SequenceFiles.to(to, Integer.class, Point::id, String.class, Point::label),
                to -> TFRecords.to(to, (Point point) -> new byte[200]));
    }

    @ParameterizedTest
    @MethodSource("sinks")
    void theNextFileBeginsAtTheTargetSize(Function<String, FileSink<Point>> sink) throws Exception {
        List<Point> points = points(30_000);
        Writing.to(
                sink.apply(out()).compression(Compression.NONE).targetSize(DataSize.parse("128Ki")),
                points,
                List.of(points.get(0)));

        List<Path> files = Writing.files(dir.resolve("out"));
        assertThat(files).hasSizeGreaterThan(2);
        assertThat(files.get(0).getFileName().toString()).startsWith("part-00000-00000.");
        assertThat(files.get(files.size() - 1).getFileName().toString()).startsWith("part-00001-00000.");
        for (Path file : files) {
            assertThat(Files.size(file)).isLessThan(400 << 10);
        }
        for (Path file : files.subList(0, files.size() - 2)) {
            assertThat(Files.size(file)).isGreaterThan(60 << 10);
        }
    }

    @Test
    void severalFilesOfAReplicaAreReadInOrder() throws Exception {
        List<Point> points = points(20_000);
        Writing.to(Avro.to(out(), Point.class).targetSize(DataSize.parse("64Ki")), points);

        assertThat(Writing.files(dir.resolve("out"))).hasSizeGreaterThan(2);
        assertThat(all(Avro.read(out(), Point.class), 2)).isEqualTo(points);
    }

    @Test
    void decimalOfTooManyDigitsEndsTheJob() {
        record Priced(BigDecimal price) {}

        for (FileSink<Priced> sink : List.of(
                Parquet.to(dir.resolve("p").toString(), Priced.class),
                Avro.to(dir.resolve("a").toString(), Priced.class))) {
            assertThatThrownBy(() -> Writing.to(sink, List.of(new Priced(new BigDecimal("1e-19")))))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("column price: 1E-19 (expected: at most 20 digits before the point and 18");
            sink.abort("job-1");
        }
    }

    @Test
    void instantsAreRoundedDownToMicroseconds() throws Exception {
        record Timed(Instant time) {}

        Instant before = Instant.parse("1969-12-31T23:59:59.123456789Z");
        Writing.to(Parquet.to(out(), Timed.class), List.of(new Timed(before), new Timed(Instant.EPOCH)));
        Writing.to(Avro.to(out() + "a", Timed.class), List.of(new Timed(before)));

        assertThat(all(Parquet.read(out(), Timed.class)))
                .containsExactly(new Timed(Instant.parse("1969-12-31T23:59:59.123456Z")), new Timed(Instant.EPOCH));
        assertThat(all(Avro.read(out() + "a", Timed.class)))
                .containsExactly(new Timed(Instant.parse("1969-12-31T23:59:59.123456Z")));
    }

    record Unfit(Object anything) {}

    record Endless(int id, List<Endless> more) {}

    @Test
    void componentsThatNoFileHasAreRefusedWhereTheyAreDeclared() {
        assertThatThrownBy(() -> Parquet.read("x", Unfit.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Unfit.anything: java.lang.Object (expected: a number, boolean, String");
        assertThatThrownBy(() -> Avro.to("x", Endless.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Endless contains itself");
        assertThatThrownBy(() -> Parquet.to("x", Point.class).compression(Compression.BZIP2))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("compression of parquet: BZIP2 (expected: one of [NONE, GZIP, ZSTD, SNAPPY, LZ4])");
    }

    @Test
    void describesItself() {
        assertThat(Parquet.to("out", Point.class).describe()).isEqualTo("parquet to out");
        assertThat(Parquet.read("in", Point.class)
                        .where(Condition.gt("x", 3).and(Condition.not(Condition.isNull("label"))))
                        .describe())
                .isEqualTo("parquet in as Point where (x > 3 and not (label is null))");
        assertThat(Avro.read("in", Point.class).describe()).isEqualTo("avro in as Point");
        assertThat(JsonLines.read("in", Point.class).describe()).isEqualTo("json lines in as Point");
        assertThat(TFRecords.read("in").describe()).isEqualTo("tfrecords in");
    }
}
