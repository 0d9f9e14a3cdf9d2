package io.ghee.models.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterServer;
import ai.djl.training.ParameterStore;
import ai.djl.training.TrainingConfig;
import ai.djl.training.optimizer.Optimizer;
import io.ghee.train.Collective;
import io.ghee.train.DeviceCollective;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a model on the devices of a rank, which are kept the same on all ranks. Every rank makes the same calls,
 * but for {@link #store}, {@link #forget} and {@link #close}. Used by one thread, but for the store.
 */
final class RankParameters implements AutoCloseable {
    /**
     * What a mean is made of.
     *
     * @param rows the rows that gradients were added up over
     * @param loss the sum of the loss over them
     */
    record Totals(float rows, float loss) {}

    private static final Shape TOTALS = new Shape(2);
    private static final NDIndex ALL = new NDIndex("...");

    private final Collective ranks;
    private final Block block;
    private final NDManager manager;
    private final Device[] devices;
    private final ParameterStore store;
    private final Means means;
    private @Nullable DeviceCollective onDevice;
    private @Nullable Layout layout;
    private boolean begun;

    RankParameters(Collective ranks, Block block, NDManager manager, TrainingConfig config) {
        this.ranks = ranks;
        this.block = block;
        this.manager = manager;
        this.devices = config.getDevices();
        this.means = new Means(config.getOptimizer());
        this.store = new ParameterStore(manager, false);
        store.setParameterServer(means, devices);
    }

    /** Adds up gradients on the first device from now on, but for those of embeddings. */
    void sumOnDevice(DeviceCollective collective) {
        onDevice = collective;
        dropLayout();
    }

    private void dropLayout() {
        Layout known = layout;
        layout = null;
        if (known != null) {
            known.buckets.close();
        }
    }

    ParameterStore store() {
        return store;
    }

    /** Takes the values of rank 0, when first called. */
    void begin() {
        if (begun) {
            return;
        }
        Map<String, Parameter> all = all();
        Agreement.check(
                ranks,
                all.keySet().stream().map(name -> "parameter " + name).toList(),
                all.values().stream()
                        .map(each -> "shape " + each.getArray().getShape() + " of "
                                + each.getArray().getDataType())
                        .toList());
        try (NDManager scope = manager.newSubManager()) {
            all.values().forEach(each -> takeFromFirstRank(scope, each));
        }
        begun = true;
    }

    /** All parameters of the model, each once, by name. */
    private Map<String, Parameter> all() {
        Map<String, Parameter> named = new LinkedHashMap<>();
        Set<String> ids = new HashSet<>();
        block.getParameters().forEach(each -> {
            if (ids.add(each.getValue().getId())) {
                named.put(each.getKey(), each.getValue());
            }
        });
        return named;
    }

    private void takeFromFirstRank(NDManager scope, Parameter parameter) {
        NDArray array = parameter.getArray();
        ByteBuffer own = array.toByteBuffer();
        int bytes = own.remaining();
        // Bits are bits: as ints, whatever they are.
        int whole = Math.addExact(bytes, Integer.BYTES - 1) / Integer.BYTES * Integer.BYTES;
        ByteBuffer first = ByteBuffer.allocateDirect(whole).order(ByteOrder.nativeOrder());
        first.put(own).rewind();
        ranks.broadcast(first.asIntBuffer(), 0);
        NDArray value = scope.create(
                first.slice(0, bytes).order(ByteOrder.nativeOrder()), array.getShape(), array.getDataType());
        onDevices(parameter).forEach(value::copyTo);
    }

    /** A parameter on each device, in their order. */
    private List<NDArray> onDevices(Parameter parameter) {
        List<NDArray> arrays = new ArrayList<>();
        for (Device device : devices) {
            arrays.add(store.getValue(parameter, device, true));
        }
        return arrays;
    }

    /** Adds up over all ranks the gradients that are there, and with them what they are the sum over. */
    Totals exchange(Totals mine) {
        Layout arrays = layout();
        try (NDManager scope = manager.newSubManager()) {
            arrays.bring(scope, mine);
            arrays.buckets.sum(ranks);
            arrays.tables.sum(ranks);
            float[] totals = arrays.buckets.array(scope, 0, TOTALS).toFloatArray();
            return new Totals(totals[0], totals[1]);
        }
    }

    /** Makes a step with what was added up, as a mean over so many rows. */
    void update(float rows) {
        try (NDManager scope = manager.newSubManager()) {
            layout().take(scope, rows);
            store.updateAllParameters();
        }
        means.byParameter.clear();
    }

    /** Begins anew to add up gradients. */
    void forget() {
        Layout arrays = layout();
        for (Parameter parameter : arrays.trained) {
            for (NDArray array : onDevices(parameter)) {
                try (NDArray gradient = array.getGradient()) {
                    gradient.subi(gradient);
                }
            }
        }
        arrays.tables.clear();
    }

    /** Brings the model's own parameters up to date, if they lie elsewhere. */
    @Override
    public void close() {
        store.sync();
        dropLayout();
    }

    /** The layout for the parameters that are trained now: some may have been frozen since. */
    private Layout layout() {
        List<Parameter> trained = new ArrayList<>();
        List<Parameter> running = new ArrayList<>();
        for (Parameter each : all().values()) {
            if (each.requiresGradient()) {
                trained.add(each);
            } else if (each.getType() == Parameter.Type.RUNNING_MEAN || each.getType() == Parameter.Type.RUNNING_VAR) {
                running.add(each);
            }
        }
        Layout known = layout;
        if (known == null || !known.trained.equals(trained) || !known.running.equals(running)) {
            dropLayout();
            known = new Layout(trained, running);
            layout = known;
        }
        return known;
    }

    /** Where each parameter's gradient lies while it is averaged: those of embeddings in tables, the others in buckets. */
    private final class Layout {
        final List<Parameter> trained;
        final List<Parameter> embeddings;
        /** The first array of the buckets are the totals; then come these, and then the running means and variances. */
        final List<Parameter> dense;

        final List<Parameter> running;
        final SummedArrays buckets;
        final TableRows tables;

        Layout(List<Parameter> trained, List<Parameter> running) {
            Set<String> tableIds = new HashSet<>();
            addEmbeddings(block, tableIds);
            this.trained = trained;
            this.embeddings = trained.stream()
                    .filter(each -> tableIds.contains(each.getId()))
                    .toList();
            this.dense = trained.stream()
                    .filter(each -> !tableIds.contains(each.getId()))
                    .toList();
            this.running = running;
            List<Long> sizes = new ArrayList<>();
            sizes.add(TOTALS.size());
            dense.forEach(each -> sizes.add(each.getArray().size()));
            running.forEach(each -> sizes.add(each.getArray().size()));
            DeviceCollective device = onDevice;
            this.buckets =
                    device == null ? new GradientBuckets(sizes) : new DeviceBucket(device, manager, devices[0], sizes);
            this.tables = new TableRows(
                    embeddings.stream().map(each -> each.getArray().getShape()).toList());
        }

        private static void addEmbeddings(Block block, Set<String> ids) {
            if (block instanceof Embedding<?>) {
                block.getDirectParameters().values().forEach(each -> ids.add(each.getId()));
            }
            block.getChildren().values().forEach(child -> addEmbeddings(child, ids));
        }

        void bring(NDManager scope, Totals mine) {
            buckets.put(scope, 0, scope.create(new float[] {mine.rows(), mine.loss()}));
            int index = 1;
            for (Parameter each : dense) {
                buckets.put(scope, index++, gradient(scope, each));
            }
            for (Parameter each : running) {
                NDArray value = onDevices(each).get(0);
                // What padding makes of it may be no number.
                buckets.put(scope, index++, mine.rows() == 0 ? value.zerosLike() : value.mul(mine.rows()));
            }
            for (int k = 0; k < embeddings.size(); k++) {
                tables.put(k, Floats.of(scope, gradient(scope, embeddings.get(k))));
            }
        }

        void take(NDManager scope, float rows) {
            int index = 1;
            for (Parameter each : dense) {
                Shape shape = each.getArray().getShape();
                mean(scope, each, buckets.array(scope, index++, shape), rows);
            }
            for (Parameter each : running) {
                Shape shape = each.getArray().getShape();
                NDArray mean = buckets.array(scope, index++, shape).divi(rows);
                onDevices(each).forEach(mean::copyTo);
            }
            for (int k = 0; k < embeddings.size(); k++) {
                mean(scope, embeddings.get(k), tables.array(scope, k), rows);
            }
        }

        private void mean(NDManager scope, Parameter parameter, NDArray sum, float rows) {
            NDArray mean = sum.divi(rows).toType(parameter.getArray().getDataType(), false);
            mean.attach(scope);
            means.put(parameter.getId(), mean);
        }
    }

    /** The gradient of a parameter, added up over the devices. */
    private NDArray gradient(NDManager scope, Parameter parameter) {
        NDArray sum = null;
        for (NDArray array : onDevices(parameter)) {
            NDArray gradient = array.getGradient();
            gradient.attach(scope);
            sum = sum == null ? gradient : sum.add(gradient.toDevice(sum.getDevice(), false));
        }
        return Objects.requireNonNull(sum, "a trainer has a device");
    }

    /** Updates every parameter with the mean of its gradient on the first device, and copies it to the others. */
    static final class Means implements ParameterServer {
        private final Optimizer optimizer;
        private final Map<String, NDArray> byParameter = new HashMap<>();

        Means(Optimizer optimizer) {
            this.optimizer = optimizer;
        }

        /** Sets what the next updates of a parameter go by. */
        void put(String parameterId, NDArray mean) {
            byParameter.put(parameterId, mean);
        }

        @Override
        public void init(String parameterId, NDArray[] value) {}

        @Override
        public void update(String parameterId, NDArray[] params) {
            NDArray mean = byParameter.get(parameterId);
            if (mean == null) {
                return;
            }
            // One update of a parameter for each step: optimizers count them.
            NDArray updated = params[0];
            optimizer.update(parameterId, updated, mean.toDevice(updated.getDevice(), false));
            for (int k = 1; k < params.length; k++) {
                // PyTorch writes to what requires no gradient only: this is the same memory.
                try (NDArray values = params[k].stopGradient();
                        NDArray copy = updated.toDevice(values.getDevice(), true)) {
                    values.set(ALL, copy);
                }
            }
        }

        @Override
        public void update(String parameterId, NDArray[] grads, NDArray[] params) {
            update(parameterId, params);
        }

        @Override
        public void close() {}
    }
}
