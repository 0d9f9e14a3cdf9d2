package io.ghee.models;

import static io.ghee.ConfigurationException.check;

import io.ghee.BadRecordException;
import io.ghee.train.Checkpointable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * A table of parameter rows in host memory, trained by Adam (Kingma and Ba, 2015) on the rows that a batch touches, and on
 * those alone: the moments of a row decay when it is touched, and the bias correction counts the steps of the table ("lazy"
 * Adam). With tables of many thousand rows this is what makes a step cheap; a dense optimiser reads and writes them all.
 *
 * <p>Only the rows of a batch ever cross to the device: {@link #gather} copies them out for the forward pass, {@link #add}
 * takes their gradients and adds up those of the same row, and {@link #step} makes the step. Where ranks train together, each
 * {@link #take}s what it has added up, and adds up what all have taken, in the same order as everybody else. Used by one
 * thread.
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
    // arrays, which the compiler turns into vector instructions.
    private int count;
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

    /** All that a step reads and changes. */
    Checkpointable.Snapshot snapshot() {
        float[] copy = table.clone();
        long at = steps;
        return out -> {
            ByteBuffer chunk = ByteBuffer.allocate(1 << 16);
            chunk.putLong(at);
            for (float value : copy) {
                if (chunk.remaining() < Float.BYTES) {
                    out.write(chunk.array(), 0, chunk.position());
                    chunk.clear();
                }
                chunk.putFloat(value);
            }
            out.write(chunk.array(), 0, chunk.position());
        };
    }

    /** Takes what a snapshot of a table of this size wrote. */
    void restore(InputStream from) throws IOException {
        DataInputStream in = new DataInputStream(from);
        steps = in.readLong();
        for (int k = 0; k < table.length; k++) {
            table[k] = in.readFloat();
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

    /** Adds the gradients of the rows {@code ids}, in their order, to those of the step at hand; an id may come again. */
    void add(IntBuffer ids, FloatBuffer gradients) {
        int all = ids.remaining();
        reserve(all);
        gradients.get(gradients.position(), copied, 0, width * all);
        for (int k = 0; k < all; k++) {
            int id = ids.get(ids.position() + k);
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
    }

    /** How many bytes {@link #take} writes. */
    int bytesToTake() {
        return Integer.BYTES + count * (Integer.BYTES + width * Float.BYTES);
    }

    /** Writes the gradients of the step at hand, how many rows, their ids, the rows, and begins the step anew. */
    void take(ByteBuffer out) {
        out.putInt(count);
        out.asIntBuffer().put(touched, 0, count);
        out.position(out.position() + count * Integer.BYTES);
        out.asFloatBuffer().put(sums, 0, width * count);
        out.position(out.position() + width * count * Float.BYTES);
        for (int k = 0; k < count; k++) {
            place[touched[k]] = UNTOUCHED;
        }
        count = 0;
    }

    /** Adds what {@link #take} wrote, on this rank or another, to the gradients of the step at hand. */
    void add(ByteBuffer taken) {
        int others = taken.getInt();
        IntBuffer ids = taken.asIntBuffer().limit(others);
        taken.position(taken.position() + others * Integer.BYTES);
        FloatBuffer gradients = taken.asFloatBuffer();
        taken.position(taken.position() + width * others * Float.BYTES);
        add(ids, gradients);
    }

    /** Makes the step, with all gradients that were added, times {@code scale}. */
    void step(float scale) {
        steps++;
        float correct2 = (float) Math.sqrt(1 - Math.pow(BETA2, steps));
        float rate = (float) (learningRate * correct2 / (1 - Math.pow(BETA1, steps)));
        reserveStep();
        for (int k = 0; k < count; k++) {
            int from = 3 * width * touched[k];
            System.arraycopy(table, from, parameters, width * k, width);
            System.arraycopy(table, from + width, first, width * k, width);
            System.arraycopy(table, from + 2 * width, second, width * k, width);
        }
        step(width * count, parameters, first, second, sums, scale, l2, rate, EPSILON * correct2);
        for (int k = 0; k < count; k++) {
            int to = 3 * width * touched[k];
            System.arraycopy(parameters, width * k, table, to, width);
            System.arraycopy(first, width * k, table, to + width, width);
            System.arraycopy(second, width * k, table, to + 2 * width, width);
            place[touched[k]] = UNTOUCHED;
        }
        count = 0;
    }

    private static void add(float[] from, int start, float[] to, int at, int n) {
        for (int j = 0; j < n; j++) {
            to[at + j] += from[start + j];
        }
    }

    private static void step(
            int n,
            float[] p,
            float[] first,
            float[] second,
            float[] gradients,
            float scale,
            float l2,
            float rate,
            float epsilon) {
        for (int k = 0; k < n; k++) {
            float gradient = scale * gradients[k] + l2 * p[k];
            float m = BETA1 * first[k] + (1 - BETA1) * gradient;
            float v = BETA2 * second[k] + (1 - BETA2) * gradient * gradient;
            first[k] = m;
            second[k] = v;
            p[k] = p[k] - rate * m / ((float) Math.sqrt(v) + epsilon);
        }
    }

    /** Room for {@code ids} more in the step at hand. */
    private void reserve(int ids) {
        if (copied.length < width * ids) {
            copied = new float[width * ids];
        }
        int most = Math.min(rows, count + ids);
        if (touched.length < most) {
            touched = Arrays.copyOf(touched, most);
            sums = Arrays.copyOf(sums, width * most);
        }
    }

    private void reserveStep() {
        if (parameters.length < sums.length) {
            parameters = new float[sums.length];
            first = new float[sums.length];
            second = new float[sums.length];
        }
    }
}
