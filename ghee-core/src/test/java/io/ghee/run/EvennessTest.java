package io.ghee.run;

import static io.ghee.ConfigurationException.check;
import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.distribution.Distribution;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Artifact;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Under an even distribution every rank takes the same number of steps, whatever the rows and the ranks. */
class EvennessTest {
    /** What one rank was given: the number of batches in each epoch, and all records but those that fill up. */
    record Share(List<Integer> steps, List<Integer> records, int padding) implements Artifact {
        static Share take(TrainContext<Integer> context) {
            return take(context, (epoch, step) -> {});
        }

        /** Every rank waits for the others at every step. */
        static Share takeInStep(TrainContext<Integer> context) {
            Collective ranks = context.collective();
            return take(context, (epoch, step) -> checkStep(ranks, epoch * 1000 + step));
        }

        private static Share take(TrainContext<Integer> context, BiConsumer<Integer, Integer> step) {
            List<Integer> steps = new ArrayList<>();
            List<Integer> records = new ArrayList<>();
            int padding = 0;
            for (Epoch<Integer> epoch : context.epochs()) {
                int count = 0;
                for (Batch<Integer> batch : epoch) {
                    count++;
                    step.accept(epoch.number(), count);
                    if (batch.isPadding()) {
                        padding++;
                    } else {
                        records.addAll(batch.records());
                    }
                }
                steps.add(count);
            }
            return new Share(steps, records, padding);
        }

        /** Every rank is at the same step: none waits here for one that does not come. */
        private static void checkStep(Collective ranks, int step) {
            IntBuffer least = IntBuffer.wrap(new int[] {step});
            IntBuffer most = IntBuffer.wrap(new int[] {step});
            ranks.allReduce(least, Reduction.MIN);
            ranks.allReduce(most, Reduction.MAX);
            check(least.get(0) == step && most.get(0) == step, "step", step, least.get(0) + " and " + most.get(0));
        }

        @Override
        public void save(Path directory) {}
    }

    private static Jobs.Result<Share> run(
            int rows, int splits, int senders, int ranks, int batch, int epochs, Distribution.OfBatches how)
            throws Exception {
        return Jobs.<Share>run(Pipeline.named("even")
                .readFrom(ListSource.numbers(rows, splits).epochs(epochs))
                .stage("read", replicas(senders))
                .batch(batch)
                .distribute(how)
                .stage("train", replicas(ranks))
                .train(Share::takeInStep)
                .writeTo(new CollectSink<Share>()));
    }

    static Stream<Arguments> shapes() {
        long seed = Long.getLong("ghee.seed", 20261121);
        Random random = new Random(seed);
        Stream<Arguments> small = IntStream.rangeClosed(0, 20)
                .boxed()
                .flatMap(rows -> IntStream.of(1, 2, 3, 16).mapToObj(ranks -> Arguments.of(seed, rows, 2, 2, ranks, 3)));
        Stream<Arguments> any = Stream.generate(() -> Arguments.of(
                        seed,
                        random.nextInt(10_001),
                        1 + random.nextInt(6),
                        1 + random.nextInt(4),
                        1 + random.nextInt(16),
                        1 + random.nextInt(random.nextBoolean() ? 8 : 600)))
                .limit(Integer.getInteger("ghee.shapes", 120));
        return Stream.concat(small, any);
    }

    @ParameterizedTest(name = "seed {0}: {1} rows in {2} splits, {3} senders, {4} ranks, batches of {5}")
    @MethodSource("shapes")
    void everyRankTakesTheSameNumberOfSteps(long seed, int rows, int splits, int senders, int ranks, int batch)
            throws Exception {
        Jobs.Result<Share> result = run(rows, splits, senders, ranks, batch, 2, even());

        List<Share> shares = result.records();
        assertThat(shares).hasSize(ranks);
        assertThat(shares).extracting(Share::steps).containsOnly(shares.get(0).steps());
        List<Integer> twice =
                IntStream.range(0, 2 * rows).map(k -> k / 2).boxed().toList();
        assertThat(shares.stream().flatMap(share -> share.records().stream()).sorted())
                .containsExactlyElementsOf(twice);
        int padding = shares.stream().mapToInt(Share::padding).sum();
        assertThat(result.progress().stages().get(1).padded()).isEqualTo(padding);
        assertThat(padding).isLessThan(2 * ranks);
    }

    @ParameterizedTest(name = "seed {0}: {1} rows in {2} splits, {3} senders, {4} ranks, batches of {5}")
    @MethodSource("shapes")
    void theRemainderIsDroppedOnRequest(long seed, int rows, int splits, int senders, int ranks, int batch)
            throws Exception {
        Jobs.Result<Share> result = run(rows, splits, senders, ranks, batch, 1, even().dropRemainder());

        List<Share> shares = result.records();
        int steps = shares.get(0).steps().get(0);
        assertThat(shares).allSatisfy(share -> {
            assertThat(share.steps()).containsExactly(steps);
            assertThat(share.records()).hasSize(steps * batch);
            assertThat(share.padding()).isZero();
        });
        assertThat(shares.stream().flatMap(share -> share.records().stream())).doesNotHaveDuplicates();
        assertThat(result.progress().stages().get(1).dropped()).isEqualTo(rows - (long) ranks * steps * batch);
        // Nothing is dropped that could have made another step for all.
        assertThat(rows - (long) ranks * steps * batch).isLessThan((long) ranks * 2 * batch);
    }

    @Test
    void whatFillsUpGoesThroughTheFunctionsOfTheStageAndIsNotTallied() throws Exception {
        Jobs.Result<Share> result = Jobs.<Share>run(Pipeline.named("even")
                .readFrom(ListSource.numbers(4, 1))
                .stage("read", replicas(1))
                .batch(4)
                .stage("train", replicas(3))
                .map(batch -> batch.records().stream().map(n -> n + 100).toList())
                .tally("rows", batch -> batch.size())
                .train(Share::takeInStep)
                .writeTo(new CollectSink<Share>()));

        assertThat(result.records())
                .allSatisfy(share -> assertThat(share.steps()).containsExactly(1));
        assertThat(result.progress().tally("rows", 1)).isEqualTo(4);
        assertThat(result.progress().stages().get(1).padded()).isEqualTo(2);
    }

    @Test
    void theWaitForASlowRankIsPutDownToIt() throws Exception {
        Jobs.Result<Share> result = Jobs.<Share>run(Pipeline.named("even")
                .readFrom(ListSource.numbers(400, 4))
                .stage("read", replicas(1))
                .batch(4)
                .stage("train", replicas(3))
                .<Share>train(context -> {
                    if (context.rank() != 1) {
                        return Share.take(context);
                    }
                    for (Epoch<Integer> epoch : context.epochs()) {
                        for (Batch<Integer> batch : epoch) {
                            Thread.sleep(20);
                        }
                    }
                    return new Share(List.of(), List.of(), 0);
                })
                .writeTo(new CollectSink<Share>()));

        List<Double> waitedFor = result.progress().stages().get(0).waitedFor();
        assertThat(waitedFor.get(1))
                .isPositive()
                .isGreaterThan(waitedFor.get(0))
                .isGreaterThan(waitedFor.get(2));
    }
}
