package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Artifact;
import io.ghee.train.Drain;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import io.ghee.train.TrainFunction;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a train function sees. */
class TrainingTest {
    /**
     * What one rank has seen.
     *
     * @param epochs the batches of each epoch, in order
     */
    record Seen(int rank, int worldSize, List<List<List<Integer>>> epochs, List<List<Integer>> heldOut)
            implements Artifact {
        /** Takes everything. */
        static Seen all(TrainContext<Integer> context) {
            List<List<List<Integer>>> epochs = new ArrayList<>();
            for (Epoch<Integer> epoch : context.epochs()) {
                assertThat(epoch.number()).isEqualTo(epochs.size() + 1);
                epochs.add(batches(epoch));
            }
            return new Seen(context.rank(), context.worldSize(), epochs, batches(context.heldOut()));
        }

        static List<List<Integer>> batches(Epoch<Integer> epoch) {
            List<List<Integer>> batches = new ArrayList<>();
            for (Batch<Integer> batch : epoch) {
                if (!batch.isPadding()) {
                    batches.add(List.copyOf(batch.records()));
                }
            }
            return batches;
        }

        List<Integer> records(int epoch) {
            return epochs.get(epoch - 1).stream().flatMap(List::stream).toList();
        }

        @Override
        public void save(Path directory) {}
    }

    private static RecordStage<Integer> read(int rows, int splits, int epochs, int senders) {
        return Pipeline.named("training")
                .readFrom(ListSource.numbers(rows, splits).epochs(epochs))
                .stage("read", replicas(senders));
    }

    private static List<Seen> train(int rows, int epochs, int senders, int ranks, TrainFunction<Integer, Seen> function)
            throws Exception {
        return Jobs.<Seen>run(read(rows, senders + 1, epochs, senders)
                        .batch(4)
                        .distribute(even())
                        .stage("train", replicas(ranks))
                        .train(function)
                        .writeTo(new CollectSink<Seen>()))
                .records();
    }

    private static List<Integer> upTo(int rows) {
        return IntStream.range(0, rows).boxed().toList();
    }

    static Stream<Arguments> shapes() {
        return IntStream.of(0, 1, 2, 3, 4, 5, 8, 13, 24, 47, 100)
                .boxed()
                .flatMap(rows -> IntStream.of(1, 2, 3, 5)
                        .boxed()
                        .flatMap(senders ->
                                IntStream.of(1, 2, 3, 7).mapToObj(ranks -> Arguments.of(rows, senders, ranks))));
    }

    @ParameterizedTest(name = "{0} rows, {1} senders, {2} ranks")
    @MethodSource("shapes")
    void everyRankSeesFullBatchesAndAsManyAsTheOthersWithinOne(int rows, int senders, int ranks) throws Exception {
        List<Seen> seen = train(rows, 2, senders, ranks, Seen::all);

        assertThat(seen).extracting(Seen::rank).containsExactlyElementsOf(upTo(ranks));
        for (int epoch = 1; epoch <= 2; epoch++) {
            int number = epoch;
            List<Integer> counts = new ArrayList<>();
            for (Seen rank : seen) {
                List<List<Integer>> batches = rank.epochs().get(epoch - 1);
                assertThat(batches.subList(0, Math.max(0, batches.size() - 1)))
                        .allSatisfy(batch -> assertThat(batch).hasSize(4));
                assertThat(batches).allSatisfy(batch -> assertThat(batch).hasSizeBetween(1, 4));
                counts.add(batches.size());
            }
            assertThat(Collections.max(counts) - Collections.min(counts)).isLessThanOrEqualTo(1);
            assertThat(seen.stream().flatMap(rank -> rank.records(number).stream()))
                    .containsExactlyInAnyOrderElementsOf(upTo(rows));
        }
    }

    /** What a train function captures could not be sent. */
    private static final CompletableFuture<Job> LAUNCHED = new CompletableFuture<>();

    @Test
    void theNextBatchIsReceivedWhileAStepIsUnderWay() throws Exception {
        Pipeline pipeline = read(12, 1, 1, 1)
                .batch(4)
                .distribute(even())
                .stage("train", replicas(1))
                .train((TrainContext<Integer> context) -> {
                    Job job = LAUNCHED.get(30, TimeUnit.SECONDS);
                    for (Epoch<Integer> epoch : context.epochs()) {
                        int taken = 0;
                        for (Batch<Integer> batch : epoch) {
                            taken += batch.size();
                            long more = (epoch.number() - 1) * 12L + taken;
                            if (taken < 12) {
                                await().atMost(Duration.ofSeconds(30))
                                        .until(() ->
                                                job.progress().stages().get(1).recordsIn() > more);
                            }
                        }
                    }
                    return new Seen(0, 1, List.of(), List.of());
                })
                .writeTo(new CollectSink<Seen>());
        Job job = Ghee.local().launch(pipeline);
        LAUNCHED.complete(job);

        assertThat(job.await(Duration.ofSeconds(120)).stages().get(1).recordsIn())
                .isEqualTo(12);
    }

    @Test
    void aRankKnowsItsPlaceAndItsResources() throws Exception {
        List<Seen> seen = train(10, 1, 1, 3, context -> {
            assertThat(context.resources().replicas()).isEqualTo(3);
            return Seen.all(context);
        });

        assertThat(seen).allSatisfy(rank -> assertThat(rank.worldSize()).isEqualTo(3));
    }

    @Test
    void oneRankWithoutAStageBeforeItReadsByItself() throws Exception {
        List<Seen> seen = Jobs.<Seen>run(
                        read(10, 2, 3, 1).batch(4).train(Seen::all).writeTo(new CollectSink<Seen>()))
                .records();

        assertThat(seen).hasSize(1);
        assertThat(seen.get(0).epochs())
                .hasSize(3)
                .containsOnly(List.of(List.of(0, 1, 2, 3), List.of(4, 5, 6, 7), List.of(8, 9)));
    }

    @Test
    void anEpochLeftPartWayIsSkipped() throws Exception {
        List<Seen> seen = train(100, 3, 2, 2, context -> {
            List<List<List<Integer>>> epochs = new ArrayList<>();
            for (Epoch<Integer> epoch : context.epochs()) {
                if (epoch.number() == 2) {
                    epochs.add(List.of(epoch.iterator().next().records()));
                } else {
                    epochs.add(Seen.batches(epoch));
                }
            }
            return new Seen(context.rank(), context.worldSize(), epochs, List.of());
        });

        assertThat(seen).allSatisfy(rank -> {
            assertThat(rank.epochs()).hasSize(3);
            assertThat(rank.epochs().get(1)).hasSize(1);
        });
        for (int epoch : new int[] {1, 3}) {
            assertThat(seen.stream().flatMap(rank -> rank.records(epoch).stream()))
                    .containsExactlyInAnyOrderElementsOf(upTo(100));
        }
    }

    @Test
    void anEpochThatNobodyIteratesIsSkipped() throws Exception {
        List<Seen> seen = train(40, 3, 2, 2, context -> {
            Iterator<Epoch<Integer>> epochs = context.epochs().iterator();
            epochs.next();
            epochs.next();
            return new Seen(context.rank(), 2, List.of(Seen.batches(epochs.next())), List.of());
        });

        assertThat(seen.stream().flatMap(rank -> rank.records(1).stream()))
                .containsExactlyInAnyOrderElementsOf(upTo(40));
    }

    @Test
    void aTrainFunctionThatTakesNothingStillEnds() throws Exception {
        List<Seen> seen =
                train(1000, 3, 3, 2, context -> new Seen(context.rank(), context.worldSize(), List.of(), List.of()));

        assertThat(seen).hasSize(2);
    }

    @Test
    void theBatchesOfALeftEpochAreGone() throws Exception {
        List<Seen> seen = train(40, 2, 1, 1, context -> {
            Iterator<Epoch<Integer>> epochs = context.epochs().iterator();
            Iterator<Batch<Integer>> first = epochs.next().iterator();
            first.next();
            List<List<Integer>> second = Seen.batches(epochs.next());
            assertThat(first.hasNext()).isFalse();
            assertThat(epochs.hasNext()).isFalse();
            return new Seen(context.rank(), 1, List.of(second), List.of());
        });

        assertThat(seen.get(0).records(1)).containsExactlyInAnyOrderElementsOf(upTo(40));
    }

    @Test
    void whatIsHeldOutIsNeverTrainedOnAndComesOnceAtTheEnd() throws Exception {
        List<Seen> seen = heldOut(Seen::all);

        assertThat(seen.stream().flatMap(rank -> rank.heldOut().stream()).flatMap(List::stream))
                .containsExactlyInAnyOrder(0, 10, 20, 30, 40, 50, 60, 70, 80, 90);
        for (int epoch = 1; epoch <= 2; epoch++) {
            int number = epoch;
            assertThat(seen.stream().flatMap(rank -> rank.records(number).stream()))
                    .containsExactlyInAnyOrderElementsOf(
                            upTo(100).stream().filter(n -> n % 10 != 0).toList());
        }
    }

    @Test
    void whatIsHeldOutNeedNotBeAskedFor() throws Exception {
        List<Seen> seen = heldOut(context -> new Seen(
                context.rank(),
                context.worldSize(),
                List.of(Seen.batches(context.epochs().iterator().next())),
                List.of()));

        assertThat(seen.stream().flatMap(rank -> rank.records(1).stream())).hasSize(90);
    }

    @Test
    void askingForWhatIsHeldOutSkipsTheRestOfTraining() throws Exception {
        List<Seen> seen = heldOut(context -> {
            context.epochs().iterator().next().iterator().next();
            List<List<Integer>> heldOut = Seen.batches(context.heldOut());
            assertThat(context.epochs().iterator().hasNext()).isFalse();
            return new Seen(context.rank(), context.worldSize(), List.of(), heldOut);
        });

        assertThat(seen.stream().flatMap(rank -> rank.heldOut().stream()).flatMap(List::stream))
                .hasSize(10);
    }

    private static List<Seen> heldOut(TrainFunction<Integer, Seen> function) throws Exception {
        return Jobs.<Seen>run(read(100, 5, 2, 2)
                        .holdOut(n -> n % 10 == 0)
                        .shuffle(10, 3)
                        .batch(4)
                        .stage("train", replicas(2))
                        .train(function)
                        .writeTo(new CollectSink<Seen>()))
                .records();
    }

    @Test
    void withoutHoldOutTheHeldOutPassIsEmpty() throws Exception {
        assertThat(train(10, 1, 1, 1, Seen::all).get(0).heldOut()).isEmpty();
    }

    @Test
    void anEpochIsIteratedOnce() throws Exception {
        var failure = Jobs.fail(read(10, 1, 1, 1)
                .batch(4)
                .train(context -> {
                    Epoch<Integer> epoch = context.epochs().iterator().next();
                    Seen.batches(epoch);
                    Seen.batches(epoch);
                    return null;
                })
                .writeTo(new CollectSink<Artifact>()));

        assertThat(failure.reason())
                .isEqualTo("stage read, replica 0: IllegalStateException: epoch 1 was iterated before (it streams:"
                        + " iterate it once)");
    }

    @Test
    void aDrainTakesEverythingAndReportsHowMuch() throws Exception {
        var result = Jobs.<Drain>run(read(100, 5, 3, 2)
                .holdOut(n -> n < 10)
                .batch(8)
                .stage("train", replicas(2))
                .train(Drain::train)
                .writeTo(new CollectSink<Drain>()));

        assertThat(result.records()).hasSize(2);
        assertThat(result.progress().training().records()).isEqualTo(270);
        assertThat(result.progress().training().nanos())
                .isGreaterThanOrEqualTo(result.progress().training().stallNanos())
                .isPositive();
    }

    @Test
    void recordsOfAnEpochLeftPartWayAreCountedToo() throws Exception {
        var result = Jobs.<Seen>run(read(100, 1, 1, 1)
                .batch(10)
                .train(context -> {
                    context.epochs().iterator().next().iterator().next();
                    return new Seen(0, 1, List.of(), List.of());
                })
                .writeTo(new CollectSink<Seen>()));

        assertThat(result.progress().training().records()).isEqualTo(10);
        assertThat(result.progress().training().nanos()).isPositive();
    }

    @Test
    void shortBatchesOfManySendersAreJoinedInOrderOfArrival() throws Exception {
        List<Seen> seen = train(12, 1, 3, 1, Seen::all);

        assertThat(seen.get(0).epochs().get(0))
                .hasSize(3)
                .allSatisfy(batch -> assertThat(batch).hasSize(4));
        assertThat(seen.get(0).records(1)).containsExactlyInAnyOrderElementsOf(upTo(12));
    }

    @Test
    void ranksOfUnevenSpeedSeeEveryEpochInFull() throws Exception {
        List<Seen> seen = Jobs.<Seen>run(Pipeline.named("training")
                        .readFrom(ListSource.of(Arrays.asList(upTo(200).toArray(Integer[]::new)), 20)
                                .epochs(5))
                        .stage("read", replicas(4))
                        .batch(1)
                        .stage("train", replicas(3))
                        .train(Seen::all)
                        .writeTo(new CollectSink<Seen>()))
                .records();

        for (int epoch = 1; epoch <= 5; epoch++) {
            int number = epoch;
            assertThat(seen.stream().flatMap(rank -> rank.records(number).stream()))
                    .containsExactlyInAnyOrderElementsOf(upTo(200));
        }
    }
}
