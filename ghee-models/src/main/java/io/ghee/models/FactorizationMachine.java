package io.ghee.models;

import static io.ghee.ConfigurationException.check;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.ghee.Batch;
import io.ghee.InputException;
import io.ghee.columnar.Column;
import io.ghee.models.djl.Agreement;
import io.ghee.models.djl.ColumnArrays;
import io.ghee.models.djl.Torch;
import io.ghee.train.Artifact;
import io.ghee.train.Checkpointable;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.FiniteLoss;
import io.ghee.train.TrainContext;
import io.ghee.train.TrainFunction;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A Factorization Machine (Rendle, ICDM 2010) for regression: with the ids {@code i} of the features that are present,
 *
 * <pre>  y = w0 + sum_i w_i + 1/2 sum_k ((sum_i v_ik)^2 - sum_i v_ik^2)</pre>
 *
 * trained on the squared error by Adam on the rows of a batch (see {@link RowTable}): the rows stay in host memory, and those
 * of the features in a batch are all that a step touches. Forward and backward run on the GPU if the stage asks for one and
 * there is one, else on the CPU. Not thread-safe.
 */
public final class FactorizationMachine implements Artifact, Checkpointable, AutoCloseable {
    private static final String KIND = "factorization-machine";
    private static final String CONFIG_FILE = "model.json";
    private static final String PARAMETERS_FILE = "parameters.npz";
    private static final IntBuffer FIRST = IntBuffer.wrap(new int[] {0}).asReadOnlyBuffer();
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /**
     * How a machine is set up.
     *
     * @param features how many feature ids there are; ids are from 0 to {@code features - 1}
     * @param factors the length of the vectors v
     * @param bias where w0 starts: the mean of the labels, about
     * @param l2 weight decay of the rows in a batch
     * @param seed of the initial v, which are normal with a deviation of 0.01
     */
    public record Config(int features, int factors, float bias, float learningRate, float l2, int seed)
            implements Serializable {
        public Config {
            check(features >= 1, "features", features, ">= 1");
            check(factors >= 1, "factors", factors, ">= 1");
            check(learningRate > 0, "learning rate", learningRate, "> 0");
            check(l2 >= 0, "l2", l2, ">= 0");
        }

        /** 16 factors, a learning rate of 0.007 and an l2 of 0.0001. */
        public static Config of(int features, float bias, int seed) {
            return new Config(features, 16, bias, 0.007f, 0.0001f, seed);
        }
    }

    private final Config config;
    private final NDManager manager;
    /** Row i is [w_i | v_i]. */
    private final RowTable rows;
    /** One row: w0. */
    private final RowTable bias;

    private ByteBuffer gathered = direct(0);
    private ByteBuffer exchanged = direct(0);

    private FactorizationMachine(Config config, NDManager manager) {
        this.config = config;
        this.manager = manager;
        this.rows = new RowTable(config.features(), 1 + config.factors(), config.learningRate(), config.l2());
        this.bias = new RowTable(1, 1, config.learningRate(), 0);
    }

    /** A machine that knows nothing yet. */
    public static FactorizationMachine create(Config config, Device device) {
        FactorizationMachine machine =
                new FactorizationMachine(config, Torch.engine().newBaseManager(device));
        Random random = new Random(config.seed());
        float[] all = new float[machine.rows.rows() * machine.rows.width()];
        for (int k = 0; k < all.length; k++) {
            all[k] = k % machine.rows.width() == 0 ? 0 : (float) (0.01 * random.nextGaussian());
        }
        machine.rows.parameters(all);
        machine.bias.parameters(new float[] {config.bias()});
        return machine;
    }

    /**
     * Training with this configuration, on any number of replicas: a step is one over the joined batches of all ranks, and
     * every rank has the same machine after it, bit for bit. Rank 0 reports "loss" for every step, and "rmse" if there is
     * held-out data.
     */
    public static TrainFunction<Example, FactorizationMachine> training(Config config) {
        return context -> train(config, context);
    }

    private static FactorizationMachine train(Config config, TrainContext<Example> context) throws IOException {
        Collective ranks = context.collective();
        Agreement.check(ranks, "configuration of a FactorizationMachine", config.toString());
        boolean reports = ranks.rank() == 0;
        FactorizationMachine machine = create(config, device(context));
        context.checkpoint(machine);
        for (Epoch<Example> epoch : context.epochs()) {
            long step = 0;
            for (Batch<Example> batch : epoch) {
                float loss = FiniteLoss.check(machine.step(batch, ranks), epoch.number(), ++step);
                if (reports) {
                    context.report("loss", loss);
                }
            }
        }
        double rmse = machine.rmse(context.heldOut(), ranks);
        if (reports && !Double.isNaN(rmse)) {
            context.report("rmse", rmse);
        }
        return machine;
    }

    /** A GPU, if the stage asks for one and there is one; each rank of a machine with several takes another. */
    private static Device device(TrainContext<?> context) {
        int gpus = context.resources().gpus() > 0 ? Torch.engine().getGpuCount() : 0;
        return gpus > 0 ? Device.gpu(context.rank() % gpus) : Device.cpu();
    }

    /** One step: the mean squared error of the batch before it. */
    public float step(Batch<Example> batch) {
        float loss = backward(batch, false);
        rows.step(1);
        bias.step(1);
        return loss;
    }

    /**
     * One step on the joined batches of all ranks, of which each calls this with its own: the mean squared error before it,
     * over all of them. What the ranks exchange are the rows of the features in their batches. A batch that is padding has no
     * part in it.
     */
    public float step(Batch<Example> batch, Collective ranks) {
        if (ranks.size() == 1) {
            return step(batch);
        }
        int examples = batch.isPadding() ? 0 : batch.size();
        float squares = batch.isPadding() ? 0 : backward(batch, true);
        double joinedSquares = 0;
        long joinedExamples = 0;
        for (ByteBuffer each : ranks.allGather(gradients(examples, squares))) {
            ByteBuffer of = each.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            joinedExamples += of.getInt();
            joinedSquares += of.getFloat();
            bias.add(of);
            rows.add(of);
        }
        rows.step(1f / joinedExamples);
        bias.step(1f / joinedExamples);
        return (float) (joinedSquares / joinedExamples);
    }

    /** What this rank has to say of a step. */
    ByteBuffer gradients(int examples, float squares) {
        int bytes = Integer.BYTES + Float.BYTES + bias.bytesToTake() + rows.bytesToTake();
        if (exchanged.capacity() < bytes) {
            exchanged = direct(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        exchanged.clear().putInt(examples).putFloat(squares);
        bias.take(exchanged);
        rows.take(exchanged);
        return exchanged.flip();
    }

    /** Adds up the gradients of the squared error, or of its mean; returns that. */
    float backward(Batch<Example> batch, boolean sum) {
        Column features = batch.columns().column("features");
        try (NDManager scope = manager.newSubManager()) {
            NDArray labels = ColumnArrays.of(scope, batch.columns().column("label"));
            NDArray touched = gather(scope, features);
            NDArray w0 = scope.create(bias.parameters());
            touched.setRequiresGradient(true);
            w0.setRequiresGradient(true);
            try (GradientCollector tape = Torch.newGradientCollector()) {
                NDArray squares = predict(w0, touched).sub(labels).square();
                NDArray loss = sum ? squares.sum() : squares.mean();
                tape.backward(loss);
                rows.add(features.ints(), gradient(scope, touched));
                bias.add(FIRST, gradient(scope, w0));
                return loss.getFloat();
            }
        }
    }

    /** The rows of the features of every example, [examples, features, 1 + factors]. */
    private NDArray gather(NDManager scope, Column features) {
        Shape shape = new Shape(features.rows(), features.width(), rows.width());
        int bytes = Math.toIntExact(Float.BYTES * shape.size());
        if (gathered.capacity() < bytes) {
            gathered = direct(bytes);
        }
        ByteBuffer exact = gathered.slice(0, bytes).order(ByteOrder.nativeOrder());
        rows.gather(features.ints(), exact.asFloatBuffer());
        return scope.create(exact, shape, DataType.FLOAT32);
    }

    /** The gradient that an array has collected; on the CPU without a copy, valid as long as {@code scope}. */
    private static FloatBuffer gradient(NDManager scope, NDArray array) {
        NDArray gradient = array.getGradient();
        gradient.attach(scope);
        return gradient.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /** y of the rows of every example: of [1] and [examples, features, 1 + factors], [examples]. */
    private static NDArray predict(NDArray w0, NDArray rows) {
        int[] features = {1};
        NDArray sum = rows.sum(features);
        NDArray squares = rows.square().sum(features);
        // Not mul(0.5f): DJL closes the array that it makes of a number, and backward would read memory that may be
        // freed.
        NDArray half = rows.getManager().create(0.5f);
        NDArray pairs = sum.square().sub(squares).get(":, 1:").sum(features).mul(half);
        return pairs.add(sum.get(":, 0")).add(w0);
    }

    /** The predictions for a batch of {@link Example}s, or of other records with a component {@code features}, in order. */
    public float[] predict(Batch<?> batch) {
        try (NDManager scope = manager.newSubManager()) {
            return predict(scope, batch).toFloatArray();
        }
    }

    private NDArray predict(NDManager scope, Batch<?> batch) {
        return predict(
                scope.create(bias.parameters()), gather(scope, batch.columns().column("features")));
    }

    /** The root of the mean squared error over all examples; NaN if there are none. */
    public double rmse(Iterable<Batch<Example>> batches) {
        SquaredError error = squaredError(batches);
        return Math.sqrt(error.sum() / error.examples());
    }

    /** As {@link #rmse(Iterable)}, over the examples of all ranks, of which each calls this with its own. */
    public double rmse(Iterable<Batch<Example>> batches, Collective ranks) {
        SquaredError mine = squaredError(batches);
        DoubleBuffer joined = DoubleBuffer.wrap(new double[] {mine.sum(), mine.examples()});
        ranks.allReduce(joined, Collective.Reduction.SUM);
        return Math.sqrt(joined.get(0) / joined.get(1));
    }

    private record SquaredError(double sum, long examples) {}

    private SquaredError squaredError(Iterable<Batch<Example>> batches) {
        double squares = 0;
        long examples = 0;
        for (Batch<Example> batch : batches) {
            if (batch.isPadding()) {
                continue;
            }
            try (NDManager scope = manager.newSubManager()) {
                NDArray labels = ColumnArrays.of(scope, batch.columns().column("label"));
                squares += predict(scope, batch).sub(labels).square().sum().getFloat();
                examples += batch.size();
            }
        }
        return new SquaredError(squares, examples);
    }

    /** True: see {@link #training}. */
    @Override
    public boolean isSameOnAllRanks() {
        return true;
    }

    @Override
    public Snapshot snapshot() {
        String what = config.toString();
        Snapshot ofRows = rows.snapshot();
        Snapshot ofBias = bias.snapshot();
        return out -> {
            new DataOutputStream(out).writeUTF(what);
            ofRows.writeTo(out);
            ofBias.writeTo(out);
        };
    }

    @Override
    public void restore(InputStream in) throws IOException {
        String what = new DataInputStream(in).readUTF();
        if (!what.equals(config.toString())) {
            throw new InputException(
                    "checkpoint of a factorization machine of " + what + " (expected: of " + config + ")");
        }
        rows.restore(in);
        bias.restore(in);
    }

    public Config config() {
        return config;
    }

    /** Writes {@value #CONFIG_FILE} and {@value #PARAMETERS_FILE}, which NumPy reads too. */
    @Override
    public void save(Path directory) throws IOException {
        JSON.writeValue(directory.resolve(CONFIG_FILE).toFile(), new Saved(KIND, 1, config));
        try (NDManager scope = manager.newSubManager();
                OutputStream out = Files.newOutputStream(directory.resolve(PARAMETERS_FILE))) {
            NDArray table = scope.create(rows.parameters(), new Shape(rows.rows(), rows.width()));
            NDArray w0 = scope.create(bias.parameters());
            table.setName("rows");
            w0.setName("bias");
            new NDList(table, w0).encode(out, NDList.Encoding.NPZ);
        }
    }

    private record Saved(String kind, int version, Config config) {}

    /**
     * Reads a machine that {@link #save} wrote.
     *
     * @throws InputException if the directory holds none, or a damaged or newer one
     */
    public static FactorizationMachine load(Path directory, Device device) {
        try (NDManager scope = Torch.engine().newBaseManager(Device.cpu());
                InputStream in = Files.newInputStream(directory.resolve(PARAMETERS_FILE))) {
            Saved saved = JSON.readValue(directory.resolve(CONFIG_FILE).toFile(), Saved.class);
            if (!KIND.equals(saved.kind()) || saved.version() != 1) {
                throw new InputException(directory + ": model of kind " + saved.kind() + ", version " + saved.version()
                        + " (expected: " + KIND + ", version 1)");
            }
            NDList arrays = NDList.decode(scope, in);
            Shape expected =
                    new Shape(saved.config().features(), 1L + saved.config().factors());
            if (arrays.size() != 2 || !arrays.get(0).getShape().equals(expected)) {
                throw new InputException(directory.resolve(PARAMETERS_FILE) + ": arrays "
                        + arrays.stream().map(NDArray::getShape).toList() + " (expected: " + expected + " and (1))");
            }
            FactorizationMachine machine =
                    new FactorizationMachine(saved.config(), Torch.engine().newBaseManager(device));
            machine.rows.parameters(arrays.get(0).toFloatArray());
            machine.bias.parameters(arrays.get(1).toFloatArray());
            return machine;
        } catch (IOException e) {
            throw new InputException(directory + ": no readable factorization machine: " + e, e);
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
