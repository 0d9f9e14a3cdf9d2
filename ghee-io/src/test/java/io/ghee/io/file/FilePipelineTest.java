package io.ghee.io.file;

import static io.ghee.Resources.replicas;
import static io.ghee.io.file.Reading.all;
import static io.ghee.io.file.Reading.file;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.Pipeline;
import io.ghee.StageFailedException;
import io.ghee.run.JobProgress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class FilePipelineTest {
    private static final Duration LONG = Duration.ofMinutes(2);

    record Rating(int user, float rating) {}

    private static final AtomicInteger BATCHES = new AtomicInteger();

    @TempDir
    Path dir;

    private Path numbers(int count) throws Exception {
        List<String> lines =
                IntStream.range(0, count).mapToObj(Integer::toString).toList();
        return Files.write(dir.resolve("numbers.txt"), lines);
    }

    private JobProgress run(Pipeline pipeline) throws InterruptedException {
        return Ghee.local().launch(pipeline).await(LONG);
    }

    @Test
    void everyLineGoesThroughOncePerEpoch() throws Exception {
        Path out = dir.resolve("out");
        run(Pipeline.named("squares")
                .readFrom(Text.lines(numbers(100_000).toString()).epochs(2))
                .stage("square", replicas(2))
                .map(line -> Long.parseLong(line) * Long.parseLong(line))
                .writeTo(Text.to(out.toString())));

        List<Long> written = all(Text.lines(out.toString())).stream()
                .map(Long::parseLong)
                .sorted()
                .toList();
        assertThat(written)
                .isEqualTo(LongStream.range(0, 200_000)
                        .mapToObj(n -> (n / 2) * (n / 2))
                        .toList());
        assertThat(out.resolve("part-00001.txt")).isNotEmptyFile();
    }

    @Test
    void failingFunctionLeavesNoOutputAndSaysWhere() throws Exception {
        Path in = numbers(100_000);
        Pipeline pipeline = Pipeline.named("failing")
                .readFrom(Text.lines(in.toString()))
                .stage("map", replicas(2))
                .map(line -> {
                    if (line.equals("77777")) {
                        throw new IllegalStateException("sevens");
                    }
                    return line;
                })
                .writeTo(Text.to(dir.resolve("out").toString()));

        assertThatThrownBy(() -> run(pipeline))
                .isInstanceOf(StageFailedException.class)
                .hasMessageContaining("sevens")
                .hasMessageContaining("numbers.txt:77778");
        try (Stream<Path> left = Files.list(dir)) {
            assertThat(left).containsExactly(in);
        }
    }

    @Test
    void badRowsAreSkippedUpToALimit() throws Exception {
        Path in = file(dir.resolve("ratings.csv"), "user,rating\n1,2.5\n2,bad\n\"3\n4,4\n");
        Pipeline pipeline = Pipeline.named("rows")
                .readFrom(Csv.read(in.toString(), Rating.class))
                .stage("read", replicas(1))
                .writeTo(Csv.to(dir.resolve("out").toString(), Rating.class));

        JobProgress progress = run(pipeline.withMaxBadRecords(2));

        assertThat(progress.skipped()).isEqualTo(2);
        assertThat(all(Csv.read(dir.resolve("out").toString(), Rating.class)))
                .containsExactly(new Rating(1, 2.5f), new Rating(4, 4));
        Files.move(dir.resolve("out"), dir.resolve("before"));
        assertThatThrownBy(() -> run(pipeline.withMaxBadRecords(0)))
                .isInstanceOf(StageFailedException.class)
                .hasMessageContaining("ratings.csv:3: column rating: \"bad\" (expected: float)");
        assertThat(dir.resolve("out")).doesNotExist();
    }

    @Test
    void missingInputIsRefusedBeforeAnythingRuns() {
        Pipeline pipeline = Pipeline.named("missing")
                .readFrom(Text.lines(dir + "/absent.csv"))
                .stage("read", replicas(1))
                .writeTo(Text.to(dir.resolve("out").toString()));

        assertThatThrownBy(() -> Ghee.local().launch(pipeline))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("absent.csv: no such file");
        assertThat(dir).isEmptyDirectory();
    }

    record Unmade(int id, double half) {
        Unmade {
            if (id > 0) {
                throw new IllegalStateException("made of row " + id);
            }
        }
    }

    record Made(int id, double half) {}

    @Test
    void columnsOfParquetComeToTheFirstFunctionOfBatchesWithoutRecords() throws Exception {
        String in = dir.resolve("in").toString();
        Writing.to(
                Parquet.to(in, Made.class),
                IntStream.range(0, 50_000).mapToObj(k -> new Made(k, k / 2.0)).toList());
        Path out = dir.resolve("out");
        run(Pipeline.named("sums")
                .readFrom(Parquet.read(in, Unmade.class).columnar().epochs(2))
                .stage("sum", replicas(1))
                .batch(1000)
                .map(batch -> List.of(batch.size() + " " + sum(batch)))
                .unbatch()
                .writeTo(Text.to(out.toString())));

        List<String> expected = IntStream.range(0, 100)
                .mapToObj(k -> "1000 " + (499_500L + 1_000_000L * (k % 50)) * 1.5)
                .sorted()
                .toList();
        assertThat(all(Text.lines(out.toString())).stream().sorted()).containsExactlyElementsOf(expected);
    }

    private static double sum(Batch<Unmade> batch) {
        double sum = 0;
        for (int row = 0; row < batch.size(); row++) {
            sum += batch.columns().column("id").ints().get(row)
                    + batch.columns().column("half").doubles().get(row);
        }
        return sum;
    }

    @Test
    void everyRowOfHandedOnColumnsArrivesOnceThoughWorkersAreLost() throws Exception {
        String in = dir.resolve("in").toString();
        Writing.to(
                Parquet.to(in, Made.class),
                IntStream.range(0, 20_000).mapToObj(k -> new Made(k, k / 2.0)).toList(),
                IntStream.range(20_000, 50_000)
                        .mapToObj(k -> new Made(k, k / 2.0))
                        .toList());
        Path out = dir.resolve("out");
        BATCHES.set(0);
        JobProgress progress = run(Pipeline.named("lost")
                .readFrom(Parquet.read(in, Made.class).columnar())
                .stage("read", replicas(2))
                .batch(700)
                .map(batch -> {
                    int number = BATCHES.incrementAndGet();
                    if (number == 20 || number == 60) {
                        throw new InfrastructureException("lost at batch " + number);
                    }
                    return batch.records();
                })
                .stage("write", replicas(2))
                .unbatch()
                .map(made -> Integer.toString(made.id()))
                .writeTo(Text.to(out.toString()))
                .withRestarts(10));

        assertThat(progress.restarts()).isNotEmpty();
        assertThat(all(Text.lines(out.toString())).stream()
                        .map(Integer::parseInt)
                        .sorted())
                .isEqualTo(IntStream.range(0, 50_000).boxed().toList());
    }
}
