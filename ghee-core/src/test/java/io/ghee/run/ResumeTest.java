package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.channel.Origins;
import io.ghee.source.Source;
import io.ghee.testing.CollectSink;
import io.ghee.testing.GrowingSource;
import io.ghee.testing.Jobs;
import io.ghee.testing.KeptSink;
import io.ghee.testing.ListSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A job that commits on the way goes on from there, whoever was lost: a writer, another worker, or the driver. */
@Timeout(240)
class ResumeTest {
    private static final Duration OFTEN = Duration.ofMillis(100);
    private static final int ROWS = 20_000;
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Map<String, AtomicInteger> CALLS = new ConcurrentHashMap<>();

    /** How many calls take no longer than they need. */
    private static final Map<String, Integer> FAST = new ConcurrentHashMap<>();

    /** Takes its time, so that there is something to interrupt, and fails as by an outer cause at some of its calls. */
    record Slow(String name, List<Integer> lostAt) implements java.io.Serializable {
        <T> T pass(T value) {
            int call = CALLS.computeIfAbsent(name, n -> new AtomicInteger()).incrementAndGet();
            if (call > FAST.getOrDefault(name, Integer.MAX_VALUE)) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            } else if (call % 16 == 0) {
                LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(500));
            }
            if (lostAt.contains(call)) {
                throw new InfrastructureException("lost at call " + call);
            }
            return value;
        }
    }

    private static Slow slow(Integer... lostAt) {
        return new Slow("slow-" + NAMES.incrementAndGet(), List.of(lostAt));
    }

    private static String name() {
        return "resume-" + NAMES.incrementAndGet();
    }

    record Shape(String name, int copies, Function<Slow, Pipeline> pipeline) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Shape> shapes() {
        return List.of(
                new Shape(
                        "one stage",
                        1,
                        slow -> Pipeline.named(name())
                                .readFrom(ListSource.numbers(ROWS, 7))
                                .stage("copy", replicas(3))
                                .map(slow::pass)
                                .writeTo(new KeptSink<Integer>())),
                new Shape(
                        "one stage that holds back",
                        2,
                        slow -> Pipeline.named(name())
                                .readFrom(ListSource.numbers(ROWS, 7))
                                .stage("copy", replicas(2))
                                .map(slow::pass)
                                .flatMap(n -> List.of(n, n))
                                .shuffle(1000, 1)
                                .batch(64)
                                .unbatch()
                                .writeTo(new KeptSink<Integer>())),
                new Shape(
                        "balanced",
                        1,
                        slow -> Pipeline.named(name())
                                .readFrom(ListSource.numbers(ROWS, 7))
                                .stage("read", replicas(2))
                                .shuffle(500, 1)
                                .distribute(balanced())
                                .stage("write", replicas(2))
                                .map(slow::pass)
                                .writeTo(new KeptSink<Integer>())),
                new Shape(
                        "even batches, shuffled again",
                        1,
                        slow -> Pipeline.named(name())
                                .readFrom(ListSource.numbers(ROWS, 7))
                                .stage("read", replicas(2))
                                .batch(32)
                                .distribute(even())
                                .stage("write", replicas(3))
                                .unbatch()
                                .shuffle(300, 2)
                                .map(slow::pass)
                                .writeTo(new KeptSink<Integer>())),
                new Shape(
                        "flatMap, byKey",
                        3,
                        slow -> Pipeline.named(name())
                                .readFrom(ListSource.numbers(ROWS, 7))
                                .stage("read", replicas(2))
                                .flatMap(n -> List.of(n, n, n))
                                .distribute(byKey(n -> n))
                                .stage("write", replicas(2))
                                .map(slow::pass)
                                .writeTo(new KeptSink<Integer>())));
    }

    private static List<Integer> copies(int rows, int times) {
        return IntStream.range(0, rows * times).mapToObj(k -> k / times).toList();
    }

    private static List<Object> committed(Pipeline pipeline) {
        List<Object> all = new ArrayList<>(KeptSink.of(pipeline.name()).committed());
        all.sort((a, b) -> Integer.compare((Integer) a, (Integer) b));
        return all;
    }

    private static void run(Pipeline pipeline) throws InterruptedException {
        Job job = Ghee.local().launch(pipeline);
        try {
            job.await(Jobs.DEADLINE);
        } finally {
            job.cancel();
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aJobThatIsStartedAgainGoesOn(Shape shape) throws Exception {
        Slow slow = slow();
        Pipeline pipeline = shape.pipeline.apply(slow).commitEvery(OFTEN);
        KeptSink.Kept kept = KeptSink.of(pipeline.name());
        for (int k = 1; k <= 3; k++) {
            FAST.put(slow.name, k * ROWS / 4);
            int before = kept.commits();
            Job job = Ghee.local().launch(pipeline);
            await().atMost(Jobs.DEADLINE).until(() -> kept.commits() >= before + 2);
            job.cancel();
            assertThat(kept.isEnded()).isFalse();
            assertThat(kept.attempts()).isEqualTo(k);
        }
        assertThat(kept.committed()).isNotEmpty().hasSizeLessThan(ROWS * shape.copies);
        FAST.remove(slow.name);

        run(pipeline);

        assertThat(committed(pipeline)).isEqualTo(copies(ROWS, shape.copies));
        assertThat(kept.isEnded()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void aWriterThatIsLostDoesAgainWhatItHasNotCommitted(Shape shape) throws Exception {
        Slow slow = slow(9000, 13_000);
        Pipeline pipeline = shape.pipeline.apply(slow).commitEvery(OFTEN);

        run(pipeline);

        assertThat(committed(pipeline)).isEqualTo(copies(ROWS, shape.copies));
        assertThat(KeptSink.of(pipeline.name()).attempts()).isEqualTo(3);
        int calls = CALLS.get(slow.name).get();
        assertThat(calls).isGreaterThan(ROWS).isLessThan(2 * ROWS * shape.copies);
    }

    @Test
    void aReaderThatIsLostLeavesTheWritersAlone() throws Exception {
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(ListSource.numbers(ROWS, 7))
                .stage("read", replicas(2))
                .map(slow(6000, 12_000)::pass)
                .filter(n -> n % 3 != 0)
                .distribute(balanced())
                .stage("write", replicas(2))
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);

        run(pipeline);

        assertThat(committed(pipeline))
                .isEqualTo(
                        IntStream.range(0, ROWS).filter(n -> n % 3 != 0).boxed().toList());
        assertThat(KeptSink.of(pipeline.name()).attempts()).isEqualTo(1);
    }

    @Test
    void aJobThatHasEndedDoesNothingAgain() throws Exception {
        Slow slow = slow();
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(ListSource.numbers(500, 3))
                .stage("copy", replicas(2))
                .map(slow::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
        run(pipeline);
        run(pipeline);

        assertThat(committed(pipeline)).isEqualTo(copies(500, 1));
        assertThat(CALLS.get(slow.name).get()).isEqualTo(500);
    }

    private static Pipeline endless(GrowingSource source, Slow slow, int readers, int writers) {
        return Pipeline.named(name())
                .readFrom(source)
                .stage("read", replicas(readers))
                .filter(n -> n % 5 != 0)
                .batch(100, Duration.ofMillis(20))
                .distribute(balanced())
                .stage("write", replicas(writers))
                .unbatch()
                .map(slow::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
    }

    private static List<Integer> kept(int rows) {
        return IntStream.range(0, rows).filter(n -> n % 5 != 0).boxed().toList();
    }

    @Test
    void aSourceThatNeverEndsIsWrittenAsItGrows() throws Exception {
        GrowingSource source = new GrowingSource(name(), 5);
        Pipeline pipeline = endless(source, slow(), 2, 2);
        Job job = Ghee.local().launch(pipeline);
        // Fewer than a batch, and nothing after them.
        for (int n = 0; n < 12; n++) {
            source.add(n % 5, n);
        }
        await().atMost(Jobs.DEADLINE)
                .untilAsserted(() -> assertThat(committed(pipeline)).isEqualTo(kept(12)));
        for (int n = 12; n < 3000; n++) {
            source.add(n % 5, n);
        }
        await().atMost(Jobs.DEADLINE)
                .untilAsserted(() -> assertThat(committed(pipeline)).isEqualTo(kept(3000)));
        job.cancel();
    }

    @Test
    void aSourceThatNeverEndsGoesOnWhereItWas() throws Exception {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        GrowingSource source = new GrowingSource(name(), 7);
        Pipeline pipeline = endless(source, slow(4000), 3, 2);
        KeptSink.Kept kept = KeptSink.of(pipeline.name());
        int rows = 0;
        for (int k = 0; k < 4; k++) {
            Job job = Ghee.local().launch(pipeline);
            for (int until = rows + 3000; rows < until; rows++) {
                source.add(random.nextInt(7), rows);
            }
            int enough = random.nextInt(kept(rows).size());
            await().atMost(Jobs.DEADLINE).until(() -> kept.committed().size() >= enough);
            job.cancel();
        }
        int all = rows;
        Job job = Ghee.local().launch(pipeline);
        await("seed " + seed)
                .atMost(Jobs.DEADLINE)
                .until(() -> kept.committed().size() >= kept(all).size());
        job.cancel();
        assertThat(committed(pipeline)).as("seed %s", seed).isEqualTo(kept(all));
    }

    @Test
    void aJobThatIsStoppedHasWrittenWhatItHasReadAndTheNextOneGoesOn() throws Exception {
        GrowingSource source = new GrowingSource(name(), 5);
        Slow reads = slow();
        Slow writes = slow();
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(source)
                .stage("read", replicas(2))
                .map(reads::pass)
                .filter(n -> n % 5 != 0)
                .shuffle(200, 1)
                // Neither is ever full by itself.
                .batch(1_000_000)
                .distribute(balanced())
                .stage("write", replicas(2))
                .unbatch()
                .map(writes::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(Duration.ofMinutes(10));
        KeptSink.Kept kept = KeptSink.of(pipeline.name());
        int rows = 0;
        for (int k = 1; k <= 3; k++) {
            Job job = Ghee.local().launch(pipeline);
            for (int until = rows + 3000; rows < until; rows++) {
                source.add(rows % 5, rows);
            }
            int enough = k * 1000;
            await().atMost(Jobs.DEADLINE)
                    .until(() -> CALLS.containsKey(reads.name)
                            && CALLS.get(reads.name).get() >= enough);

            job.stop(Jobs.DEADLINE);

            assertThat(job.await(Jobs.DEADLINE).restarts()).isEmpty();
            assertThat(kept.isEnded()).isFalse();
            assertThat(kept.committed()).hasSizeGreaterThan(enough / 2).doesNotHaveDuplicates();
            Jobs.awaitNoThreads(job);
        }
        int all = rows;
        Job job = Ghee.local().launch(pipeline);
        await().atMost(Jobs.DEADLINE)
                .until(() -> job.progress().lags().size() == 5
                        && job.progress().lag().getAsLong() == 0);
        job.stop(Jobs.DEADLINE);

        assertThat(committed(pipeline)).isEqualTo(kept(all));
    }

    @Test
    void aJobThatEndsGoesOnAfterItWasStopped() throws Exception {
        for (Shape shape : shapes()) {
            Slow slow = slow();
            Pipeline pipeline = shape.pipeline.apply(slow).commitEvery(OFTEN);
            FAST.put(slow.name, ROWS / 3);
            Job job = Ghee.local().launch(pipeline);
            await().atMost(Jobs.DEADLINE)
                    .until(() -> KeptSink.of(pipeline.name()).commits() > 0);
            FAST.remove(slow.name);
            job.stop(Jobs.DEADLINE);
            assertThat(KeptSink.of(pipeline.name()).isEnded()).as(shape.name).isFalse();

            run(pipeline);

            assertThat(committed(pipeline)).as(shape.name).isEqualTo(copies(ROWS, shape.copies));
            assertThat(KeptSink.of(pipeline.name()).isEnded()).isTrue();
        }
    }

    @Test
    void aWorkerThatIsLostWhileTheJobIsBeingStoppedReadsNothingAgain() throws Exception {
        GrowingSource source = new GrowingSource(name(), 4);
        Slow slow = slow(1500);
        Pipeline pipeline = endless(source, slow, 2, 2);
        for (int n = 0; n < 4000; n++) {
            source.add(n % 4, n);
        }
        FAST.put(slow.name, 100);
        Job job = Ghee.local().launch(pipeline);
        await().atMost(Jobs.DEADLINE)
                .until(() ->
                        CALLS.containsKey(slow.name) && CALLS.get(slow.name).get() > 100);
        FAST.remove(slow.name);
        job.stop(Jobs.DEADLINE);
        assertThat(kept(4000))
                .containsAll(
                        committed(pipeline).stream().map(Integer.class::cast).toList());

        Job next = Ghee.local().launch(pipeline);
        await().atMost(Jobs.DEADLINE)
                .untilAsserted(() -> assertThat(committed(pipeline)).isEqualTo(kept(4000)));
        next.stop(Jobs.DEADLINE);
        assertThat(committed(pipeline)).isEqualTo(kept(4000));
    }

    @Test
    void aJobThatCommitsOnceCannotBeStoppedOnTheWay() throws Exception {
        Job job = Ghee.local()
                .launch(Pipeline.named("once")
                        .readFrom(ListSource.numbers(100, 3))
                        .stage("copy", replicas(1))
                        .writeTo(new CollectSink<Integer>()));
        assertThatThrownBy(() -> job.stop(Jobs.DEADLINE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("cannot be stopped on the way: it commits once, in the end");
        job.await(Jobs.DEADLINE);
        assertThat(CollectSink.of(job.name()).isCommitted()).isTrue();
    }

    /** The place behind the last record of each partition, as the source counts. */
    private static Map<String, Long> behind(int... records) {
        Map<String, Long> places = new HashMap<>();
        for (int partition = 0; partition < records.length; partition++) {
            places.put("partition-" + partition, 99L + 2 * records[partition]);
        }
        return places;
    }

    @Test
    void theSourceIsToldWhatIsCommitted() throws Exception {
        GrowingSource source = new GrowingSource(name(), 5);
        Pipeline pipeline = endless(source, slow(), 2, 2);
        for (int n = 0; n < 1000; n++) {
            source.add(n % 5, n);
        }
        Job job = Ghee.local().launch(pipeline);
        // Of one partition nothing is written, as all of it is filtered out.
        await().atMost(Jobs.DEADLINE).until(() -> source.committed().equals(behind(200, 200, 200, 200, 200)));
        assertThat(committed(pipeline)).isEqualTo(kept(1000));
        await("all is before the marks")
                .atMost(Jobs.DEADLINE)
                .until(() -> Position.join(KeptSink.of(pipeline.name()).positions())
                        .consumed()
                        .isEmpty());
        source.add(3, 3);
        await().atMost(Jobs.DEADLINE).until(() -> source.committed().equals(behind(200, 200, 200, 201, 200)));
        job.stop(Jobs.DEADLINE);
        assertThat(source.committed()).isEqualTo(behind(200, 200, 200, 201, 200));
    }

    @Test
    void theSourceIsToldAtTheEndHowFarAStoppedJobIs() throws Exception {
        GrowingSource source = new GrowingSource(name(), 2);
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(source)
                .stage("copy", replicas(2))
                .filter(n -> n % 3 != 0)
                .shuffle(50, 1)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(Duration.ofMinutes(10));
        Job job = Ghee.local().launch(pipeline);
        for (int n = 0; n < 1000; n++) {
            source.add(n % 2, n);
        }
        await().atMost(Jobs.DEADLINE)
                .until(() -> job.progress().lags().size() == 2
                        && job.progress().lag().getAsLong() == 0);
        assertThat(source.committed().values()).as("nothing is committed yet").allMatch(place -> place == 100);

        job.stop(Jobs.DEADLINE);

        assertThat(source.committed()).isEqualTo(behind(500, 500));
        assertThat(committed(pipeline))
                .isEqualTo(
                        IntStream.range(0, 1000).filter(n -> n % 3 != 0).boxed().toList());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void splitsThatComeUpAreReadAndStayWhatTheyAre(boolean oneStage) throws Exception {
        GrowingSource source = new GrowingSource(name(), 2);
        String name = name();
        Slow slow = slow();
        Pipeline pipeline = oneStage
                ? Pipeline.named(name)
                        .readFrom(source)
                        .stage("copy", replicas(2))
                        .filter(n -> n % 5 != 0)
                        .map(slow::pass)
                        .writeTo(new KeptSink<Integer>())
                        .commitEvery(OFTEN)
                : endless(source, slow, 2, 2);
        int rows = 0;
        for (int round = 0; round < 2; round++) {
            Job job = Ghee.local().launch(pipeline);
            for (int k = 0; k < 2; k++) {
                int partitions = source.splits(1).size();
                for (int until = rows + 1000; rows < until; rows++) {
                    source.add(rows % partitions, rows);
                }
                int some = kept(rows - 500).size();
                await().atMost(Jobs.DEADLINE)
                        .until(() -> KeptSink.of(pipeline.name()).committed().size() >= some);
                source.addPartition();
            }
            int last = source.splits(1).size() - 1;
            for (int until = rows + 500; rows < until; rows++) {
                source.add(last, rows);
            }
            List<Integer> all = kept(rows);
            await().atMost(Jobs.DEADLINE)
                    .until(() -> KeptSink.of(pipeline.name()).committed().size() >= all.size());
            assertThat(committed(pipeline)).isEqualTo(all);
            assertThat(job.progress().restarts()).isEmpty();
            if (round == 0) {
                job.cancel();
            } else {
                job.stop(Jobs.DEADLINE);
            }
            source.addPartition();
        }
        assertThat(committed(pipeline)).isEqualTo(kept(rows));
    }

    @Test
    void whatIsAheadIsToldBySplit() throws Exception {
        GrowingSource source = new GrowingSource(name(), 3);
        Slow slow = slow();
        FAST.put(slow.name, 100);
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(source)
                .stage("copy", replicas(2))
                .map(slow::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
        for (int n = 0; n < 4000; n++) {
            source.add(n % 2, n);
        }
        Job job = Ghee.local().launch(pipeline);
        await().atMost(Jobs.DEADLINE).untilAsserted(() -> {
            JobProgress now = job.progress();
            assertThat(now.lags())
                    .containsOnlyKeys("partition-0", "partition-1", "partition-2")
                    .containsEntry("partition-2", 0L);
            assertThat(now.lag().getAsLong()).isGreaterThan(1000);
        });
        FAST.remove(slow.name);
        await().atMost(Jobs.DEADLINE).until(() -> job.progress().lag().getAsLong() == 0);
        job.stop(Jobs.DEADLINE);
    }

    /** How far each split is done with, as the sink knows it. */
    private static List<Long> marks(Pipeline pipeline) {
        return Position.join(KeptSink.of(pipeline.name()).positions()).splits().stream()
                .map(Position.Begun::start)
                .toList();
    }

    @Test
    void whatIsDoneWithIsNotReadAgain() throws Exception {
        GrowingSource source = new GrowingSource(name(), 2);
        Slow reads = slow();
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(source)
                .stage("read", replicas(2))
                .map(reads::pass)
                .filter(n -> n % 7 == 0)
                .flatMap(n -> List.of(n, n))
                .distribute(balanced())
                .stage("write", replicas(2))
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
        int rows = 200_000;
        for (int n = 0; n < rows; n++) {
            source.add(n % 2, n);
        }
        Job job = Ghee.local().launch(pipeline);
        // 200,000 places of each partition, 65,536 of which are a unit.
        await().atMost(Jobs.DEADLINE).until(() -> marks(pipeline).stream().allMatch(mark -> mark >= 3 * 65_536));
        job.cancel();
        int before = CALLS.get(reads.name).get();
        for (int n = rows; n < rows + 100; n++) {
            source.add(n % 2, n);
        }
        job = Ghee.local().launch(pipeline);
        List<Integer> all = IntStream.range(0, 2 * (rows + 100))
                .map(k -> k / 2)
                .filter(n -> n % 7 == 0)
                .boxed()
                .toList();
        await().atMost(Jobs.DEADLINE)
                .until(() -> KeptSink.of(pipeline.name()).committed().size() >= all.size());
        job.cancel();
        assertThat(committed(pipeline)).isEqualTo(all);
        assertThat(CALLS.get(reads.name).get() - before).isLessThan(2 * 65_536);
    }

    @Test
    void splitsThatAreDoneWithAreNotReadAgain() throws Exception {
        Slow reads = slow();
        Slow writes = slow();
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(ListSource.numbers(ROWS, 10))
                .stage("read", replicas(2))
                .map(reads::pass)
                .filter(n -> n % 7 == 0)
                .distribute(balanced())
                .stage("write", replicas(2))
                .map(writes::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
        FAST.put(writes.name, ROWS / 7 / 2);
        Job job = Ghee.local().launch(pipeline);
        await().atMost(Jobs.DEADLINE).until(() -> marks(pipeline).contains(Origins.MAX_RECORDS));
        job.cancel();
        FAST.remove(writes.name);
        int done = Collections.frequency(marks(pipeline), Origins.MAX_RECORDS);
        int before = CALLS.get(reads.name).get();

        run(pipeline);

        assertThat(committed(pipeline))
                .isEqualTo(
                        IntStream.range(0, ROWS).filter(n -> n % 7 == 0).boxed().toList());
        assertThat(CALLS.get(reads.name).get() - before).isLessThanOrEqualTo(ROWS / 10 * (10 - done));
    }

    @Test
    void ofTwoJobsOfOneNameTheLaterOneGoesOn() throws Exception {
        GrowingSource source = new GrowingSource(name(), 4);
        Pipeline pipeline = endless(source, slow(), 2, 2);
        for (int n = 0; n < 2000; n++) {
            source.add(n % 4, n);
        }
        Job first = Ghee.local().launch(pipeline);
        await().atMost(Jobs.DEADLINE).until(() -> KeptSink.of(pipeline.name()).commits() > 1);
        Job second = Ghee.local().launch(pipeline);
        for (int n = 2000; n < 4000; n++) {
            source.add(n % 4, n);
        }
        assertThatThrownBy(() -> first.await(Jobs.DEADLINE))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("taken over");
        await().atMost(Jobs.DEADLINE)
                .untilAsserted(() -> assertThat(committed(pipeline)).isEqualTo(kept(4000)));
        second.cancel();
    }

    @Test
    void aSinkThatCannotBeTakenOverEndsTheJob() throws Exception {
        Slow slow = slow(5000);
        // So that it is not lost before the sink is broken.
        FAST.put(slow.name, 4000);
        Pipeline pipeline = Pipeline.named(name())
                .readFrom(ListSource.numbers(ROWS, 3))
                .stage("copy", replicas(2))
                .map(slow::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
        Job job = Ghee.local().launch(pipeline);
        KeptSink.of(pipeline.name()).breakDown();
        FAST.remove(slow.name);
        assertThatThrownBy(() -> job.await(Jobs.DEADLINE))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("keeping cannot be taken over: java.lang.IllegalStateException: broken");
    }

    private static Pipeline copy(String name, Source<Integer> source, Slow slow) {
        return Pipeline.named(name)
                .readFrom(source)
                .stage("copy", replicas(1))
                .map(slow::pass)
                .writeTo(new KeptSink<Integer>())
                .commitEvery(OFTEN);
    }

    @Test
    void anotherInputIsRefused() throws Exception {
        String name = name();
        Slow slow = slow();
        // So that it is not over before it is cancelled.
        FAST.put(slow.name, ROWS / 2);
        Job job = Ghee.local().launch(copy(name, ListSource.numbers(ROWS, 3), slow));
        await().atMost(Jobs.DEADLINE).until(() -> KeptSink.of(name).commits() > 0);
        job.cancel();

        assertThatThrownBy(() -> Ghee.local().launch(copy(name, ListSource.numbers(ROWS, 4), slow)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("list of 20000 has no list[0, 6666) any more, which the job has begun to read"
                        + " (expected: the same input, or another output)");
    }

    @Test
    void whatCannotGoOnIsRefused() {
        assertThatThrownBy(() -> Pipeline.named("x")
                        .readFrom(ListSource.numbers(5, 1))
                        .stage("copy", replicas(1))
                        .writeTo(new CollectSink<Integer>())
                        .commitEvery(OFTEN))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("sink: collection (expected: one that commits on the way, as commitEvery needs it)");
        assertThatThrownBy(() -> Pipeline.named("x")
                        .readFrom(new GrowingSource("x", 1))
                        .stage("copy", replicas(1))
                        .writeTo(new CollectSink<Integer>()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("sink: collection (expected: one that commits on the way, as growing x never ends)");
        assertThatThrownBy(() -> copy("x", ListSource.numbers(5, 1).epochs(2), slow()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("epochs: 2 (expected: 1, where the sink commits on the way)");
        assertThatThrownBy(() -> copy("x", ListSource.numbers(5, 1), slow()).atLeastOnce())
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> copy("x", ListSource.numbers(5, 1), slow()).commitEvery(Duration.ofMillis(99)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("commit interval: PT0.099S (expected: >= 100 ms)");
    }

    @Test
    void positionsAreKeptWhole() {
        Consumed consumed = new Consumed();
        List<Integer> places = new ArrayList<>(
                IntStream.range(100, 5000).filter(n -> n != 3777).boxed().toList());
        Collections.shuffle(places, new Random(7));
        places.forEach(place -> consumed.add(1, Origins.id(3, place), 0));
        assertThat(consumed.firstMissing(1, 3, 100)).isEqualTo(3777);
        assertThat(consumed.firstMissing(1, 3, 99)).isEqualTo(99);
        assertThat(consumed.firstMissing(1, 4, 12)).isEqualTo(12);
        consumed.add(1, Origins.id(3, 3777), 0);
        assertThat(consumed.firstMissing(1, 3, 100)).isEqualTo(5000);

        Position position = new Position(
                List.of(new Position.Begun("a", 5), new Position.Begun("ü-1", 1L << 39)), Map.of(), consumed);
        Position read = Position.join(
                List.of(Position.of(Map.of(0, 4L, 1, 3L), new Consumed()).toBytes(), position.toBytes()));
        assertThat(read.splits()).isEqualTo(position.splits());
        assertThat(read.consumed().firstMissing(1, 3, 100)).isEqualTo(5000);
        assertThatThrownBy(() -> Position.join(List.of(new byte[] {0, 0, 0, 9})))
                .isInstanceOf(GheeException.class)
                .hasMessageContaining("version 9");
    }
}
