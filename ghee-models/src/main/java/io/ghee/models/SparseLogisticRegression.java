package io.ghee.models;

import static io.ghee.ConfigurationException.check;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.InputException;
import io.ghee.columnar.Column;
import io.ghee.columnar.ColumnKind;
import io.ghee.train.Artifact;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.FiniteLoss;
import io.ghee.train.ParameterTable;
import io.ghee.train.RowOptimizer;
import io.ghee.train.TableSpec;
import io.ghee.train.TrainContext;
import io.ghee.train.TrainFunction;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Serializable;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Logistic regression over more features than one worker has room for: with the ids {@code i} of the features that are
 * present, the probability of a label of 1 is
 *
 * <pre>  p = 1 / (1 + exp(-(w0 + sum_i w_i)))</pre>
 *
 * trained on the log loss. The weights are the rows of a {@link ParameterTable}, of which a step pulls and pushes those of the
 * features in its batch; w0 is the last one.
 *
 * <p>Records have the components {@code features}, {@code int[]} or {@code long[]}, as many in each, and {@code label}, a float
 * of 0 or 1. Not thread-safe.
 */
public final class SparseLogisticRegression implements Artifact {
    private static final String KIND = "sparse-logistic-regression";
    private static final String CONFIG_FILE = "model.json";
    private static final String WEIGHTS_FILE = "weights.tsv";
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /**
     * How a regression is set up.
     *
     * @param features how many feature ids there are; ids are from 0 to {@code features - 1}
     * @param optimizer makes the steps
     * @param staleness by how many steps a rank may be ahead of the slowest
     */
    public record Config(long features, RowOptimizer optimizer, int staleness) implements Serializable {
        public Config {
            check(features >= 1 && features < 1L << 40, "features", features, ">= 1 and < 2^40");
            check(staleness >= 0, "staleness", staleness, ">= 0");
        }

        /** Adagrad with a learning rate of 0.1, on ranks that keep step. */
        public static Config of(long features) {
            return new Config(features, RowOptimizer.adagrad(0.1f), 0);
        }

        private TableSpec table() {
            return TableSpec.of(features + 1, 1, optimizer).staleness(staleness);
        }
    }

    private final Config config;
    private final ParameterTable table;
    private final int rank;
    private final int size;
    private long[] ids = {};
    private float[] scores = {};
    /** Features of an example, and one for w0. */
    private int width;

    private SparseLogisticRegression(Config config, ParameterTable table, int rank, int size) {
        this.config = config;
        this.table = table;
        this.rank = rank;
        this.size = size;
    }

    /**
     * Training with this configuration, on any number of replicas. Rank 0 reports the "loss" of its part of every step's batch,
     * and "logLoss" and "auc" if there is held-out data.
     *
     * @param tables where the weights are, on whatever the stage runs on
     */
    public static <T> TrainFunction<T, SparseLogisticRegression> training(Config config, ParameterTable.Opener tables) {
        return context -> train(config, tables, context);
    }

    private static <T> SparseLogisticRegression train(
            Config config, ParameterTable.Opener tables, TrainContext<T> context)
            throws IOException, InterruptedException {
        try (ParameterTable table = tables.open(context, config.table())) {
            context.checkpoint(table.state());
            SparseLogisticRegression model =
                    new SparseLogisticRegression(config, table, context.rank(), context.worldSize());
            for (Epoch<T> epoch : context.epochs()) {
                long step = 0;
                for (Batch<T> batch : epoch) {
                    float loss = FiniteLoss.check(model.step(batch), epoch.number(), ++step);
                    if (context.rank() == 0 && !batch.isPadding()) {
                        context.report("loss", loss);
                    }
                }
            }
            Evaluation evaluation = model.evaluate(context.heldOut());
            evaluation.join(context.collective());
            if (context.rank() == 0 && evaluation.examples() > 0) {
                context.report("logLoss", evaluation.logLoss());
                context.report("auc", evaluation.auc());
            }
            table.finish();
            return model;
        }
    }

    /** One step: the mean log loss of the batch before it; 0 for padding. */
    float step(Batch<?> batch) {
        if (batch.isPadding()) {
            table.push(table.pull(ids, 0), 0);
            return 0;
        }
        ParameterTable.Rows rows = score(batch);
        int[] places = rows.places();
        float[] gradients = rows.gradients();
        FloatBuffer labels = batch.columns().column("label").floats();
        double loss = 0;
        for (int example = 0; example < batch.size(); example++) {
            float label = label(labels, example);
            loss += loss(scores[example], label);
            float gradient = (float) (1 / (1 + Math.exp(-scores[example])) - label);
            for (int k = example * width; k < (example + 1) * width; k++) {
                gradients[places[k]] += gradient;
            }
        }
        table.push(rows, batch.size());
        return (float) (loss / batch.size());
    }

    private static float label(FloatBuffer labels, int example) {
        float label = labels.get(example);
        if (label != 0 && label != 1) {
            throw new BadRecordException("label: " + label + " (expected: 0 or 1)");
        }
        return label;
    }

    private static double loss(double score, float label) {
        double signed = label == 1 ? -score : score;
        return Math.max(signed, 0) + Math.log1p(Math.exp(-Math.abs(signed)));
    }

    /** Pulls the weights of a batch, and sums them up for each example. */
    private ParameterTable.Rows score(Batch<?> batch) {
        int count = read(batch.columns().column("features"));
        ParameterTable.Rows rows = table.pull(ids, count);
        int[] places = rows.places();
        float[] weights = rows.values();
        if (scores.length < batch.size()) {
            scores = new float[batch.size()];
        }
        for (int example = 0; example < batch.size(); example++) {
            float score = 0;
            for (int k = example * width; k < (example + 1) * width; k++) {
                score += weights[places[k]];
            }
            scores[example] = score;
        }
        return rows;
    }

    /** The ids of each example, and behind them that of w0. */
    private int read(Column features) {
        int present = features.width();
        width = present + 1;
        int count = features.rows() * width;
        if (ids.length < count) {
            ids = new long[count];
        }
        boolean isInt = features.kind() == ColumnKind.INT;
        IntBuffer ints = isInt ? features.ints() : IntBuffer.allocate(0);
        LongBuffer longs = isInt ? LongBuffer.allocate(0) : features.longs();
        int from = 0;
        for (int to = 0; to < count; to++) {
            if (to % width == present) {
                ids[to] = config.features();
            } else {
                long id = isInt ? ints.get(from++) : longs.get(from++);
                if (id < 0 || id >= config.features()) {
                    throw new BadRecordException(
                            "feature id: " + id + " (expected: >= 0 and < " + config.features() + ")");
                }
                ids[to] = id;
            }
        }
        return count;
    }

    private Evaluation evaluate(Epoch<?> batches) {
        Evaluation evaluation = new Evaluation();
        for (Batch<?> batch : batches) {
            if (!batch.isPadding()) {
                score(batch);
                FloatBuffer labels = batch.columns().column("label").floats();
                for (int example = 0; example < batch.size(); example++) {
                    evaluation.add(scores[example], label(labels, example));
                }
            }
        }
        return evaluation;
    }

    /** How well scores fit labels; the area under the curve to four digits, by the counts of narrow classes of scores. */
    static final class Evaluation {
        private static final int CLASSES = 1 << 14;
        private static final double LARGEST = 16;

        private final double[] sums = new double[2];
        private final long[] counts = new long[2 * CLASSES];

        void add(float score, float label) {
            sums[0] += loss(score, label);
            sums[1]++;
            double place = (score + LARGEST) / (2 * LARGEST) * CLASSES;
            int at = (int) Math.max(0, Math.min(CLASSES - 1, place));
            counts[(label == 1 ? CLASSES : 0) + at]++;
        }

        /** Adds what the other ranks have. */
        void join(Collective ranks) {
            ranks.allReduce(DoubleBuffer.wrap(sums), Collective.Reduction.SUM);
            ranks.allReduce(LongBuffer.wrap(counts), Collective.Reduction.SUM);
        }

        long examples() {
            return (long) sums[1];
        }

        double logLoss() {
            return sums[0] / sums[1];
        }

        /** The chance that an example of label 1 has a higher score than one of label 0; NaN if there are none of either. */
        double auc() {
            double below = 0;
            double pairs = 0;
            double ones = 0;
            for (int at = 0; at < CLASSES; at++) {
                double zeros = counts[at];
                double here = counts[CLASSES + at];
                pairs += here * (below + zeros / 2);
                below += zeros;
                ones += here;
            }
            return pairs / (below * ones);
        }
    }

    public Config config() {
        return config;
    }

    /**
     * Writes {@value #CONFIG_FILE}, and the weights of this rank's part that are not 0 as lines of id, tab and weight into
     * {@value #WEIGHTS_FILE}.
     */
    @Override
    public void save(Path directory) throws IOException {
        Saved saved = new Saved(KIND, 1, config.features(), rank, size);
        JSON.writeValue(directory.resolve(CONFIG_FILE).toFile(), saved);
        try (BufferedWriter out = Files.newBufferedWriter(directory.resolve(WEIGHTS_FILE), StandardCharsets.US_ASCII)) {
            table.forEachRow((id, values, from) -> {
                if (values[from] != 0) {
                    out.write(Long.toString(id));
                    out.write('\t');
                    out.write(Float.toString(values[from]));
                    out.write('\n');
                }
            });
        }
    }

    private record Saved(String kind, int version, long features, int part, int parts) {}

    /** The weights that all ranks have saved, for prediction. Immutable. */
    public static final class Weights {
        private final long features;
        private final List<Part> parts;
        private final float bias;

        private Weights(long features, List<Part> parts) {
            this.features = features;
            this.parts = parts;
            this.bias = weight(features);
        }

        /** How many weights are not 0. */
        public long count() {
            return parts.stream().mapToLong(part -> part.count).sum();
        }

        /** The weight of a feature. */
        public float weight(long id) {
            for (Part part : parts) {
                int at = Arrays.binarySearch(part.ids, 0, part.count, id);
                if (at >= 0) {
                    return part.weights[at];
                }
            }
            return 0;
        }

        /**
         * The probability of a label of 1.
         *
         * @param present the ids of the features
         * @throws BadRecordException if one is out of range
         */
        public double predict(long[] present) {
            double score = bias;
            for (long id : present) {
                if (id < 0 || id >= features) {
                    throw new BadRecordException("feature id: " + id + " (expected: >= 0 and < " + features + ")");
                }
                score += weight(id);
            }
            return 1 / (1 + Math.exp(-score));
        }
    }

    /**
     * Reads what the ranks of a stage have saved: rank 0 in {@code directory}, the others in {@code rank-n} below it.
     *
     * @throws InputException if there is none, or a damaged, incomplete or newer one
     */
    public static Weights load(Path directory) {
        Saved first = saved(directory, 0, -1);
        List<Part> parts = new ArrayList<>();
        for (int part = 0; part < first.parts(); part++) {
            Path from = part == 0 ? directory : directory.resolve("rank-" + part);
            saved(from, part, first.parts());
            parts.add(new Part(from.resolve(WEIGHTS_FILE), first.features()));
        }
        return new Weights(first.features(), parts);
    }

    private static Saved saved(Path directory, int part, int parts) {
        Path file = directory.resolve(CONFIG_FILE);
        try {
            Saved saved = JSON.readValue(file.toFile(), Saved.class);
            if (!KIND.equals(saved.kind()) || saved.version() != 1) {
                throw new InputException(file + ": model of kind " + saved.kind() + ", version " + saved.version()
                        + " (expected: " + KIND + ", version 1)");
            } else if (saved.part() != part || (parts >= 0 && saved.parts() != parts)) {
                throw new InputException(file + ": part " + saved.part() + " of " + saved.parts() + " (expected: part "
                        + part + (parts < 0 ? ")" : " of " + parts + ")"));
            }
            return saved;
        } catch (IOException e) {
            throw new InputException(file + ": no model can be read: " + e.getMessage(), e);
        }
    }

    /** What one rank has saved, by id. */
    private static final class Part {
        private long[] ids = new long[1024];
        private float[] weights = new float[1024];
        private int count;

        Part(Path file, long features) {
            int number = 0;
            try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.US_ASCII)) {
                for (String line = in.readLine(); line != null; line = in.readLine()) {
                    number++;
                    int tab = line.indexOf('\t');
                    long id = Long.parseLong(line, 0, Math.max(tab, 0), 10);
                    if (id > features || id <= (count == 0 ? -1 : ids[count - 1])) {
                        throw new NumberFormatException("id " + id);
                    }
                    add(id, Float.parseFloat(line.substring(tab + 1)));
                }
            } catch (NumberFormatException e) {
                throw new InputException(
                        file + ", line " + number + ": no weight (expected: id, tab, weight; ids ascending, <= "
                                + features + ")",
                        e);
            } catch (IOException e) {
                throw new InputException(file + ": the weights cannot be read: " + e.getMessage(), e);
            }
        }

        private void add(long id, float weight) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
                weights = Arrays.copyOf(weights, 2 * count);
            }
            ids[count] = id;
            weights[count++] = weight;
        }
    }
}
