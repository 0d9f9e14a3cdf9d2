package io.ghee.models;

import static io.ghee.ConfigurationException.check;

import io.ghee.BadRecordException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * A table of parameter rows in host memory, trained by Adam (Kingma and Ba, 2015) on the rows that a batch touches, and on
 * those alone: the moments of a row decay when it is touched, and the bias correction counts the steps of the table ("lazy"
 * Adam). With tables of many thousand rows this is what makes a step cheap; a dense optimiser reads and writes them all.
 *
 * <p>Only the rows of a batch ever cross to the device: {@link #gather} copies them out for the forward pass, and {@link
 * #update} takes their gradients, adds up those of the same row, and makes the step. Used by one thread.
 */
final class RowTable {
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.999f;
    private static final float EPSILON = 1e-8f;
    private static final int UNTOUCHED = -1;

    private final int rows;
    private final int width;
    private final float learningRate;
    private final float l2;
    /** Row i is [parameters | first moments | second moments]: what a step reads together lies together in memory. */
    private final float[] table;

    /** The place of a row among those that the batch at hand touches, or UNTOUCHED. */
    private final int[] place;

    // What a step works on, one row after the other: copied together first, so that the arithmetic runs over long
    // arrays,
    // which the compiler turns into vector instructions.
    private int[] touched = {};
    private float[] copied = {};
    private float[] sums = {};
    private float[] parameters = {};
    private float[] first = {};
    private float[] second = {};
    private long steps;

    RowTable(int rows, int width, float learningRate, float l2) {
        long floats = 3L * rows * width;
        check(floats <= Integer.MAX_VALUE - 8, "rows x width", rows + " x " + width, "3 x rows x width < 2^31");
        this.rows = rows;
        this.width = width;
        this.learningRate = learningRate;
        this.l2 = l2;
        this.table = new float[(int) floats];
        this.place = new int[rows];
        Arrays.fill(place, UNTOUCHED);
    }

    int rows() {
        return rows;
    }

    int width() {
        return width;
    }

    /** All parameters, row by row. */
    float[] parameters() {
        float[] all = new float[rows * width];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(table, 3 * width * i, all, width * i, width);
        }
        return all;
    }

    /** Sets all parameters, row by row. */
    void parameters(float[] all) {
        check(all.length == rows * width, "parameters", all.length, rows + " x " + width);
        for (int i = 0; i < rows; i++) {
            System.arraycopy(all, width * i, table, 3 * width * i, width);
        }
    }

    /**
     * Copies the parameters of the rows {@code ids}, in their order, to index 0 and up of {@code out}.
     *
     * @throws BadRecordException if an id is out of range
     */
    void gather(IntBuffer ids, FloatBuffer out) {
        int count = ids.limit();
        reserve(count);
        for (int k = 0; k < count; k++) {
            int id = ids.get(k);
            if (id < 0 || id >= rows) {
                throw new BadRecordException("feature id: " + id + " (expected: >= 0 and < " + rows + ")");
            }
            System.arraycopy(table, 3 * width * id, copied, width * k, width);
        }
        out.put(0, copied, 0, width * count);
    }

    /** One step, with the gradients of what {@link #gather} copied for the same ids. */
    void update(IntBuffer ids, FloatBuffer gradients) {
        int count = addUp(ids, gradients);
        steps++;
        float correct2 = (float) Math.sqrt(1 - Math.pow(BETA2, steps));
        float rate = (float) (learningRate * correct2 / (1 - Math.pow(BETA1, steps)));
        for (int k = 0; k < count; k++) {
            int from = 3 * width * touched[k];
            System.arraycopy(table, from, parameters, width * k, width);
            System.arraycopy(table, from + width, first, width * k, width);
            System.arraycopy(table, from + 2 * width, second, width * k, width);
        }
        step(width * count, parameters, first, second, sums, l2, rate, EPSILON * correct2);
        for (int k = 0; k < count; k++) {
            int to = 3 * width * touched[k];
            System.arraycopy(parameters, width * k, table, to, width);
            System.arraycopy(first, width * k, table, to + width, width);
            System.arraycopy(second, width * k, table, to + 2 * width, width);
            place[touched[k]] = UNTOUCHED;
        }
    }

    /** Adds up the gradients of equal ids; returns how many different ones there are. */
    private int addUp(IntBuffer ids, FloatBuffer gradients) {
        int all = ids.limit();
        reserve(all);
        gradients.get(0, copied, 0, width * all);
        int count = 0;
        for (int k = 0; k < all; k++) {
            int id = ids.get(k);
            int at = place[id];
            if (at == UNTOUCHED) {
                place[id] = count;
                touched[count] = id;
                System.arraycopy(copied, width * k, sums, width * count, width);
                count++;
            } else {
                add(copied, width * k, sums, width * at, width);
            }
        }
        return count;
    }

    private static void add(float[] from, int start, float[] to, int at, int n) {
        for (int j = 0; j < n; j++) {
            to[at + j] += from[start + j];
        }
    }

    private static void step(
            int n, float[] p, float[] first, float[] second, float[] gradients, float l2, float rate, float epsilon) {
        for (int k = 0; k < n; k++) {
            float gradient = gradients[k] + l2 * p[k];
            float m = BETA1 * first[k] + (1 - BETA1) * gradient;
            float v = BETA2 * second[k] + (1 - BETA2) * gradient * gradient;
            first[k] = m;
            second[k] = v;
            p[k] = p[k] - rate * m / ((float) Math.sqrt(v) + epsilon);
        }
    }

    private void reserve(int ids) {
        if (copied.length < width * ids) {
            int most = Math.min(rows, ids);
            touched = new int[most];
            copied = new float[width * ids];
            sums = new float[width * most];
            parameters = new float[width * most];
            first = new float[width * most];
            second = new float[width * most];
        }
    }
}
