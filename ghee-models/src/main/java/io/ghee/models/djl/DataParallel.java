package io.ghee.models.djl;

import static io.ghee.ConfigurationException.check;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Embedding;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.TranslateException;
import io.ghee.train.Collective;
import io.ghee.train.DeviceCollective;
import io.ghee.train.Epoch;
import io.ghee.train.FiniteLoss;
import io.ghee.train.TrainContext;
import java.io.IOException;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A DJL trainer whose steps are those of one process on the joined batches of all ranks of a train stage. It takes the place
 * of {@code model.newTrainer(config)}, in a hand-written loop or for {@code EasyTrain.fit}:
 *
 * <pre>{@code
 * try (Trainer trainer = DataParallel.newTrainer(context, model, config)) {
 *     trainer.initialize(new Shape(1, 2));
 *     EasyTrain.fit(trainer, epochs, StreamDataset.of(context, List.of("features"), List.of("label")), null);
 * }
 * }</pre>
 *
 * <p>All ranks begin with the parameters of rank 0, and have the same ones, bit for bit, after every step. A step averages
 * gradients over the rows of the joined batch: the loss is taken to be a mean over the rows of its batch, as DJL's are, and
 * these rows to be the first dimension of what {@link #forward} is given. So ranks may have batches of different sizes, and a
 * batch that is padding counts for nothing: it is known for one where batches come by {@link #iterateDataset} from a {@link
 * StreamDataset}, or by {@link #over}. Several backward passes before a step, or {@link #accumulate}, add up.
 *
 * <p>Gradients cross in single precision, in buckets of a few MiB; those of an {@link Embedding} as the rows that are
 * touched. Running means and variances of a batch normalisation are averaged as gradients are. With several devices of one
 * replica in the configuration, {@code optDevices(Torch.engine().getDevices(context.resources().gpus()))}, {@code EasyTrain} splits
 * a batch over them, as DJL does it, and they make one rank together. A model that
 * cannot do with one row, as batch normalisation cannot, asks for {@code even().dropRemainder()}: the last batch of an epoch
 * may be short, or padding of one row.
 *
 * <p>Every rank has to make the same calls of {@link #initialize}, {@link #forward} and {@link #step}. Forward and backward
 * passes of ranks that are threads of one JVM take turns, as DJL has room for one gradient collector: open it here, not at the
 * engine. Used by one thread, but for what DJL's own executor does.
 */
public final class DataParallel extends Trainer {
    private final RankParameters parameters;
    private int accumulated = 1;

    /** The rows of the last forward pass on a device, and whether a backward pass has counted them. */
    private record Forwarded(long rows, boolean isCounted) {}

    private final Map<Device, Forwarded> forwarded = new ConcurrentHashMap<>();
    private boolean padding;
    private int epoch = 1;
    private long step;
    /** Calls of {@link #step} since the parameters were updated. */
    private int pending;

    /** Over which the gradients that are there add up, and the sum of the loss over them. */
    private long rows;

    private double lossSum;
    private float loss = Float.NaN;

    private DataParallel(Collective ranks, Model model, TrainingConfig config) {
        super(model, config);
        this.parameters = new RankParameters(ranks, model.getBlock(), getManager(), config);
    }

    /**
     * The trainer of this rank; close it.
     *
     * @throws io.ghee.ConfigurationException if the train stage is not given its batches by {@code even}
     */
    public static DataParallel newTrainer(TrainContext<?> context, Model model, TrainingConfig config) {
        // The engine's own trainer sets up the initializers of the model's parameters, and which of them are frozen.
        model.newTrainer(new WithoutListeners(config)).close();
        return new DataParallel(context.collective(), model, config);
    }

    /**
     * Updates the parameters at every {@code steps}th call of {@link #step} only, and at the end of an epoch; as if the
     * batches in between were one.
     */
    public DataParallel accumulate(int steps) {
        this.accumulated = check(steps >= 1, "steps to accumulate", steps, ">= 1");
        return this;
    }

    /**
     * Adds up gradients on the GPU that they are on, and not in host memory; those of embeddings cross as before. Called by all
     * ranks, or by none, before the first step. The collective is theirs on the first device of the configuration; whoever has
     * opened it closes it, after this trainer.
     *
     * <pre>{@code
     * NcclCollective gpus = NcclCollective.open(context.collective(), 0);
     * DataParallel trainer = DataParallel.newTrainer(context, model, config).sumOnDevice(gpus);
     * }</pre>
     */
    public DataParallel sumOnDevice(DeviceCollective collective) {
        parameters.sumOnDevice(collective);
        return this;
    }

    /**
     * Initializes the parameters as rank 0 has them. Called by every rank.
     *
     * @throws io.ghee.ConfigurationException naming the parameter and both shapes, if they differ on another rank
     */
    @Override
    public void initialize(Shape... shapes) {
        Model model = getModel();
        model.getBlock().initialize(model.getNDManager(), model.getDataType(), shapes);
        parameters.begin();
    }

    /** The batches of a data set. One that is padding is known as such if the data set is a {@link StreamDataset}. */
    @Override
    public Iterable<Batch> iterateDataset(Dataset dataset) throws IOException, TranslateException {
        Iterable<Batch> batches = super.iterateDataset(dataset);
        return () -> new Watched<>(batches.iterator()) {
            @Override
            void begin(Batch batch) {
                boolean streams = batch instanceof StreamBatch;
                beginBatch(streams && ((StreamBatch) batch).isPadding(), streams ? ((StreamBatch) batch).epoch() : 0);
            }
        };
    }

    /** The batches of an epoch, for a loop that makes its own arrays of them. */
    public <T> Iterable<io.ghee.Batch<T>> over(Epoch<T> epoch) {
        return () -> new Watched<>(epoch.iterator()) {
            @Override
            void begin(io.ghee.Batch<T> batch) {
                beginBatch(batch.isPadding(), epoch.number());
            }
        };
    }

    /** @param ofEpoch or 0 if that is not known */
    private void beginBatch(boolean isPadding, int ofEpoch) {
        padding = isPadding;
        if (ofEpoch > 0 && ofEpoch != epoch) {
            epoch = ofEpoch;
            step = 0;
        }
    }

    /** Notes what begins, and updates the parameters with what has accumulated at the end. */
    private abstract class Watched<B> implements Iterator<B> {
        private final Iterator<B> batches;
        private long stepsBefore = -1;

        Watched(Iterator<B> batches) {
            this.batches = batches;
        }

        abstract void begin(B batch);

        @Override
        public boolean hasNext() {
            boolean more = batches.hasNext();
            if (!more && pending > 0 && stepsBefore >= 0 && step > stepsBefore) {
                update();
            }
            return more;
        }

        @Override
        public B next() {
            B batch = batches.next();
            begin(batch);
            if (stepsBefore < 0) {
                stepsBefore = step;
            }
            return batch;
        }
    }

    @Override
    public NDList forward(NDList input) {
        return forward(input, () -> getModel().getBlock().forward(parameters.store(), input, true));
    }

    @Override
    public NDList forward(NDList data, NDList labels) {
        return forward(data, () -> getModel().getBlock().forward(parameters.store(), data, labels, null));
    }

    private NDList forward(NDList data, Supplier<NDList> pass) {
        parameters.begin();
        forwarded.put(
                data.head().getDevice(), new Forwarded(data.head().getShape().get(0), false));
        long start = System.nanoTime();
        try {
            return pass.get();
        } finally {
            addMetric("forward", start);
        }
    }

    /** What the model makes of an input. Any rank may ask for it, at any time. */
    @Override
    public NDList evaluate(NDList input) {
        return getModel().getBlock().forward(parameters.store(), input, false, null);
    }

    /** A collector whose backward pass goes from the mean over the rows of a batch. Close it on the thread that has opened it. */
    @Override
    public GradientCollector newGradientCollector() {
        GradientCollector collector = Torch.newGradientCollector();
        return new GradientCollector() {
            @Override
            public void backward(NDArray target) {
                long weight = count(target);
                if (weight > 0) {
                    // Not mul(weight): DJL closes the array that it makes of a number, and backward needs it.
                    collector.backward(target.mul(target.getManager().create((float) weight)));
                }
            }

            /** Forgets the gradients of this trainer, and of no other. */
            @Override
            public void zeroGradients() {
                forget();
            }

            @Override
            public void close() {
                collector.close();
            }
        };
    }

    /** The rows that a loss is the mean of; 0 if they are padding. */
    private synchronized long count(NDArray target) {
        Forwarded of = forwarded.get(target.getDevice());
        if (of == null) {
            throw new IllegalStateException("a backward pass on " + target.getDevice() + " after a forward pass on "
                    + forwarded.keySet() + " (expected: trainer.forward(...) on the same device)");
        }
        if (padding) {
            return 0;
        }
        if (!of.isCounted()) {
            rows += of.rows();
            forwarded.put(target.getDevice(), new Forwarded(of.rows(), true));
        }
        try (NDManager scope = getManager().newSubManager()) {
            NDArray sum = target.sum().toType(DataType.FLOAT32, false);
            sum.attach(scope);
            lossSum += (double) of.rows() * sum.getFloat();
        }
        return of.rows();
    }

    /**
     * Averages the gradients over all ranks and updates the parameters; or waits for more, see {@link #accumulate}. Called by
     * every rank.
     *
     * @throws io.ghee.GheeException of kind {@code JOB}, on every rank, if the loss of one is NaN or infinite
     * @throws IllegalStateException if there was no backward pass on any rank since the last step
     */
    @Override
    public void step() {
        step++;
        pending++;
        if (pending >= accumulated) {
            update();
        }
    }

    private void update() {
        long start = System.nanoTime();
        RankParameters.Totals joined = parameters.exchange(new RankParameters.Totals(rows, (float) lossSum));
        if (joined.rows() == 0) {
            throw new IllegalStateException("a step without gradients (expected: a backward pass before it)");
        }
        loss = FiniteLoss.check(joined.loss() / joined.rows(), epoch, step);
        parameters.update(joined.rows());
        forget();
        pending = 0;
        addMetric("step", start);
    }

    private void forget() {
        parameters.forget();
        rows = 0;
        lossSum = 0;
    }

    /** The mean loss over the joined batch of the last step, the same on every rank; NaN before the first. */
    public float loss() {
        return loss;
    }

    @Override
    public void close() {
        parameters.close();
        super.close();
    }
}
