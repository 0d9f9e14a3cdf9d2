package io.ghee.transfer.parameters;

import java.nio.ByteBuffer;

/** The gradients of some rows, in ascending order of the rows. Its arrays are used again. */
final class Push {
    private final int width;
    private float weight;
    private int count;
    private int[] rows = {};
    private float[] gradients = {};

    Push(int width) {
        this.width = width;
    }

    /** Reads {@code count} rows, and the gradients of each. */
    Push read(ByteBuffer in, int howMany, float ofWeight) {
        if (howMany < 0 || in.remaining() != (long) howMany * Integer.BYTES * (1 + width)) {
            throw new IllegalArgumentException("a push of " + howMany + " rows in " + in.remaining() + " bytes");
        }
        count = howMany;
        weight = ofWeight;
        if (rows.length < count) {
            rows = new int[count + count / 4];
            gradients = new float[rows.length * width];
        }
        in.asIntBuffer().get(rows, 0, count);
        in.position(in.position() + count * Integer.BYTES);
        in.asFloatBuffer().get(gradients, 0, count * width);
        for (int k = 1; k < count; k++) {
            if (rows[k] <= rows[k - 1]) {
                throw new IllegalArgumentException("a push of row " + rows[k] + " after " + rows[k - 1]);
            }
        }
        return this;
    }

    float weight() {
        return weight;
    }

    /** The {@code k}-th row; behind the last one a number that is larger than all. */
    int row(int k) {
        return k < count ? rows[k] : Integer.MAX_VALUE;
    }

    /** Adds the gradient of the {@code k}-th row, or puts it there. */
    void addTo(float[] sum, int k, boolean puts) {
        for (int j = 0; j < width; j++) {
            sum[j] = (puts ? 0 : sum[j]) + gradients[k * width + j];
        }
    }
}
