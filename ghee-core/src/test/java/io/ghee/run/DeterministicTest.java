package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.Pipeline;
import io.ghee.run.CheckpointTest.Memory;
import io.ghee.run.CheckpointTest.Trainer;
import io.ghee.testing.CollectSink;
import io.ghee.testing.DirectoryStore;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Checkpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The order of records is a function of the seed, the epoch and the number of ranks. */
class DeterministicTest {
    private static final int ROWS = 900;
    private static final int EPOCHS = 3;

    @TempDir
    private Path directory;

    /** Counts what readers do; some are lost at these records. */
    private static final AtomicInteger READ = new AtomicInteger();

    private static Pipeline pipeline(int readers, int ranks, long seed, Trainer trainer, List<Integer> lostAt) {
        READ.set(0);
        return Pipeline.named("deterministic")
                .readFrom(ListSource.numbers(ROWS, 37).epochs(EPOCHS))
                .stage("read", replicas(readers))
                .map(n -> {
                    int count = READ.incrementAndGet();
                    if (lostAt.contains(count)) {
                        throw new InfrastructureException("reader lost at record " + count);
                    }
                    if (n % 100 == readers) {
                        Thread.sleep(1);
                    }
                    return n;
                })
                .filter(n -> n % 10 != 9)
                .shuffle(20, 5)
                .batch(4)
                .distribute(even())
                .stage("train", replicas(ranks))
                .train(trainer::train)
                .writeTo(new CollectSink<Memory>())
                .withRestarts(20)
                .deterministic(seed);
    }

    private static List<List<Integer>> run(Pipeline pipeline) throws Exception {
        Memory memory = Jobs.<Memory>run(pipeline).records().get(0);
        List<Integer> once =
                IntStream.range(0, ROWS).filter(n -> n % 10 != 9).boxed().toList();
        List<List<Integer>> epochs = new ArrayList<>();
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            assertThat(memory.epoch(epoch)).containsExactlyInAnyOrderElementsOf(once);
            epochs.add(memory.epoch(epoch));
        }
        return epochs;
    }

    private static Trainer undisturbed() {
        return new Trainer("undisturbed-" + System.nanoTime(), List.of());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void theNumberOfReadersMakesNoDifference(int ranks) throws Exception {
        List<List<Integer>> one = run(pipeline(1, ranks, 11, undisturbed(), List.of()));

        for (int readers : new int[] {2, 3, 5, 17}) {
            assertThat(run(pipeline(readers, ranks, 11, undisturbed(), List.of())))
                    .isEqualTo(one);
        }
        assertThat(run(pipeline(2, ranks, 12, undisturbed(), List.of()))).isNotEqualTo(one);
        assertThat(one.get(0)).isNotEqualTo(one.get(1));
    }

    @Test
    void theStepsOfSeveralRanksAreThoseOfOneWithTheJoinedBatches() throws Exception {
        List<List<Integer>> two = run(pipeline(2, 2, 11, undisturbed(), List.of()));
        Pipeline joined = Pipeline.named("deterministic")
                .readFrom(ListSource.numbers(ROWS, 37).epochs(EPOCHS))
                .stage("read", replicas(2))
                .filter(n -> n % 10 != 9)
                .shuffle(20, 5)
                .batch(8)
                .distribute(even())
                .stage("train", replicas(1))
                .train(undisturbed()::train)
                .writeTo(new CollectSink<Memory>())
                .deterministic(11);
        List<List<Integer>> one = run(joined);

        // While the lanes have full blocks.
        for (int step = 0; step < 30; step++) {
            List<Integer> ofTwo = new ArrayList<>(two.get(0).subList(8 * step, 8 * step + 8));
            List<Integer> ofOne = new ArrayList<>(one.get(0).subList(8 * step, 8 * step + 8));
            Collections.sort(ofTwo);
            Collections.sort(ofOne);
            assertThat(ofTwo).isEqualTo(ofOne);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void whatIsLostMakesNoDifference(int ranks) throws Exception {
        List<List<Integer>> undisturbed = run(pipeline(2, ranks, 11, undisturbed(), List.of()));
        Random random = new Random(ranks);
        for (int round = 0; round < 4; round++) {
            List<Integer> ranksLostAt = random.ints(3, 1, 500).boxed().toList();
            List<Integer> readersLostAt = random.ints(3, 1, 2500).boxed().toList();
            Trainer trainer = new Trainer("lost-" + ranks + "-" + System.nanoTime(), ranksLostAt);

            assertThat(run(pipeline(3, ranks, 11, trainer, readersLostAt)
                            .withCheckpoints(Checkpoints.everySteps(
                                    1 + random.nextInt(15), new DirectoryStore(directory.toString())))))
                    .isEqualTo(undisturbed);
        }
    }

    @Test
    void whatCannotBeOrderedIsRefused() {
        assertThatThrownBy(() -> Pipeline.named("deterministic")
                        .readFrom(ListSource.numbers(10, 2))
                        .stage("read", replicas(2))
                        .batch(4)
                        .distribute(balanced())
                        .stage("train", replicas(2))
                        .train(undisturbed()::train)
                        .writeTo(new CollectSink<Memory>())
                        .deterministic(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("distribution into train: not even (expected: even())");
        assertThatThrownBy(() -> Pipeline.named("deterministic")
                        .readFrom(ListSource.numbers(10, 2))
                        .stage("train", replicas(2))
                        .batch(4)
                        .train(undisturbed()::train)
                        .writeTo(new CollectSink<Memory>())
                        .deterministic(1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("expected: 2: one that reads, and one that trains");
    }
}
