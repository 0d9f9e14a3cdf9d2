package io.ghee.models.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import io.ghee.columnar.RecordLayout;
import io.ghee.models.Example;
import io.ghee.models.Streams;
import io.ghee.train.Artifact;
import io.ghee.train.TrainContext;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamDatasetTest {
    private static final List<String> DATA = List.of("features");
    private static final List<String> LABELS = List.of("label");

    /** What a train function has seen. */
    private record Seen(double first, double last, long records) implements Artifact {
        @Override
        public void save(Path directory) {}
    }

    private static Trainer trainer(Model model) {
        Torch.engine().setRandomSeed(1);
        SequentialBlock block = new SequentialBlock();
        block.add(new LambdaBlock(
                inputs -> new NDList(inputs.singletonOrThrow()
                        .toType(DataType.FLOAT32, false)
                        .div(25f)),
                "scale"));
        block.add(Linear.builder().setUnits(1).build());
        block.add(new LambdaBlock(inputs -> new NDList(inputs.singletonOrThrow().squeeze(-1)), "flat"));
        model.setBlock(block);
        Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.l2Loss())
                .optDevices(new Device[] {Device.cpu()})
                .optOptimizer(Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.05f))
                        .build()));
        trainer.initialize(new Shape(1, 2));
        return trainer;
    }

    @Test
    void easyTrainFitsOverTheStream() throws InterruptedException {
        Seen seen = Streams.train(8000, 3, 64, StreamDatasetTest::easyTrain).artifact();
        assertThat(seen.last()).isLessThan(seen.first() / 2);
    }

    private static Seen easyTrain(TrainContext<Example> context) throws Exception {
        try (Model model = Model.newInstance("linear", Device.cpu(), "PyTorch");
                Trainer trainer = trainer(model)) {
            double first = loss(trainer);
            EasyTrain.fit(trainer, 3, StreamDataset.of(context, DATA, LABELS), null);
            return new Seen(first, loss(trainer), 0);
        }
    }

    @Test
    void aHandWrittenLoopSeesEveryRecordOfEveryEpoch() throws InterruptedException {
        var run = Streams.train(8000, 3, 64, StreamDatasetTest::loop);
        assertThat(run.artifact().records()).isEqualTo(run.progress().training().records());
        assertThat(run.artifact().last()).isLessThan(run.artifact().first() / 2);
    }

    private static Seen loop(TrainContext<Example> context) throws Exception {
        long records = 0;
        StreamDataset data = StreamDataset.of(context, DATA, LABELS);
        try (Model model = Model.newInstance("linear", Device.cpu(), "PyTorch");
                Trainer trainer = trainer(model)) {
            double first = loss(trainer);
            for (int epoch = 0; epoch < 3; epoch++) {
                for (Batch batch : trainer.iterateDataset(data)) {
                    assertThat(batch.getData().singletonOrThrow().getShape()).isEqualTo(new Shape(batch.getSize(), 2));
                    records += batch.getSize();
                    EasyTrain.trainBatch(trainer, batch);
                    trainer.step();
                    batch.close();
                }
            }
            return new Seen(first, loss(trainer), records);
        }
    }

    /** The loss over examples that are always the same. */
    private static double loss(Trainer trainer) {
        io.ghee.Batch<Example> some = io.ghee.Batch.of(Streams.examples(500, 99));
        try (NDManager scope = trainer.getManager().newSubManager()) {
            NDArray features = ColumnArrays.of(scope, some.columns().column("features"));
            NDArray labels = ColumnArrays.of(scope, some.columns().column("label"));
            return trainer.getLoss()
                    .evaluate(new NDList(labels), trainer.evaluate(new NDList(features)))
                    .getFloat();
        }
    }

    @Test
    void anArrayLiesOnTheColumnWithoutACopy() {
        RecordLayout<Example> layout = RecordLayout.of(Example.class);
        var columns = layout.columns(layout.encode(
                List.of(new Example(new int[] {1, 2}, 0.5f), new Example(new int[] {3, 4}, 1.5f))));
        try (NDManager manager = Torch.engine().newBaseManager(Device.cpu())) {
            NDArray features = ColumnArrays.of(manager, columns.column("features"));
            assertThat(features.getShape()).isEqualTo(new Shape(2, 2));
            assertThat(features.toIntArray()).containsExactly(1, 2, 3, 4);
            columns.column("features").bytes().putInt(4, 77);
            assertThat(features.toIntArray()).containsExactly(1, 77, 3, 4);
            assertThat(ColumnArrays.of(manager, columns.column("label")).toFloatArray())
                    .containsExactly(0.5f, 1.5f);
        }
    }
}
