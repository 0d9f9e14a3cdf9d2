package io.ghee.plan;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.broadcast;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.distribution.Distribution;
import io.ghee.testing.CollectSink;
import io.ghee.testing.ListSource;
import io.ghee.train.Drain;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pipeline becomes, without running it. */
class PlannerTest {
    private static final ListSource<Integer> NUMBERS = ListSource.numbers(10, 2);

    private static RecordStage<Integer> reading() {
        return Pipeline.named("planned").readFrom(NUMBERS).stage("read", replicas(2));
    }

    private static List<String> steps(PlannedStage stage) {
        return stage.steps().stream()
                .map(step -> step.getClass().getSimpleName())
                .toList();
    }

    private static PlannedStage.ToStage edge(Plan plan, int stage) {
        return (PlannedStage.ToStage) plan.stage(stage).output();
    }

    private static PlannedStage.FromStage inlet(Plan plan, int stage) {
        return (PlannedStage.FromStage) plan.stage(stage).input();
    }

    @Test
    void whatLiesBetweenTwoStagesIsFused() {
        Plan plan = reading()
                .map(n -> n + 1)
                .filter(n -> n > 0)
                .shuffle(10, 1)
                .stage("spread", replicas(3))
                .flatMap(n -> List.of(n, n))
                .batch(4)
                .tally("rows", b -> b.size())
                .stage("write", replicas(1))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(plan.stages()).extracting(PlannedStage::name).containsExactly("read", "spread", "write");
        assertThat(steps(plan.stage(0))).containsExactly("MapRecords", "FilterRecords", "Shuffle");
        assertThat(steps(plan.stage(1))).containsExactly("FlatMapRecords", "Group", "Tally");
        assertThat(steps(plan.stage(2))).containsExactly("Ungroup");
        assertThat(plan.workers()).isEqualTo(6);
        assertThat(plan.stages()).extracting(PlannedStage::index).containsExactly(0, 1, 2);
    }

    @Test
    void stagesAreJoinedInARowFromSourceToSink() {
        Plan plan = reading()
                .batch(4)
                .stage("middle", replicas(3))
                .stage("last", replicas(1))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(plan.source()).isSameAs(NUMBERS);
        assertThat(edge(plan, 0).stage()).isEqualTo(1);
        assertThat(inlet(plan, 1).stage()).isZero();
        assertThat(edge(plan, 1).stage()).isEqualTo(2);
        assertThat(inlet(plan, 2).stage()).isEqualTo(1);
        assertThat(plan.sink()).isEqualTo(new CollectSink<>());
    }

    @Test
    void aPipelineOfOneStageReadsAndWritesInIt() {
        Plan plan = reading().writeTo(new CollectSink<Integer>()).plan();

        assertThat(plan.stages()).hasSize(1);
        assertThat(plan.input()).isEqualTo(new PlannedStage.FromSource(NUMBERS, 0));
        assertThat(plan.stage(0).output()).isEqualTo(new PlannedStage.ToSink(new CollectSink<>()));
    }

    @Test
    void batchesGoEvenAndRecordsGoBalancedIfNothingIsSaid() {
        Plan batches = reading()
                .batch(4)
                .stage("next", replicas(1))
                .writeTo(new CollectSink<Integer>())
                .plan();
        Plan records = reading()
                .stage("next", replicas(1))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(edge(batches, 0).distribution()).isEqualTo(even());
        assertThat(edge(records, 0).distribution()).isEqualTo(balanced());
    }

    @Test
    void aDeclaredDistributionHoldsForOneBoundary() {
        Plan plan = reading()
                .batch(4)
                .distribute(broadcast())
                .stage("second", replicas(2))
                .stage("third", replicas(2))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(edge(plan, 0).distribution()).isEqualTo(broadcast());
        assertThat(edge(plan, 1).distribution()).isEqualTo(even());
    }

    @Test
    void recordsAreGroupedForTheCrossingAndBatchesAreNot() {
        Plan records = reading()
                .distribute(byKey(n -> n % 2))
                .stage("next", replicas(2))
                .writeTo(new CollectSink<Integer>())
                .plan();
        Plan batches = reading()
                .batch(4)
                .stage("next", replicas(2))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(edge(records, 0).distribution()).isInstanceOf(Distribution.ByKey.class);
        assertThat(edge(records, 0).group()).isEqualTo(new PlannedStage.Crossing(1024, Duration.ofMillis(50)));
        assertThat(inlet(records, 1)).isEqualTo(new PlannedStage.FromStage(0, 0, true));
        assertThat(edge(batches, 0).group()).isNull();
        assertThat(inlet(batches, 1)).isEqualTo(new PlannedStage.FromStage(0, 4, false));
    }

    @Test
    void shortBatchesAreJoinedWhereTheirSizeIsStillTheDeclaredOne() {
        assertThat(rebatch(next -> next)).isEqualTo(4);
        assertThat(inlet(planOf(reading().batch(4).tally("rows", b -> b.size()).stage("next", replicas(2))), 1)
                        .rebatch())
                .isEqualTo(4);
        assertThat(inlet(planOf(reading().batch(4).stage("a", replicas(2)).stage("b", replicas(2))), 2)
                        .rebatch())
                .isEqualTo(4);
    }

    private static int rebatch(UnaryOperator<io.ghee.BatchStage<Integer>> change) {
        return inlet(planOf(change.apply(reading().batch(4)).stage("next", replicas(2))), 1)
                .rebatch();
    }

    private static Plan planOf(io.ghee.BatchStage<Integer> stage) {
        return stage.writeTo(new CollectSink<Integer>()).plan();
    }

    @Test
    void batchesOfNoDeclaredSizeAreLeftAsTheyCome() {
        assertThat(rebatch(batches -> batches.map(batch -> batch.records()))).isZero();
        assertThat(rebatch(batches -> batches.mapWith(replica -> replica, (opened, batch) -> batch.records())))
                .isZero();
        assertThat(inlet(planOf(reading().batch(4, Duration.ofMillis(5)).stage("next", replicas(2))), 1)
                        .rebatch())
                .isZero();
        assertThat(inlet(planOf(reading().batch(4).distribute(broadcast()).stage("next", replicas(2))), 1)
                        .rebatch())
                .isZero();
    }

    @Test
    void aMapOfBatchesLeavesThemBatches() {
        Plan plan = planOf(reading().batch(4).map(batch -> batch.records()).stage("next", replicas(2)));

        assertThat(edge(plan, 0).group()).isNull();
        assertThat(edge(plan, 0).distribution()).isEqualTo(even());
    }

    @Test
    void unbatchedRecordsCrossAsRecords() {
        Plan plan = reading()
                .batch(4)
                .unbatch()
                .stage("next", replicas(2))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(edge(plan, 0).distribution()).isEqualTo(balanced());
        assertThat(inlet(plan, 1).unbatch()).isTrue();
    }

    @Test
    void whatIsHeldOutComesInOnePassAfterTheLastEpoch() {
        Plan plan = Pipeline.named("planned")
                .readFrom(NUMBERS.epochs(5))
                .stage("train", replicas(2))
                .holdOut(n -> n == 0)
                .batch(4)
                .train(Drain::train)
                .writeTo(new CollectSink<Drain>())
                .plan();

        assertThat(plan.input().heldOutPass()).isEqualTo(6);
        assertThat(plan.input().passes()).isEqualTo(6);
        assertThat(plan.source().passes()).isEqualTo(5);
        assertThat(steps(plan.stage(0))).containsExactly("HoldOut", "Group", "Train");
    }

    @Test
    void withoutHoldOutThePassesAreTheEpochs() {
        Plan plan = Pipeline.named("planned")
                .readFrom(NUMBERS.epochs(5))
                .stage("read", replicas(2))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(plan.input().heldOutPass()).isZero();
        assertThat(plan.input().passes()).isEqualTo(5);
    }

    @Test
    void holdOutWithoutTrainIsRefused() {
        RecordStage<Integer> stage = reading().holdOut(n -> n == 0);

        assertThatThrownBy(() -> stage.writeTo(new CollectSink<Integer>()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("holdOut without train");
    }

    @Test
    void aSecondHoldOutIsRefusedWhereverItStands() {
        var together =
                reading().holdOut(n -> n == 0).holdOut(n -> n == 1).batch(4).train(Drain::train);
        var apart = reading()
                .holdOut(n -> n == 0)
                .stage("train", replicas(1))
                .holdOut(n -> n == 1)
                .batch(4)
                .train(Drain::train);

        for (var training : List.of(together, apart)) {
            assertThatThrownBy(() -> training.writeTo(new CollectSink<Drain>()))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("holdOut: declared twice (expected: once)");
        }
    }

    @Test
    void stagesOfOneNameAreRefused() {
        RecordStage<Integer> stage = reading().stage("read", replicas(1));

        assertThatThrownBy(() -> stage.writeTo(new CollectSink<Integer>()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("stage name: \"read\" (expected: a name that no other stage has)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Upper", "1st", "-a", "a-", "under_score", "a b", "a.b", "a/b", "é"})
    void namesThatNoPodCouldBearAreRefused(String name) {
        String expected =
                "\"" + name + "\" (expected: 1 to 40 lower-case letters, digits and dashes, starting with a letter)";

        assertThatThrownBy(() -> Pipeline.named(name))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("pipeline name: " + expected);
        assertThatThrownBy(() -> Pipeline.named("good")
                        .readFrom(NUMBERS)
                        .stage(name, replicas(1))
                        .writeTo(new CollectSink<Integer>()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("stage name: " + expected);
    }

    @Test
    void namesHaveUpTo40Characters() {
        assertThatThrownBy(() -> Pipeline.named("a".repeat(41))).isInstanceOf(ConfigurationException.class);
        Plan plan = Pipeline.named("a".repeat(40))
                .readFrom(NUMBERS)
                .stage("b".repeat(40), replicas(1))
                .writeTo(new CollectSink<Integer>())
                .plan();

        assertThat(plan.pipeline()).hasSize(40);
        assertThat(plan.stage(0).name()).hasSize(40);
    }

    @Test
    void theResourcesOfOneStageCanBeChangedLater() {
        Pipeline pipeline = reading().stage("next", replicas(3)).writeTo(new CollectSink<Integer>());

        Pipeline changed = pipeline.withResources("next", r -> r.withReplicas(5).gpus(1));

        assertThat(changed.plan().stages())
                .extracting(stage -> stage.resources().toString())
                .containsExactly("2 replicas, 1 cpu", "5 replicas, 1 cpu, 1 gpu");
        assertThat(pipeline.plan().stage(1).replicas()).isEqualTo(3);
        assertThatThrownBy(() -> pipeline.withResources("nxt", r -> r))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("stage: \"nxt\" (expected: one of [read, next])");
    }

    @Test
    void badRecordsEndTheJobUnlessANumberIsAllowed() {
        Pipeline pipeline = reading().writeTo(new CollectSink<Integer>());

        assertThat(pipeline.plan().limits().badRecords()).isZero();
        assertThat(pipeline.withMaxBadRecords(7).plan().limits().badRecords()).isEqualTo(7);
        assertThat(pipeline.withMaxBadRecords(7)
                        .withResources("read", r -> r)
                        .plan()
                        .limits()
                        .badRecords())
                .isEqualTo(7);
        assertThatThrownBy(() -> pipeline.withMaxBadRecords(-1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("max bad records: -1 (expected: >= 0)");
    }

    @Test
    void sizesThatCannotBeAreRefusedOnTheirLine() {
        RecordStage<Integer> stage = reading();

        assertThatThrownBy(() -> stage.batch(0)).hasMessage("batch size: 0 (expected: >= 1)");
        assertThatThrownBy(() -> stage.batch(1, Duration.ZERO)).hasMessage("batch linger: PT0S (expected: > 0)");
        assertThatThrownBy(() -> stage.shuffle(0, 1)).hasMessage("shuffle window: 0 (expected: >= 1)");
        assertThatThrownBy(() -> NUMBERS.epochs(0)).hasMessage("epochs: 0 (expected: >= 1)");
        assertThatThrownBy(() -> NUMBERS.epochs(60_001)).hasMessage("epochs: 60001 (expected: <= 60000)");
    }

    @Test
    void aStageUnderDeclarationCanBeContinuedTwice() {
        RecordStage<Integer> trunk = reading().map(n -> n + 1);

        Plan one = trunk.filter(n -> n > 1).writeTo(new CollectSink<Integer>()).plan();
        Plan other = trunk.shuffle(5, 1).writeTo(new CollectSink<Integer>()).plan();

        assertThat(steps(one.stage(0))).containsExactly("MapRecords", "FilterRecords");
        assertThat(steps(other.stage(0))).containsExactly("MapRecords", "Shuffle");
    }
}
