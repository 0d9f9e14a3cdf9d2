package io.ghee.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.ghee.Batch;
import io.ghee.models.FactorizationMachine.Config;
import io.ghee.train.Artifact;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A factorization machine on several ranks, which are threads of this JVM. */
class FactorizationMachineRanksTest {
    private static final Config CONFIG = new Config(50, 4, 3, 0.01f, 0.0001f, 7);
    private static final Batch<Example> SOME = Batch.of(Streams.examples(100, 3));

    /** What one rank has done. */
    private record Trained(Joined batches, List<Float> losses, float[] predictions, double rmse) implements Artifact {
        @Override
        public void save(Path directory) {}
    }

    /** The gradient of w0, and of the rows of the ids from 0 on: of a batch, or the sum over several, weighted. */
    private static double[][] gradients(List<Batch<Example>> batches, boolean sum, double scale) {
        double[][] all = new double[51][5];
        for (Batch<Example> batch : batches) {
            try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
                machine.backward(batch, sum);
                ByteBuffer taken = machine.gradients(batch.size(), 0);
                taken.position(Integer.BYTES + Float.BYTES);
                addTo(all, taken, 0, 1, scale);
                addTo(all, taken, 1, 5, scale);
            }
        }
        return all;
    }

    private static void addTo(double[][] all, ByteBuffer taken, int first, int width, double scale) {
        int[] rows = new int[taken.getInt()];
        Arrays.setAll(rows, k -> taken.getInt());
        for (int row : rows) {
            for (int k = 0; k < width; k++) {
                all[first + row][k] += scale * taken.getFloat();
            }
        }
    }

    @Test
    void theGradientIsTheMeanOverTheRowsOfTheJoinedBatch() {
        List<Example> examples = Streams.examples(150, 8);
        List<Batch<Example>> ranks = List.of(
                Batch.of(examples.subList(0, 64)),
                Batch.of(examples.subList(64, 128)),
                Batch.of(examples.subList(128, 150)));
        double[][] mean = gradients(ranks, true, 1.0 / 150);
        double[][] joined = gradients(List.of(Batch.of(examples)), false, 1);
        for (int row = 0; row < joined.length; row++) {
            assertThat(mean[row]).as("row %s", row).containsExactly(joined[row], within(1e-6));
        }
    }

    private static Trained train(TrainContext<Example> context) {
        Joined batches = new Joined();
        List<Float> losses = new ArrayList<>();
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            for (Epoch<Example> epoch : context.epochs()) {
                for (Batch<Example> batch : batches.note(epoch)) {
                    losses.add(machine.step(batch, context.collective()));
                }
            }
            double rmse = machine.rmse(context.heldOut(), context.collective());
            return new Trained(batches, losses, machine.predict(SOME), rmse);
        }
    }

    /** 903 training examples or so in batches of 32: the last ones are short, or padding, or both. */
    @ParameterizedTest
    @CsvSource({"2, 1000, 32", "3, 1000, 32", "4, 1000, 32", "4, 40, 32", "3, 5, 32"})
    void takesTheStepsOfOneProcessOnTheJoinedBatches(int ranks, int count, int batchSize) throws InterruptedException {
        List<Trained> all = Streams.train(ranks, count, 3, batchSize, FactorizationMachineRanksTest::train)
                .artifacts();
        assertThat(all).hasSize(ranks);
        try (FactorizationMachine one = FactorizationMachine.create(CONFIG, Device.cpu())) {
            List<Batch<Example>> joined =
                    Joined.of(all.stream().map(Trained::batches).toList());
            for (int step = 0; step < joined.size(); step++) {
                assertThat(all.get(0).losses().get(step))
                        .as("loss of step %s", step)
                        .isCloseTo(one.step(joined.get(step)), within(1e-5f));
            }
            assertThat(all.get(0).predictions()).containsExactly(one.predict(SOME), within(1e-5f));
        }
        for (Trained rank : all) {
            assertThat(rank.predictions()).containsExactly(all.get(0).predictions());
            assertThat(rank.losses()).isEqualTo(all.get(0).losses());
            assertThat(rank.rmse()).isEqualTo(Double.valueOf(all.get(0).rmse()));
        }
        if (count < 100) {
            assertThat(all.stream().mapToInt(rank -> rank.batches().padding()).sum())
                    .isPositive();
        }
    }

    @Test
    void learnsTheSameOnAnyNumberOfRanksAtTheSameJoinedBatch() throws InterruptedException {
        double alone = heldOutError(1);
        assertThat(alone).isLessThan(0.1);
        assertThat(heldOutError(2)).isCloseTo(alone, within(0.005));
        assertThat(heldOutError(4)).isCloseTo(alone, within(0.005));
    }

    private static double heldOutError(int ranks) throws InterruptedException {
        var run = Streams.train(ranks, 40_000, 4, 256 / ranks, FactorizationMachine.training(CONFIG));
        assertThat(run.artifacts()).as("saved by rank 0").hasSize(1);
        assertThat(run.progress().metric("rmse")).as("reported by rank 0").hasSize(1);
        run.artifact().close();
        return run.progress().metric("rmse").get(0).value();
    }

    @Test
    void ranksThatAreConfiguredDifferentlyAreNamed() {
        assertThatThrownBy(() -> Streams.train(
                        2,
                        1000,
                        1,
                        32,
                        context -> FactorizationMachine.training(new Config(50, 4 + context.rank(), 3, 0.01f, 0, 7))
                                .train(context)))
                .hasMessageContaining("factors=5")
                .hasMessageContaining("on rank 1 (expected: as on rank 0")
                .hasMessageContaining("factors=4");
    }

    @Test
    void aLossThatIsNoNumberEndsTheJobAndNamesEpochAndStep() {
        assertThatThrownBy(() -> Streams.train(
                        2, 1000, 2, 32, FactorizationMachine.training(new Config(50, 4, Float.NaN, 0.01f, 0, 7))))
                .hasMessageContaining("loss is NaN at epoch 1, step 1 (expected: a finite number");
    }
}
