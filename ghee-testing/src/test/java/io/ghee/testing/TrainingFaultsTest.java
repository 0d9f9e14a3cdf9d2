package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.Batch;
import io.ghee.DataSize;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.CheckpointFiles;
import io.ghee.io.file.Text;
import io.ghee.process.ProcessLauncher;
import io.ghee.run.TrainAudit;
import io.ghee.train.Artifact;
import io.ghee.train.CheckpointStore;
import io.ghee.train.Checkpointable;
import io.ghee.train.Checkpoints;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Training on several ranks, of which some are killed or stand still for a while at seeded moments, and readers as well: in
 * every epoch it is given each record once, and if its order is the same each time, the model is the same, bit for bit, as that of
 * the undisturbed run.
 *
 * <p>{@code -Dghee.faults=200} runs 200 schedules instead of 6, {@code -Dghee.faults.seed=42} begins with that seed.
 */
class TrainingFaultsTest {
    private static final int SCHEDULES = Integer.getInteger("ghee.faults", 6);
    private static final long FIRST_SEED = Long.getLong("ghee.faults.seed", 1);
    private static final int NUMBERS = 2000;
    private static final int EPOCHS = 2;
    private static final Duration UNDISTURBED = Duration.ofMinutes(2);

    private @TempDir Path directory;

    /** Some weights, which each step changes by what all ranks make of their batches, and what has been trained on. */
    private static final class Model implements Checkpointable, Artifact {
        private static final int WEIGHTS = 37;

        private final boolean exact;
        private final FloatBuffer weights = FloatBuffer.allocate(WEIGHTS);
        private final List<String> seen = new ArrayList<>();

        Model(boolean exact) {
            this.exact = exact;
        }

        static Model train(TrainContext<Integer> context, boolean exact) throws Exception {
            Model model = new Model(exact);
            context.checkpoint(model);
            Collective ranks = context.collective();
            for (Epoch<Integer> epoch : context.epochs()) {
                for (Batch<Integer> batch : epoch) {
                    model.step(ranks, epoch.number(), batch.isPadding() ? List.of() : batch.records());
                    TimeUnit.MILLISECONDS.sleep(5);
                }
            }
            return model;
        }

        private void step(Collective ranks, int epoch, List<Integer> records) {
            FloatBuffer gradient = FloatBuffer.allocate(WEIGHTS);
            ByteBuffer mine = ByteBuffer.allocate(4 * records.size()).order(ByteOrder.LITTLE_ENDIAN);
            for (int number : records) {
                int place = number % WEIGHTS;
                gradient.put(place, gradient.get(place) * 1.1f + (float) Math.sin(number) + weights.get(place) / 7);
                mine.putInt(number);
            }
            ranks.allReduce(gradient, Reduction.MEAN);
            for (int k = 0; k < WEIGHTS; k++) {
                weights.put(k, weights.get(k) - 0.1f * gradient.get(k));
            }
            for (ByteBuffer each : ranks.allGather(mine.flip())) {
                while (each.hasRemaining()) {
                    seen.add(epoch + ": " + each.getInt());
                }
            }
        }

        @Override
        public Snapshot snapshot() {
            float[] copy = weights.array().clone();
            List<String> lines = List.copyOf(seen);
            return stream -> {
                DataOutputStream out = new DataOutputStream(stream);
                for (float weight : copy) {
                    out.writeFloat(weight);
                }
                out.writeInt(lines.size());
                for (String line : lines) {
                    out.writeUTF(line);
                }
                out.flush();
            };
        }

        @Override
        public void restore(InputStream stream) throws IOException {
            DataInputStream in = new DataInputStream(stream);
            for (int k = 0; k < WEIGHTS; k++) {
                weights.put(k, in.readFloat());
            }
            for (int left = in.readInt(); left > 0; left--) {
                seen.add(in.readUTF());
            }
        }

        @Override
        public void save(Path where) throws IOException {
            List<String> lines = new ArrayList<>(seen);
            for (int k = 0; exact && k < WEIGHTS; k++) {
                lines.add("weight " + k + ": " + Float.toHexString(weights.get(k)));
            }
            Files.write(where.resolve("model"), lines);
        }

        @Override
        public boolean isSameOnAllRanks() {
            return true;
        }
    }

    @TestFactory
    Stream<DynamicTest> everyRecordOnceAndTheSameModel() throws IOException {
        Path numbers = directory.resolve("numbers");
        Files.write(
                numbers, IntStream.range(0, NUMBERS).mapToObj(Integer::toString).toList());
        return IntStream.range(0, SCHEDULES).mapToObj(k -> schedule(FIRST_SEED + k, numbers));
    }

    private DynamicTest schedule(long seed, Path numbers) {
        int ranks = 1 + (int) Math.floorMod(seed, 3L);
        boolean exact = Math.floorMod(seed, 4) != 0;
        String name = "seed " + seed + ", " + ranks + " ranks, " + (exact ? "deterministic" : "in any order");
        return DynamicTest.dynamicTest(name, () -> {
            Path here = Files.createDirectory(directory.resolve("seed-" + seed));
            Function<Path, Pipeline> pipeline = output -> pipeline(numbers, output, ranks, exact, seed);
            FaultyRun run = FaultyRun.of(pipeline, here)
                    .launcher(new ProcessLauncher())
                    .expect(Undisturbed.run(Ghee.local(), pipeline, here.resolve("undisturbed"), UNDISTURBED));
            run.run(FaultSchedule.seeded(seed, pipeline.apply(here.resolve("disturbed")))
                    .faults(3 + (int) Math.floorMod(seed, 4L))
                    .kinds(Fault.Kind.KILL, Fault.Kind.PAUSE)
                    .build());
            assertWrittenDown(here.resolve("disturbed-" + seed));
        });
    }

    private static CheckpointStore checkpoints(Path output) {
        return CheckpointFiles.in(
                output.resolveSibling("checkpoints-" + output.getFileName()).toString());
    }

    /** What was given in each step, as it was written down, has each record once in every epoch. */
    private static void assertWrittenDown(Path output) throws IOException {
        List<String> given = new ArrayList<>();
        TrainAudit.read(
                checkpoints(output), step -> step.records().forEach(place -> given.add(step.epoch() + ": " + place)));
        assertThat(given)
                .hasSize(EPOCHS
                        * (int) IntStream.range(0, NUMBERS)
                                .filter(n -> n % 7 != 3)
                                .count())
                .doesNotHaveDuplicates();
    }

    private static Pipeline pipeline(Path numbers, Path output, int ranks, boolean exact, long seed) {
        Pipeline any = Pipeline.named("training")
                .readFrom(Text.lines(numbers.toString(), Integer::parseInt)
                        .splitSize(new DataSize(512))
                        .epochs(EPOCHS))
                .stage("read", replicas(2))
                .filter(n -> n % 7 != 3)
                .shuffle(100, seed)
                .batch(12)
                .distribute(even())
                .stage("train", replicas(ranks))
                .train(context -> Model.train(context, exact))
                .writeTo(Artifacts.to(output.toString()))
                .withRestarts(20)
                .withCheckpoints(Checkpoints.everySteps(7, checkpoints(output)).audited());
        return exact ? any.deterministic(seed) : any;
    }
}
