package io.ghee.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InputException;
import io.ghee.models.FactorizationMachine.Config;
import io.ghee.models.djl.Torch;
import io.ghee.run.WorkerProgress.Point;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowingConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FactorizationMachineTest {
    private static final Config CONFIG = new Config(50, 4, 3, 0.01f, 0.0001f, 7);

    private static Batch<Example> batch(Example... examples) {
        return Batch.of(List.of(examples));
    }

    @Test
    void learnsFromTheStreamAndReportsLossAndError() throws InterruptedException {
        var run = Streams.train(40_000, 4, 256, FactorizationMachine.training(CONFIG));
        List<Point> loss = run.progress().metric("loss");
        assertThat(loss.get(0).value()).isGreaterThan(0.4);
        assertThat(loss.get(loss.size() - 1).value()).isLessThan(0.02);
        assertThat(run.progress().metric("rmse"))
                .singleElement()
                .satisfies(rmse -> assertThat(rmse.value()).isLessThan(0.6));
        run.artifact().close();
    }

    @Test
    void theCollectionOfGarbageDoesNotChangeGradients() throws InterruptedException {
        List<Example> examples = IntStream.range(0, 500)
                .mapToObj(k -> new Example(new int[] {k % 17, 17 + k % 13, 30 + k % 19}, k % 5))
                .toList();
        AtomicBoolean done = new AtomicBoolean();
        Thread collecting = new Thread(() -> {
            while (!done.get()) {
                System.gc();
            }
        });
        collecting.start();
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            ByteBuffer first = gradients(machine, examples);
            for (int pass = 0; pass < 300; pass++) {
                assertThat(gradients(machine, examples)).isEqualTo(first);
            }
        } finally {
            done.set(true);
            collecting.join();
        }
    }

    private static ByteBuffer gradients(FactorizationMachine machine, List<Example> examples) {
        float squares = machine.backward(Batch.of(examples), true);
        ByteBuffer gradients = machine.gradients(examples.size(), squares);
        return ByteBuffer.allocate(gradients.remaining()).put(gradients).flip();
    }

    @Test
    void predictsByTheFormula(@TempDir Path directory) throws IOException {
        Example example = new Example(new int[] {3, 20, 41}, 4);
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            for (int step = 0; step < 50; step++) {
                machine.step(batch(example, new Example(new int[] {3, 21, 40}, 1)));
            }
            machine.save(directory);
            float[][] rows = rows(directory);
            double y = bias(directory);
            for (int i : example.features()) {
                y += rows[i][0];
            }
            for (int k = 1; k <= 4; k++) {
                double sum = 0;
                double squares = 0;
                for (int i : example.features()) {
                    sum += rows[i][k];
                    squares += rows[i][k] * rows[i][k];
                }
                y += 0.5 * (sum * sum - squares);
            }
            assertThat((double) machine.predict(batch(example))[0]).isCloseTo(y, within(1e-4));
        }
    }

    private static float[][] rows(Path directory) throws IOException {
        float[] flat = parameter(directory, 0);
        float[][] rows = new float[50][5];
        for (int k = 0; k < flat.length; k++) {
            rows[k / 5][k % 5] = flat[k];
        }
        return rows;
    }

    private static float bias(Path directory) throws IOException {
        return parameter(directory, 1)[0];
    }

    private static float[] parameter(Path directory, int index) throws IOException {
        try (var manager = Torch.engine().newBaseManager(Device.cpu());
                var in = Files.newInputStream(directory.resolve("parameters.npz"))) {
            return NDList.decode(manager, in).get(index).toFloatArray();
        }
    }

    @Test
    void aStepChangesTheRowsOfItsBatchAlone(@TempDir Path before, @TempDir Path after) throws IOException {
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            machine.save(before);
            machine.step(batch(new Example(new int[] {3, 20}, 5)));
            machine.save(after);
        }
        float[][] old = rows(before);
        float[][] now = rows(after);
        for (int i = 0; i < 50; i++) {
            assertThat(now[i])
                    .as("row %s", i)
                    .satisfies(
                            i == 3 || i == 20
                                    ? row -> assertThat(row[0]).isCloseTo(0.01f, within(1e-4f))
                                    : untouched(old[i]));
        }
    }

    private static ThrowingConsumer<float[]> untouched(float[] old) {
        return row -> assertThat(row).containsExactly(old);
    }

    @Test
    void savesAndLoadsBitForBit(@TempDir Path directory) throws IOException {
        Batch<Example> some = Batch.of(Streams.examples(100, 3));
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            machine.step(some);
            machine.save(directory);
            try (FactorizationMachine loaded = FactorizationMachine.load(directory, Device.cpu())) {
                assertThat(loaded.config()).isEqualTo(CONFIG);
                assertThat(loaded.predict(some)).containsExactly(machine.predict(some));
            }
        }
    }

    @Test
    void theSameSeedStartsTheSame() {
        Batch<Example> some = Batch.of(Streams.examples(10, 3));
        try (FactorizationMachine one = FactorizationMachine.create(CONFIG, Device.cpu());
                FactorizationMachine two = FactorizationMachine.create(CONFIG, Device.cpu())) {
            assertThat(one.predict(some)).containsExactly(two.predict(some));
        }
    }

    @Test
    void anIdOutOfRangeIsNamed() {
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            assertThatThrownBy(() -> machine.step(batch(new Example(new int[] {3, 50}, 1))))
                    .isInstanceOf(BadRecordException.class)
                    .hasMessage("feature id: 50 (expected: >= 0 and < 50)");
            assertThat(machine.predict(batch(new Example(new int[] {3, 49}, 1))))
                    .hasSize(1);
        }
    }

    @Test
    void whatIsNoModelIsRefused(@TempDir Path directory) throws IOException {
        assertThatThrownBy(() -> FactorizationMachine.load(directory, Device.cpu()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(directory.toString());
        try (FactorizationMachine machine = FactorizationMachine.create(CONFIG, Device.cpu())) {
            machine.save(directory);
        }
        Path json = directory.resolve("model.json");
        Files.writeString(json, Files.readString(json).replace("\"features\" : 50", "\"features\" : 51"));
        assertThatThrownBy(() -> FactorizationMachine.load(directory, Device.cpu()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("(51, 5)");
        Files.writeString(json, Files.readString(json).replace("\"version\" : 1", "\"version\" : 2"));
        assertThatThrownBy(() -> FactorizationMachine.load(directory, Device.cpu()))
                .isInstanceOf(InputException.class)
                .hasMessageContaining("version 2");
    }

    @Test
    void valuesThatCannotBeAreNamed() {
        assertThatThrownBy(() -> new Config(0, 4, 3, 0.01f, 0, 7))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("features: 0 (expected: >= 1)");
        assertThatThrownBy(() -> new Config(1, 4, 3, Float.NaN, 0, 7)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void trainsOnAGpuWhereThereIsOne() {
        assumeThat(Torch.engine().getGpuCount()).as("GPUs of this machine").isPositive();
        Batch<Example> some = Batch.of(Streams.examples(1000, 3));
        try (FactorizationMachine cpu = FactorizationMachine.create(CONFIG, Device.cpu());
                FactorizationMachine gpu = FactorizationMachine.create(CONFIG, Device.gpu())) {
            for (int step = 0; step < 200; step++) {
                cpu.step(some);
                gpu.step(some);
            }
            assertThat(gpu.rmse(List.of(some))).isCloseTo(cpu.rmse(List.of(some)), within(0.01));
        }
    }
}
