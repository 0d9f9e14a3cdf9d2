package io.ghee.models;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;

/**
 * A table of parameter rows that is trained by Adam (Kingma and Ba, 2015), touching the rows of a batch alone: their
 * moments decay when they are touched, and the bias correction counts the steps of the table ("lazy" Adam). With tables of
 * many thousand rows this is what makes a step cheap; a dense optimiser reads and writes them all.
 *
 * <p>Row {@code i} of the table is [parameters | first moments | second moments], so that a step gathers and scatters once.
 */
final class RowAdam implements AutoCloseable {
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.999f;
    private static final float EPSILON = 1e-8f;

    private final NDArray table;
    private final int width;
    private final float learningRate;
    private final float l2;
    private long steps;

    /** A table of the rows of {@code parameters}, [rows, width]; takes it over. */
    RowAdam(NDManager manager, NDArray parameters, float learningRate, float l2) {
        this.width = (int) parameters.getShape().get(1);
        this.learningRate = learningRate;
        this.l2 = l2;
        NDArray moments = manager.zeros(new Shape(parameters.getShape().get(0), 2L * width));
        table = parameters.concat(moments, 1);
        table.attach(manager);
        parameters.close();
        moments.close();
    }

    /**
     * What a step works on.
     *
     * @param all copies of the rows of the table, [ids, 3 x width]
     * @param parameters of those rows, [ids, width]: what collects the gradient
     */
    record Rows(NDArray ids, NDArray all, NDArray parameters) {}

    /**
     * The rows of {@code ids}, int64 without repetitions, best in rising order; their parameters are ready to collect a
     * gradient. They belong to the manager of {@code ids}.
     */
    Rows gather(NDArray ids) {
        NDArray all = select(table, ids);
        NDArray parameters = all.get(":, :" + width).duplicate();
        parameters.setRequiresGradient(true);
        return new Rows(ids, all, parameters);
    }

    /** One step with the gradient that {@code rows} have collected; in place as far as can be, as memory traffic is its cost. */
    void step(Rows rows) {
        steps++;
        double correct1 = 1 - Math.pow(BETA1, (double) steps);
        double correct2 = Math.sqrt(1 - Math.pow(BETA2, (double) steps));
        NDArray parameters = rows.all().get(":, :" + width);
        NDArray first = rows.all().get(":, " + width + ":" + 2 * width);
        NDArray second = rows.all().get(":, " + 2 * width + ":");
        NDArray gradient = rows.parameters().getGradient();
        gradient.attach(rows.ids().getManager());
        if (l2 > 0) {
            gradient.addi(parameters.mul(l2));
        }
        first.muli(BETA1).addi(gradient.mul(1 - BETA1));
        second.muli(BETA2).addi(gradient.square().muli(1 - BETA2));
        NDArray scale = second.sqrt().addi((float) (EPSILON * correct2));
        parameters.subi(first.mul((float) (learningRate * correct2 / correct1)).divi(scale));
        table.set(new NDIndex("{}", rows.ids()), rows.all());
    }

    /** The parameters, [rows, width], as a copy that belongs to {@code manager}. */
    NDArray parameters(NDManager manager) {
        NDArray copy = table.get(":, :" + width).duplicate();
        copy.attach(manager);
        return copy;
    }

    /** Parameters of {@code ids} of any shape, repetitions included: [shape of ids, width]. */
    NDArray lookup(NDArray ids) {
        return select(table, ids).get("..., :" + width);
    }

    static NDArray select(NDArray table, NDArray ids) {
        NDArray rows = ids.getNDArrayInternal()
                .embedding(ids, table, SparseFormat.DENSE)
                .singletonOrThrow();
        rows.attach(ids.getManager());
        return rows;
    }

    @Override
    public void close() {
        table.close();
    }
}
