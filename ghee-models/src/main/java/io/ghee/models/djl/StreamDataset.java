package io.ghee.models.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.util.Progress;
import io.ghee.columnar.Columns;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A DJL data set that happens to stream: every call of {@link #getData} is the next epoch. {@code EasyTrain.fit} and
 * hand-written loops both work:
 *
 * <pre>{@code
 * Dataset data = StreamDataset.of(context, List.of("features"), List.of("label"));
 * for (int epoch = 0; epoch < epochs; epoch++) {
 *     for (Batch batch : trainer.iterateDataset(data)) {
 *         EasyTrain.trainBatch(trainer, batch);
 *         trainer.step();
 *         batch.close();
 *     }
 * }
 * }</pre>
 *
 * Close each batch before asking for the next one: its arrays lie on a buffer that is used again.
 */
public final class StreamDataset implements Dataset {
    private final Iterator<? extends Epoch<?>> epochs;
    private final List<String> data;
    private final List<String> labels;

    private StreamDataset(Iterator<? extends Epoch<?>> epochs, List<String> data, List<String> labels) {
        this.epochs = epochs;
        this.data = List.copyOf(data);
        this.labels = List.copyOf(labels);
    }

    /**
     * The training epochs of a context.
     *
     * @param data the record components that become the data arrays of a batch, in order
     * @param labels those that become the labels
     */
    public static <T> StreamDataset of(TrainContext<T> context, List<String> data, List<String> labels) {
        return new StreamDataset(context.epochs().iterator(), data, labels);
    }

    /** The held-out pass of a context, as a data set of one epoch. Ask for it after the training epochs. */
    public static <T> StreamDataset heldOut(TrainContext<T> context, List<String> data, List<String> labels) {
        return new StreamDataset(List.of(context.heldOut()).iterator(), data, labels);
    }

    /**
     * The next epoch.
     *
     * @throws NoSuchElementException if all epochs that the source declares have been asked for
     */
    @Override
    public Iterable<Batch> getData(NDManager manager) {
        if (!epochs.hasNext()) {
            throw new NoSuchElementException("no epoch left (expected: as many as the source declares with epochs(n))");
        }
        Epoch<?> epoch = epochs.next();
        return () -> batches(epoch, manager);
    }

    private Iterator<Batch> batches(Epoch<?> epoch, NDManager manager) {
        Iterator<? extends io.ghee.Batch<?>> batches = epoch.iterator();
        return new Iterator<>() {
            private long count;

            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public Batch next() {
                return batch(batches.next(), manager.newSubManager(), count++, epoch.number());
            }
        };
    }

    private Batch batch(io.ghee.Batch<?> batch, NDManager scope, long index, int epoch) {
        Columns columns = batch.columns();
        return new StreamBatch(
                scope,
                arrays(scope, columns, data),
                arrays(scope, columns, labels),
                batch.size(),
                index,
                epoch,
                batch.isPadding());
    }

    private static NDList arrays(NDManager scope, Columns columns, List<String> names) {
        NDList arrays = new NDList();
        for (String name : names) {
            arrays.add(ColumnArrays.of(scope, columns.column(name)));
        }
        return arrays;
    }

    /** Nothing to prepare. */
    @Override
    public void prepare(@Nullable Progress progress) {}
}
