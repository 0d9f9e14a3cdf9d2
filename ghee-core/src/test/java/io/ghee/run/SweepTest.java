package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Pipeline;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Artifact;
import io.ghee.train.Collective;
import io.ghee.train.EarlyStopping;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import io.ghee.train.Trial;
import io.ghee.train.TrialFunction;
import io.ghee.train.Trials;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sweep reads once, and its trials come and go one by one. */
class SweepTest {
    private static final int ROWS = 1200;
    private static final int EPOCHS = 2;
    private static final AtomicInteger READ = new AtomicInteger();

    @BeforeEach
    void begin() {
        READ.set(0);
    }

    /** What a trial was given. */
    record Seen(Trial trial, List<Integer> records) implements Artifact {
        @Override
        public void save(Path directory) {}
    }

    private static Seen train(Trial trial, TrainContext<Integer> context) throws Exception {
        assertThat(context.rank()).isZero();
        assertThat(context.worldSize()).isEqualTo(1);
        List<Integer> seen = new ArrayList<>();
        for (Epoch<Integer> epoch : context.epochs()) {
            for (Batch<Integer> batch : epoch) {
                seen.addAll(batch.records());
                context.report("loss", trial.number("x") + 1.0 / context.step());
                if (trial.parameters().containsKey("fails") && context.step() == 10) {
                    throw new IllegalArgumentException("cannot go on");
                }
                Thread.sleep(1);
            }
        }
        return new Seen(trial, seen);
    }

    private static Pipeline pipeline(Trials trials, int lostAt) {
        return pipeline(trials, lostAt, 1, SweepTest::train);
    }

    private static Pipeline pipeline(Trials trials, int lostAt, int ranks, TrialFunction<Integer, Seen> function) {
        return Pipeline.named("sweep")
                .readFrom(ListSource.numbers(ROWS, 12).epochs(EPOCHS))
                .stage("read", replicas(2))
                .map(n -> {
                    if (READ.incrementAndGet() == lostAt) {
                        throw new InfrastructureException("lost");
                    }
                    return n;
                })
                .batch(6)
                .stage("train", replicas(ranks))
                .trainEach(trials, function)
                .writeTo(new CollectSink<Seen>());
    }

    private static List<Integer> everything() {
        return IntStream.range(0, ROWS * EPOCHS).map(k -> k / EPOCHS).boxed().toList();
    }

    private static List<Integer> sorted(Seen seen) {
        List<Integer> records = new ArrayList<>(seen.records());
        Collections.sort(records);
        return records;
    }

    @Test
    void everyTrialIsGivenEverythingAndItIsReadOnce() throws Exception {
        Trials grid = Trials.grid(Map.of("x", List.of(1, 2), "y", List.of("a", "b")));

        Jobs.Result<Seen> result = Jobs.run(pipeline(grid, -1));

        assertThat(READ).hasValue(ROWS * EPOCHS);
        assertThat(result.records()).hasSize(4).allMatch(seen -> sorted(seen).equals(everything()));
        assertThat(result.records().stream().map(seen -> seen.trial().parameters()))
                .containsExactlyInAnyOrder(
                        Map.of("x", 1, "y", "a"),
                        Map.of("x", 1, "y", "b"),
                        Map.of("x", 2, "y", "a"),
                        Map.of("x", 2, "y", "b"));
        assertThat(result.progress().trials()).hasSize(4).allSatisfy(trial -> {
            assertThat(trial.state()).isEqualTo(TrialProgress.State.ENDED);
            assertThat(trial.records()).isEqualTo(ROWS * EPOCHS);
            assertThat(trial.metrics().get("loss")).isGreaterThan(trial.trial().number("x"));
        });
        String first = result.progress().trials().get(0).trial().name();
        assertThat(result.progress().metric(first + "/loss")).hasSize(ROWS * EPOCHS / 6);
    }

    @Test
    void aTrialThatFailsDoesNotStopTheOthers() throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2, "fails", true), Map.of("x", 3)));

        Jobs.Result<Seen> result = Jobs.run(pipeline(trials, -1));

        assertThat(result.records()).hasSize(2).allMatch(seen -> sorted(seen).equals(everything()));
        assertThat(result.progress().trials())
                .extracting(TrialProgress::state)
                .containsExactly(TrialProgress.State.ENDED, TrialProgress.State.FAILED, TrialProgress.State.ENDED);
        assertThat(result.progress().trials().get(1).reason()).contains("cannot go on");
    }

    @Test
    void aReaderThatIsLostMakesNoDifference() throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2, "fails", true), Map.of("x", 3)));

        Jobs.Result<Seen> result = Jobs.run(pipeline(trials, 700));

        assertThat(result.records()).hasSize(2).allMatch(seen -> sorted(seen).equals(everything()));
    }

    @Test
    void trialsThatDoWorseThanTheMedianAreStopped() throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2), Map.of("x", 9)))
                .stopBy(EarlyStopping.median("loss", 20));

        Jobs.Result<Seen> result = Jobs.run(pipeline(trials, -1));

        TrialProgress worst = result.progress().trials().get(2);
        assertThat(worst.state()).isEqualTo(TrialProgress.State.STOPPED);
        assertThat(worst.reason()).contains("loss 9.").contains("worse than others");
        assertThat(worst.records()).isLessThan(ROWS * EPOCHS);
        assertThat(result.progress().trials().get(0).state()).isEqualTo(TrialProgress.State.ENDED);
        assertThat(result.records())
                .hasSize(3)
                .anySatisfy(seen -> assertThat(sorted(seen)).isEqualTo(everything()));
    }

    @Test
    void ofTrialsThatAreHalvedTheBestComesThrough() throws Exception {
        Trials trials =
                Trials.grid(Map.of("x", List.of(8, 7, 6, 5, 4, 3, 2, 1))).stopBy(EarlyStopping.halving("loss", 10, 2));

        Jobs.Result<Seen> result = Jobs.run(pipeline(trials, -1));

        assertThat(result.progress().trials().get(7).state()).isEqualTo(TrialProgress.State.ENDED);
        assertThat(result.progress().trials())
                .filteredOn(trial -> trial.state() == TrialProgress.State.STOPPED)
                .hasSizeGreaterThanOrEqualTo(4);
    }

    @Test
    void whereAllFailTheJobFails() throws Exception {
        GheeException failure =
                Jobs.fail(pipeline(Trials.of(List.of(Map.of("x", 1, "fails", 1), Map.of("x", 2, "fails", 1))), -1));

        assertThat(failure.reason()).contains("all trials have failed").contains("cannot go on");
    }

    /** What the ranks of a trial were given, which they tell one another at every step. */
    private static Seen trainTogether(Trial trial, TrainContext<Integer> context) throws Exception {
        assertThat(context.worldSize()).isEqualTo(2);
        Collective ranks = context.collective();
        List<Integer> seen = new ArrayList<>();
        for (Epoch<Integer> epoch : context.epochs()) {
            for (Batch<Integer> batch : epoch) {
                IntBuffer mine = IntBuffer.allocate(7);
                List<Integer> records = batch.isPadding() ? List.of() : batch.records();
                mine.put(records.size());
                records.forEach(mine::put);
                IntBuffer all = IntBuffer.allocate(2 * 7);
                ranks.allGather(mine.rewind(), all);
                for (int rank = 0; rank < 2; rank++) {
                    for (int k = 1; k <= all.get(7 * rank); k++) {
                        seen.add(all.get(7 * rank + k));
                    }
                }
                context.report("loss", trial.number("x") + 1.0 / context.step());
                if (trial.parameters().containsKey("fails") && context.step() == 10 && context.rank() == 1) {
                    throw new IllegalArgumentException("cannot go on");
                }
                Thread.sleep(trial.parameters().containsKey("slow") ? 5 : 0);
            }
        }
        // Those that are stopped, too, have taken the same number of steps.
        IntBuffer steps = IntBuffer.wrap(new int[] {(int) context.step()});
        ranks.allReduce(steps, Collective.Reduction.MAX);
        assertThat(context.step()).isEqualTo(steps.get(0));
        return new Seen(trial, seen);
    }

    private static Pipeline together(Trials trials, int lostAt) {
        return pipeline(trials, lostAt, 2, SweepTest::trainTogether);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 3, 700, 1500, 2395})
    void aTrialMayHaveSeveralRanks(int lostAt) throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2), Map.of("x", 3)));

        Jobs.Result<Seen> result = Jobs.run(together(trials, lostAt));

        assertThat(result.records()).hasSize(6).allMatch(seen -> sorted(seen).equals(everything()));
        assertThat(result.progress().trials()).hasSize(3).allSatisfy(trial -> {
            assertThat(trial.state()).isEqualTo(TrialProgress.State.ENDED);
            assertThat(trial.records()).isEqualTo(ROWS * EPOCHS);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 700})
    void ofATrialThatFailsAllRanksEnd(int lostAt) throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2, "fails", true), Map.of("x", 3)));

        Jobs.Result<Seen> result = Jobs.run(together(trials, lostAt));

        assertThat(result.records()).hasSize(4).allMatch(seen -> sorted(seen).equals(everything()));
        assertThat(result.progress().trials())
                .extracting(TrialProgress::state)
                .containsExactly(TrialProgress.State.ENDED, TrialProgress.State.FAILED, TrialProgress.State.ENDED);
        assertThat(result.progress().trials().get(1).reason()).contains("cannot go on");
    }

    @Test
    void allRanksOfATrialAreStoppedAtTheSameStep() throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2), Map.of("x", 9, "slow", true)))
                .stopBy(EarlyStopping.median("loss", 5));

        Jobs.Result<Seen> result = Jobs.run(together(trials, -1));

        TrialProgress worst = result.progress().trials().get(2);
        assertThat(worst.state()).isEqualTo(TrialProgress.State.STOPPED);
        assertThat(worst.records()).isPositive().isLessThan(ROWS * EPOCHS);
        assertThat(result.progress().trials().get(0).state()).isEqualTo(TrialProgress.State.ENDED);
        assertThat(result.records())
                .hasSize(6)
                .filteredOn(seen -> seen.trial().number("x") == 1)
                .allMatch(seen -> sorted(seen).equals(everything()));
    }

    @Test
    void theyAreAllGivenTheSame() {
        assertThatThrownBy(() -> Pipeline.named("sweep")
                        .readFrom(ListSource.numbers(10, 1))
                        .stage("read", replicas(1))
                        .batch(2)
                        .distribute(balanced())
                        .stage("train", replicas(1))
                        .trainEach(Trials.of(List.of(Map.of("x", 1))), SweepTest::train)
                        .writeTo(new CollectSink<Seen>()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("expected: even(), which is what each of them gets");
    }
}
