package io.ghee.io.file;

import static io.ghee.io.file.Reading.all;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.DataSize;
import io.ghee.io.testing.Hdfs;
import io.ghee.source.BoundedSource;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The formats that are read by place, on a file system that is far away. */
@ExtendWith(Hdfs.Extension.class)
class HdfsFormatsTest {
    record Point(int id, String label, double x) {}

    private static List<Point> points() {
        Random random = new Random(2);
        return IntStream.range(0, 30_000)
                .mapToObj(k -> new Point(k, "label " + random.nextInt(), random.nextGaussian()))
                .toList();
    }

    private static void check(Hdfs hdfs, String out, FileSink<Point> sink, BoundedSource<?> source, List<?> expected)
            throws Exception {
        Writing.to(sink, points().subList(0, 29_000), points().subList(29_000, 30_000));

        FileStatus[] files = hdfs.files().listStatus(new Path(out));
        assertThat(files).hasSize(3);
        assertThat(files[1].getLen()).isGreaterThan(3L * Hdfs.BLOCK);
        assertThat(source.splits(2)).hasSizeGreaterThan(3);
        assertThat(all(source, 2)).isEqualTo(expected);
    }

    @Test
    void rowsOfParquetComeBack(Hdfs hdfs) throws Exception {
        String out = hdfs.directory("formats") + "/parquet";

        check(
                hdfs,
                out,
                Parquet.to(out, Point.class),
                Parquet.read(out, Point.class).where(Condition.lt("id", 29_500)).splitSize(new DataSize(Hdfs.BLOCK)),
                points().subList(0, 29_500));
    }

    @Test
    void recordsOfAvroComeBack(Hdfs hdfs) throws Exception {
        String out = hdfs.directory("formats") + "/avro";

        check(
                hdfs,
                out,
                Avro.to(out, Point.class),
                Avro.read(out + "/part-*", Point.class).splitSize(new DataSize(Hdfs.BLOCK)),
                points());
    }

    @Test
    void entriesOfSequenceFilesComeBack(Hdfs hdfs) throws Exception {
        String out = hdfs.directory("formats") + "/sequence";

        check(
                hdfs,
                out,
                SequenceFiles.to(out, Integer.class, Point::id, String.class, Point::label),
                SequenceFiles.read(out, Integer.class, String.class, (id, label) -> id + label)
                        .splitSize(new DataSize(Hdfs.BLOCK)),
                points().stream().map(each -> each.id + each.label).toList());
    }

    @Test
    void jsonLinesComeBack(Hdfs hdfs) throws Exception {
        String out = hdfs.directory("formats") + "/json";

        check(
                hdfs,
                out,
                JsonLines.to(out, Point.class),
                JsonLines.read(out, Point.class).splitSize(new DataSize(Hdfs.BLOCK)),
                points());
    }
}
