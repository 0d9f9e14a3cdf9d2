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
import io.ghee.train.EarlyStopping;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import io.ghee.train.Trial;
import io.ghee.train.Trials;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
                .stage("train", replicas(1))
                .trainEach(trials, SweepTest::train)
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
        assertThat(result.records())
                .hasSize(4)
                .allSatisfy(seen -> assertThat(sorted(seen)).isEqualTo(everything()));
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

        assertThat(result.records())
                .hasSize(2)
                .allSatisfy(seen -> assertThat(sorted(seen)).isEqualTo(everything()));
        assertThat(result.progress().trials())
                .extracting(TrialProgress::state)
                .containsExactly(TrialProgress.State.ENDED, TrialProgress.State.FAILED, TrialProgress.State.ENDED);
        assertThat(result.progress().trials().get(1).reason()).contains("cannot go on");
    }

    @Test
    void aReaderThatIsLostMakesNoDifference() throws Exception {
        Trials trials = Trials.of(List.of(Map.of("x", 1), Map.of("x", 2, "fails", true), Map.of("x", 3)));

        Jobs.Result<Seen> result = Jobs.run(pipeline(trials, 700));

        assertThat(result.records())
                .hasSize(2)
                .allSatisfy(seen -> assertThat(sorted(seen)).isEqualTo(everything()));
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
