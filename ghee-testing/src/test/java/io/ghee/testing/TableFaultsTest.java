package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;

import io.ghee.Batch;
import io.ghee.DataSize;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.CheckpointFiles;
import io.ghee.io.file.Text;
import io.ghee.process.ProcessLauncher;
import io.ghee.train.Artifact;
import io.ghee.train.Checkpoints;
import io.ghee.train.Epoch;
import io.ghee.train.ParameterTable;
import io.ghee.train.RowOptimizer;
import io.ghee.train.TableSpec;
import io.ghee.train.TrainContext;
import io.ghee.transfer.parameters.ShardedTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training with a table whose parts are on the ranks, of which some are killed or stand still for a while at seeded moments, and
 * readers as well: every row is in the end what it is in the undisturbed run, bit for bit, so no record was lost or came
 * twice.
 *
 * <p>{@code -Dghee.faults=200} runs 200 schedules instead of 3, {@code -Dghee.faults.seed=42} begins with that seed.
 */
class TableFaultsTest {
    private static final int SCHEDULES = Integer.getInteger("ghee.faults", 3);
    private static final long FIRST_SEED = Long.getLong("ghee.faults.seed", 1);
    private static final int NUMBERS = 2000;
    private static final int ROWS = 101;
    private static final Duration UNDISTURBED = Duration.ofMinutes(2);

    private @TempDir Path directory;

    /** The rows of one rank's part. */
    private record Part(Map<Long, String> rows) implements Artifact {
        static Part train(TrainContext<Integer> context) throws Exception {
            TableSpec spec = TableSpec.of(ROWS, 2, RowOptimizer.adam(0.05f)).startingWithin(0.1f, 3);
            Part part = new Part(new TreeMap<>());
            try (ParameterTable table = ShardedTable.open(context, spec)) {
                context.checkpoint(table.state());
                for (Epoch<Integer> epoch : context.epochs()) {
                    for (Batch<Integer> batch : epoch) {
                        step(table, batch.isPadding() ? List.of() : batch.records());
                        TimeUnit.MILLISECONDS.sleep(5);
                    }
                }
                table.finish();
                table.forEachRow((id, values, from) ->
                        part.rows.put(id, Float.toHexString(values[from]) + " " + Float.toHexString(values[from + 1])));
            }
            return part;
        }

        private static void step(ParameterTable table, List<Integer> numbers) {
            long[] ids = numbers.stream().mapToLong(number -> number % ROWS).toArray();
            ParameterTable.Rows rows = table.pull(ids, ids.length);
            for (int k = 0; k < ids.length; k++) {
                int at = 2 * rows.places()[k];
                rows.gradients()[at] += (float) Math.sin(numbers.get(k)) + rows.values()[at];
                rows.gradients()[at + 1] += (float) Math.cos(numbers.get(k)) * rows.values()[at];
            }
            table.push(rows, ids.length);
        }

        @Override
        public void save(Path where) throws IOException {
            Files.write(
                    where.resolve("rows"),
                    rows.entrySet().stream()
                            .map(row -> row.getKey() + ": " + row.getValue())
                            .toList());
        }
    }

    @TestFactory
    Stream<DynamicTest> theSameRowsAgain() throws IOException {
        Path numbers = directory.resolve("numbers");
        Files.write(
                numbers, IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList());
        return IntStream.range(0, SCHEDULES).mapToObj(k -> schedule(FIRST_SEED + k, numbers));
    }

    private DynamicTest schedule(long seed, Path numbers) {
        int ranks = 1 + (int) Math.floorMod(seed, 3L);
        return DynamicTest.dynamicTest("seed " + seed + ", " + ranks + " ranks", () -> {
            Path here = Files.createDirectory(directory.resolve("seed-" + seed));
            Function<Path, Pipeline> pipeline = output -> pipeline(numbers, output, ranks, seed);
            FaultyRun run = FaultyRun.of(pipeline, here)
                    .launcher(new ProcessLauncher())
                    .expect(Undisturbed.run(Ghee.local(), pipeline, here.resolve("undisturbed"), UNDISTURBED));
            run.run(FaultSchedule.seeded(seed, pipeline.apply(here.resolve("disturbed")))
                    .faults(3)
                    .kinds(Fault.Kind.KILL, Fault.Kind.PAUSE)
                    .build());
        });
    }

    private static Pipeline pipeline(Path numbers, Path output, int ranks, long seed) {
        return Pipeline.named("table")
                .readFrom(Text.lines(numbers.toString(), Integer::parseInt)
                        .splitSize(new DataSize(512))
                        .epochs(2))
                .stage("read", replicas(2))
                .shuffle(100, seed)
                .batch(12)
                .distribute(even())
                .stage("train", replicas(ranks))
                .train(Part::train)
                .writeTo(Artifacts.to(output.toString()))
                .withRestarts(20)
                .withCheckpoints(Checkpoints.everySteps(
                        7,
                        CheckpointFiles.in(output.resolveSibling("checkpoints-" + output.getFileName())
                                .toString())))
                .deterministic(seed);
    }
}
