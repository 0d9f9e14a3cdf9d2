package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What is committed to topics and to files of HDFS has every record exactly once, whoever is killed by -9 and whenever: workers,
 * the driver, brokers, data nodes. Seeded schedules over seeded pipelines, on servers that are real.
 *
 * <p>{@code -Dghee.faults=200} runs 200 schedules instead of 4, {@code -Dghee.faults.seed=42} begins with that seed: with
 * {@code -Dghee.faults=1} it repeats one that has failed. {@code -Dghee.faults.jvm=-XX:SharedArchiveFile=...} gives all JVMs
 * options that they do not need, so that many schedules are through earlier.
 */
class StorageFaultsTest {
    private static final int SCHEDULES = Integer.getInteger("ghee.faults", 4);
    /** The four of every build strike workers, the driver, a broker and a data node. */
    private static final long FIRST_SEED = Long.getLong("ghee.faults.seed", 24);

    private static final Path HOME = Path.of("target", "storage-faults").toAbsolutePath();
    private static final String INPUT = "input";
    private static final Duration SOON = Duration.ofSeconds(30);
    /** Far from those of the schedules, as a seed is in the name of a job. */
    private static final long UNDISTURBED_SEEDS = 1L << 40;

    private static final Duration UNDISTURBED = Duration.ofMinutes(2);

    private static Brokers brokers;
    private static DataNodes data;

    /** What an undisturbed run has written, and what the gauge said then. */
    private record Expected(List<String> records, long gauge) {}

    /** By the name of the shape. */
    private static final Map<String, CompletableFuture<Expected>> EXPECTED = new HashMap<>();

    @BeforeAll
    static void start() throws Exception {
        if (Files.exists(HOME)) {
            try (Stream<Path> old = Files.walk(HOME)) {
                for (Path each : old.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(each);
                }
            }
        }
        Files.createDirectories(HOME);
        brokers = Brokers.start(HOME);
        data = DataNodes.start(HOME);
        brokers.awaitWhole();
        brokers.create(INPUT);
        brokers.write(INPUT, StorageShape.input());
        data.awaitWhole();
        List<String> lines = StorageShape.input();
        data.write("/" + INPUT + "/a", lines.subList(0, lines.size() / 3));
        data.write("/" + INPUT + "/b", lines.subList(lines.size() / 3, lines.size()));
        // All at once, as they wait more than they work.
        shapes().limit(4)
                .forEach(shape -> EXPECTED.put(
                        shape.toString(),
                        CompletableFuture.supplyAsync(
                                () -> undisturbed(shape), task -> Daemons.start("undisturbed, " + shape, task))));
        for (CompletableFuture<Expected> each : EXPECTED.values()) {
            each.get(UNDISTURBED.toSeconds() + 10, TimeUnit.SECONDS);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        brokers.close();
        data.close();
    }

    @TestFactory
    Stream<DynamicTest> everyRecordIsCommittedOnce() {
        return shapes().map(
                        shape -> DynamicTest.dynamicTest("seed " + shape.seed() + ", " + shape, () -> disturb(shape)));
    }

    /** Four in a row are one of each kind. */
    private static Stream<StorageShape> shapes() {
        return LongStream.range(FIRST_SEED, FIRST_SEED + SCHEDULES)
                .mapToObj(seed -> new StorageShape(seed, seed % 2 == 0, seed / 2 % 2 == 0));
    }

    private static StorageShape.Places places(StorageShape shape, String output) {
        return new StorageShape.Places(
                brokers.servers(),
                shape.fromKafka() ? INPUT : data.uri() + "/" + INPUT,
                shape.toKafka() ? output : data.uri() + "/" + output);
    }

    private static OptionalLong gauge(StorageShape shape, String output) throws IOException, InterruptedException {
        return shape.toKafka()
                ? brokers.end(output, IsolationLevel.READ_COMMITTED)
                : OptionalLong.of(data.bytes("/" + output));
    }

    private static List<String> read(StorageShape shape, String output) throws Exception {
        return shape.toKafka() ? brokers.committed(output) : data.lines("/" + output);
    }

    private static String prepare(StorageShape shape, String output) throws Exception {
        if (shape.toKafka()) {
            brokers.create(output);
        }
        return output;
    }

    /** By threads: that both launchers write the same is part of what is claimed. */
    private static Expected undisturbed(StorageShape disturbed) {
        StorageShape shape =
                new StorageShape(UNDISTURBED_SEEDS + disturbed.seed(), disturbed.fromKafka(), disturbed.toKafka());
        try {
            String output = prepare(shape, "undisturbed-" + shape.seed());
            Ghee.local().launch(shape.pipeline(places(shape, output))).await(UNDISTURBED);
            return new Expected(read(shape, output), gauge(shape, output).orElseThrow());
        } catch (Exception e) {
            throw new IllegalStateException("the undisturbed run of " + shape + " failed", e);
        }
    }

    private void disturb(StorageShape shape) throws Exception {
        long start = System.nanoTime();
        Expected all = EXPECTED.get(shape.toString()).join();
        // Those of the schedule before are back.
        brokers.awaitWhole();
        data.awaitWhole();
        String output = prepare(shape, shape.name());
        StorageShape.Places places = places(shape, output);
        StorageSchedule schedule = StorageSchedule.of(shape, places);
        String seed = "seed " + shape.seed() + ", " + shape + ": ";
        System.out.println(seed + schedule);
        Path logs = Files.createDirectories(HOME.resolve("seed-" + shape.seed()));
        StorageRun run =
                new StorageRun(shape, schedule, places, () -> gauge(shape, output), all.gauge(), brokers, data, logs);
        List<String> struck;
        long begun = System.nanoTime();
        try {
            struck = run.run();
        } catch (AssertionError e) {
            throw new AssertionError(seed + schedule + "\n" + e.getMessage(), e);
        }
        long ended = System.nanoTime();
        check(shape, output, seed + schedule + "\nstruck: " + struck + ": ", all);
        if (shape.toKafka()) {
            brokers.delete(output);
        } else {
            data.delete("/" + output);
        }
        System.out.println(seed + struck.size() + " of " + schedule.strikes().size() + " struck " + struck + "; "
                + (ended - begun) / 1_000_000 + " ms, with all around it "
                + (System.nanoTime() - start) / 1_000_000 + " ms");
    }

    private static void check(StorageShape shape, String output, String told, Expected all) throws Exception {
        OutputComparison comparison = OutputComparison.of(all.records(), read(shape, output));
        assertThat(comparison.isSame()).as("%s%s", told, comparison.summary()).isTrue();
        if (shape.toKafka()) {
            // Far less than the minute after which the brokers would end one by themselves.
            await(told + "no open transaction")
                    .atMost(SOON)
                    .untilAsserted(() -> assertThat(brokers.openTransactions(shape.name() + "/"))
                            .isEmpty());
            return;
        }
        List<String> names = new ArrayList<>(data.names("/" + output));
        assertThat(names).as("%snames in the output", told).contains("_SUCCESS");
        names.remove("_SUCCESS");
        assertThat(names).as("%snames in the output", told).allMatch(name -> name.startsWith("part-"));
    }
}
