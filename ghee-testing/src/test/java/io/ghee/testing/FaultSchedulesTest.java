package io.ghee.testing;

import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.process.ProcessLauncher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every record reaches the sink exactly once, whatever goes wrong on the way: seeded schedules of faults over seeded
 * pipelines, by both launchers and all distributions in turn.
 *
 * <p>{@code -Dghee.faults=1000} runs a thousand schedules instead of 12, {@code -Dghee.faults.seed=42} begins with that
 * seed: with {@code -Dghee.faults=1} it repeats one that has failed.
 */
class FaultSchedulesTest {
    private static final int SCHEDULES = Integer.getInteger("ghee.faults", 12);
    private static final long FIRST_SEED = Long.getLong("ghee.faults.seed", 1);
    private static final int NUMBERS = 4000;
    private static final Duration UNDISTURBED = Duration.ofMinutes(2);

    private @TempDir Path directory;

    @TestFactory
    Stream<DynamicTest> everyRecordExactlyOnce() throws IOException {
        Path numbers = directory.resolve("numbers");
        Files.write(
                numbers, IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList());
        return IntStream.range(0, SCHEDULES).mapToObj(k -> schedule(FIRST_SEED + k, numbers));
    }

    private DynamicTest schedule(long seed, Path numbers) {
        boolean threads = Math.floorMod(seed, 2) == 0;
        String how = Shape.DISTRIBUTIONS.get(Math.floorMod(Math.floorDiv(seed, 2), 4));
        Shape shape = new Shape(seed, how);
        return DynamicTest.dynamicTest("seed " + seed + ", " + (threads ? "local" : "processes") + ", " + how, () -> {
            Path here = Files.createDirectory(directory.resolve("seed-" + seed));
            run(shape, threads, numbers, here);
        });
    }

    private static void run(Shape shape, boolean threads, Path numbers, Path here) throws InterruptedException {
        Sabotage sabotage = Sabotage.fresh();
        Function<Path, Pipeline> pipeline =
                output -> shape.declare(numbers, output, sabotage).withRestarts(20);
        FaultyRun run = launchedBy(FaultyRun.of(pipeline, here), threads)
                .sabotage(sabotage)
                // Threads are quicker; and that both write the same is part of what is claimed.
                .expect(Undisturbed.run(Ghee.local(), pipeline, here.resolve("undisturbed"), UNDISTURBED));
        Pipeline declared = pipeline.apply(here.resolve("disturbed"));
        run.run(FaultSchedule.seeded(shape.seed(), declared)
                .faults(1 + (int) Math.floorMod(shape.seed(), 5L))
                .kinds(run.kinds())
                .workersOf(strikable(declared))
                .build());
    }

    /** With a route, connections are struck as well. */
    private static FaultyRun launchedBy(FaultyRun run, boolean threads) {
        return threads ? run.launcher("local") : run.routed(route -> new ProcessLauncher().route(route));
    }

    private static String[] strikable(Pipeline pipeline) {
        return pipeline.plan().stages().stream().map(stage -> stage.name()).toArray(String[]::new);
    }
}
