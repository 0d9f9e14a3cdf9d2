package io.ghee.models.djl;

import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.ghee.Batch;
import io.ghee.distribution.Distribution;
import io.ghee.models.Example;
import io.ghee.models.Joined;
import io.ghee.models.Streams;
import io.ghee.train.Artifact;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** DJL models on several ranks, which are threads of this JVM. */
class DataParallelTest {
    private static final Shape INPUT = new Shape(1, 2);
    private static final int EPOCHS = 3;

    /** What one rank has done: all parameters before and after, one after the other. */
    private record Trained(Joined batches, float[] before, float[] after, List<Float> losses) implements Artifact {
        @Override
        public void save(Path directory) {}
    }

    /** What a rank does with a trainer; adds the loss of each step. */
    private interface Loop extends Serializable {
        void run(DataParallel trainer, TrainContext<Example> context, List<Float> losses) throws Exception;
    }

    /** The models of these tests: of two ids each. */
    private enum Kind {
        LAYERS {
            @Override
            Block block() {
                return new SequentialBlock()
                        .add(scaled())
                        .add(Linear.builder().setUnits(8).build())
                        .add(Activation.tanhBlock())
                        .add(Linear.builder().setUnits(1).build())
                        .add(flat());
            }
        },
        EMBEDDING {
            @Override
            Block block() {
                return embedding(SparseFormat.DENSE);
            }
        },
        SPARSE_EMBEDDING {
            @Override
            Block block() {
                return embedding(SparseFormat.COO);
            }
        },
        NORMALISED {
            @Override
            Block block() {
                return new SequentialBlock()
                        .add(scaled())
                        .add(BatchNorm.builder().build())
                        .add(Linear.builder().setUnits(1).build())
                        .add(flat());
            }
        };

        abstract Block block();

        static Block scaled() {
            return new LambdaBlock(
                    in -> new NDList(
                            in.head().toType(DataType.FLOAT32, false).div(25f).sub(0.8f)),
                    "scaled");
        }

        static Block flat() {
            return new LambdaBlock(in -> new NDList(in.head().squeeze(-1)), "flat");
        }

        static Block embedding(SparseFormat format) {
            List<String> words =
                    IntStream.range(0, 50).mapToObj(Integer::toString).toList();
            return new SequentialBlock()
                    .add(TrainableWordEmbedding.builder()
                            .setVocabulary(new DefaultVocabulary(words))
                            .setEmbeddingSize(4)
                            .optNumEmbeddings(50)
                            .optSparseFormat(format)
                            .build())
                    .add(new LambdaBlock(in -> new NDList(in.head().sum(new int[] {1})), "sum"))
                    .add(Linear.builder().setUnits(1).build())
                    .add(flat());
        }
    }

    private static TrainingConfig config(float rate) {
        return new DefaultTrainingConfig(Loss.l2Loss())
                .optDevices(new Device[] {Device.cpu()})
                .optOptimizer(Optimizer.sgd()
                        .setLearningRateTracker(Tracker.fixed(rate))
                        .build());
    }

    private static Model model(Block block) {
        Model model = Model.newInstance("tested", Device.cpu(), "PyTorch");
        model.setBlock(block);
        return model;
    }

    private static float[] parameters(Model model) {
        List<float[]> all = new ArrayList<>();
        model.getBlock()
                .getParameters()
                .values()
                .forEach(each -> all.add(each.getArray().toFloatArray()));
        return concat(all);
    }

    private static float[] concat(List<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static void backward(Trainer trainer, Batch<Example> batch) {
        try (NDManager scope = trainer.getManager().newSubManager();
                GradientCollector tape = trainer.newGradientCollector()) {
            NDArray features = ColumnArrays.of(scope, batch.columns().column("features"));
            NDArray labels = ColumnArrays.of(scope, batch.columns().column("label"));
            NDList predicted = trainer.forward(new NDList(features));
            predicted.attach(scope);
            NDArray loss = trainer.getLoss().evaluate(new NDList(labels), predicted);
            tape.backward(loss);
        }
    }

    private static void handWritten(DataParallel trainer, TrainContext<Example> context, List<Float> losses) {
        for (Epoch<Example> epoch : context.epochs()) {
            for (Batch<Example> batch : trainer.over(epoch)) {
                backward(trainer, batch);
                trainer.step();
                losses.add(trainer.loss());
            }
        }
    }

    private static void easyTrain(DataParallel trainer, TrainContext<Example> context, List<Float> losses)
            throws Exception {
        EasyTrain.fit(trainer, EPOCHS, StreamDataset.of(context, List.of("features"), List.of("label")), null);
        losses.add(trainer.loss());
    }

    private static Trained train(IntFunction<Block> block, float rate, Loop loop, TrainContext<Example> context)
            throws Exception {
        Joined batches = new Joined();
        List<Float> losses = new ArrayList<>();
        try (Model model = model(block.apply(context.rank()));
                DataParallel trainer = DataParallel.newTrainer(context, model, config(rate))) {
            trainer.initialize(INPUT);
            float[] before = parameters(model);
            loop.run(trainer, batches.note(context), losses);
            return new Trained(batches, before, parameters(model), losses);
        }
    }

    private static List<Trained> run(int ranks, int count, int batchSize, Kind kind, Loop loop)
            throws InterruptedException {
        return run(ranks, even(), count, batchSize, kind, loop);
    }

    private static List<Trained> run(
            int ranks, Distribution.OfBatches distribution, int count, int batchSize, Kind kind, Loop loop)
            throws InterruptedException {
        List<Trained> all = Streams.train(
                        ranks,
                        distribution,
                        count,
                        EPOCHS,
                        batchSize,
                        context -> train(rank -> kind.block(), 0.05f, loop, context))
                .artifacts();
        assertThat(all).hasSize(ranks);
        for (Trained rank : all) {
            assertThat(rank.before()).containsExactly(all.get(0).before());
            assertThat(rank.after()).containsExactly(all.get(0).after());
            assertThat(rank.losses()).isEqualTo(all.get(0).losses());
        }
        return all;
    }

    /** The parameters of one process, with DJL's own trainer, after steps on these batches from the same start. */
    private static float[] alone(Kind kind, float[] before, List<Batch<Example>> batches) {
        try (Model model = model(kind.block());
                Trainer trainer = model.newTrainer(config(0.05f))) {
            trainer.initialize(INPUT);
            int at = 0;
            for (var each : model.getBlock().getParameters().values()) {
                int size = Math.toIntExact(each.getArray().size());
                float[] values = Arrays.copyOfRange(before, at, at + size);
                try (NDArray start =
                        model.getNDManager().create(values, each.getArray().getShape())) {
                    start.copyTo(each.getArray());
                }
                at += size;
            }
            for (Batch<Example> batch : batches) {
                backward(trainer, batch);
                trainer.step();
            }
            return parameters(model);
        }
    }

    private static List<Batch<Example>> joined(List<Trained> ranks) {
        return Joined.of(ranks.stream().map(Trained::batches).toList());
    }

    /** Batches that are short, and padding, among them. */
    @ParameterizedTest
    @CsvSource({"1, 300, 32", "2, 1000, 32", "3, 1000, 32", "4, 40, 32", "3, 5, 32"})
    void aHandWrittenLoopTakesTheStepsOfOneProcessOnTheJoinedBatches(int ranks, int count, int batchSize)
            throws InterruptedException {
        List<Trained> all = run(ranks, count, batchSize, Kind.LAYERS, DataParallelTest::handWritten);
        assertThat(all.get(0).after())
                .isNotEqualTo(all.get(0).before())
                .containsExactly(alone(Kind.LAYERS, all.get(0).before(), joined(all)), within(1e-5f));
        if (ranks > 1 && count < 100) {
            assertThat(all.stream().mapToInt(rank -> rank.batches().padding()).sum())
                    .isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LAYERS", "EMBEDDING"})
    void easyTrainTakesTheStepsOfOneProcessOnTheJoinedBatches(Kind kind) throws InterruptedException {
        List<Trained> all = run(2, 500, 32, kind, DataParallelTest::easyTrain);
        assertThat(all.get(0).after())
                .isNotEqualTo(all.get(0).before())
                .containsExactly(alone(kind, all.get(0).before(), joined(all)), within(1e-5f));
    }

    /** A gradient of a sparse format is one that DJL's optimizers refuse; as one of a dense format it is the same. */
    @Test
    void sparseGradientsAreThoseOfTheDenseFormat() throws InterruptedException {
        List<Trained> all = run(2, 500, 32, Kind.SPARSE_EMBEDDING, DataParallelTest::handWritten);
        assertThat(all.get(0).after())
                .isNotEqualTo(all.get(0).before())
                .containsExactly(alone(Kind.EMBEDDING, all.get(0).before(), joined(all)), within(1e-5f));
    }

    @ParameterizedTest
    @EnumSource(names = {"LAYERS", "EMBEDDING"})
    void gradientsAddedUpOnTheirDeviceMakeTheSameSteps(Kind kind) throws InterruptedException {
        int before = HostMemory.REDUCED.get();
        List<Trained> all = run(
                2,
                500,
                32,
                kind,
                (trainer, context, losses) ->
                        handWritten(trainer.sumOnDevice(new HostMemory(context.collective())), context, losses));
        assertThat(all.get(0).after())
                .isNotEqualTo(all.get(0).before())
                .containsExactly(alone(kind, all.get(0).before(), joined(all)), within(1e-5f));
        assertThat(HostMemory.REDUCED.get() - before)
                .isEqualTo(2 * all.get(0).losses().size());
    }

    @Test
    void runningMeansAddedUpOnTheirDeviceAreTheSameOnAllRanks() throws InterruptedException {
        List<Trained> all = run(
                2,
                even().dropRemainder(),
                1000,
                32,
                Kind.NORMALISED,
                (trainer, context, losses) ->
                        handWritten(trainer.sumOnDevice(new HostMemory(context.collective())), context, losses));
        assertThat(all.get(0).after()).isNotEqualTo(all.get(0).before());
    }

    @Test
    void runningMeansAreTheSameOnAllRanks() throws InterruptedException {
        List<Trained> all = run(3, even().dropRemainder(), 1000, 32, Kind.NORMALISED, DataParallelTest::handWritten);
        assertThat(all.get(0).after()).isNotEqualTo(all.get(0).before());
    }

    @Test
    void accumulatedStepsAreOneOnAllTheirRows() throws InterruptedException {
        List<Trained> all = run(
                2,
                700,
                32,
                Kind.LAYERS,
                (trainer, context, losses) -> handWritten(trainer.accumulate(3), context, losses));
        List<Batch<Example>> steps = joined(all);
        int ofEpoch = steps.size() / EPOCHS;
        assertThat(ofEpoch % 3).as("steps left at the end of an epoch").isPositive();
        List<Batch<Example>> together = new ArrayList<>();
        for (int from = 0; from < steps.size(); from += ofEpoch) {
            for (int k = 0; k < ofEpoch; k += 3) {
                List<Example> rows = new ArrayList<>();
                steps.subList(from + k, from + Math.min(k + 3, ofEpoch)).forEach(each -> rows.addAll(each.records()));
                together.add(Batch.of(rows));
            }
        }
        assertThat(all.get(0).after())
                .containsExactly(alone(Kind.LAYERS, all.get(0).before(), together), within(1e-5f));
    }

    @Test
    void aParameterOfAnotherShapeOnAnotherRankIsNamed() {
        assertThatThrownBy(() -> Streams.train(
                        2,
                        100,
                        1,
                        32,
                        context -> train(
                                rank -> new SequentialBlock()
                                        .add(Kind.scaled())
                                        .add(Linear.builder().setUnits(3 + rank).build()),
                                0.1f,
                                DataParallelTest::handWritten,
                                context)))
                .hasMessageContaining("parameter 02Linear_weight: shape (4, 2) of float32 on rank 1"
                        + " (expected: as on rank 0, parameter 02Linear_weight: shape (3, 2) of float32)");
    }

    @Test
    void aLossThatIsNoNumberEndsTheJobAndNamesEpochAndStep() {
        assertThatThrownBy(() -> Streams.train(
                        2,
                        1000,
                        2,
                        32,
                        context ->
                                train(rank -> Kind.EMBEDDING.block(), 1e20f, DataParallelTest::handWritten, context)))
                .hasMessageMatching("(?s).*loss is (NaN|Infinity) at epoch 1, step [2-9] .*");
    }

    @Test
    void aStepWithoutABackwardPassIsRefused() {
        assertThatThrownBy(() -> Streams.train(
                        2,
                        100,
                        1,
                        32,
                        context -> train(
                                rank -> Kind.LAYERS.block(),
                                0.1f,
                                (trainer, batches, losses) -> trainer.step(),
                                context)))
                .hasMessageContaining("a step without gradients");
    }
}
