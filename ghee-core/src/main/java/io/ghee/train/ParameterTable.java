package io.ghee.train;

import java.io.IOException;

/**
 * A table of parameters that is too large for one worker, such as the weights of hashed features or an embedding: each rank
 * of a train stage, or a server beside it, keeps a part. A step pulls the rows of a batch, computes what their gradients are,
 * and pushes these; the optimizer works where the rows are.
 *
 * <pre>{@code
 * for (Batch<Example> batch : epoch) {
 *     ParameterTable.Rows rows = table.pull(ids, count);
 *     ...                                          // reads rows.values(), adds to rows.gradients()
 *     table.push(rows, batch.isPadding() ? 0 : batch.size());
 * }
 * }</pre>
 *
 * <p>Every rank pushes once in every step, be it nothing. The gradients of all ranks in a step are summed, in the order of
 * the ranks, and divided by the sum of their weights; then the optimizer makes one step with them. Who has pushed a step, and
 * pulls again, waits until everybody has pushed it: with as many ranks as one likes that is the training of one process on the
 * joined batches. Where the table allows some {@linkplain TableSpec#staleness staleness}, a rank may be ahead of the slowest by
 * so many steps, and each push is a step of the optimizer by itself, in the order of their coming.
 *
 * <p>Used by the thread of the train function. Every method throws {@link io.ghee.InfrastructureException}, naming who, where
 * a server or a rank is lost; then the table is of no use any more.
 */
public interface ParameterTable extends AutoCloseable {
    /** Opens tables; given to models, which need not know where the rows are. */
    @FunctionalInterface
    interface Opener extends java.io.Serializable {
        /**
         * Opens a table. Every rank calls this, with the same specification, and with tables in the same order.
         *
         * @throws io.ghee.ConfigurationException if ranks differ in what they want
         * @throws io.ghee.InfrastructureException if the ranks do not find together
         */
        ParameterTable open(TrainContext<?> context, TableSpec spec) throws InterruptedException;
    }

    /** The different rows of the ids of a batch. The arrays may be longer than what is in them; valid until the next pull. */
    interface Rows {
        /** How many different rows there are. */
        int count();

        /** For each id, in the order it was pulled in, which of the rows is its. */
        int[] places();

        /** What is in the rows, one after the other. */
        float[] values();

        /** Takes the gradients of the rows, one after the other; zeros in the beginning. */
        float[] gradients();
    }

    /** Takes the rows of a part of the table, in no certain order. */
    @FunctionalInterface
    interface RowVisitor {
        /**
         * Takes one.
         *
         * @param from where the row begins in {@code values}, which is not to be changed
         */
        void row(long id, float[] values, int from) throws IOException;
    }

    TableSpec spec();

    /**
     * The rows of the first {@code count} ids, of which some may be the same.
     *
     * @throws io.ghee.BadRecordException if an id is out of range
     */
    Rows pull(long[] ids, int count);

    /**
     * Pushes the gradients of the rows that were pulled last.
     *
     * @param weight what the sum of all ranks' gradients is divided by, together with the weights of the others: the examples
     *     that they are the sum over; 0 for a batch that is padding
     */
    void push(Rows rows, float weight);

    /** What {@link TrainContext#checkpoint} keeps of this table. All ranks restore before any of them pulls. */
    Checkpointable state();

    /**
     * Returns when every rank has called this. Then the table serves no longer, and what is of this rank is to be read by
     * {@link #forEachRow}.
     */
    void finish();

    /** Shows those rows of this rank's part that were ever pushed to, and some beside them. After {@link #finish}. */
    void forEachRow(RowVisitor visitor) throws IOException;

    /** Ends it, wherever it is. What {@link #finish} left to be read stays. */
    @Override
    void close();
}
