package io.ghee.run;

import io.ghee.ConfigurationException;
import io.ghee.train.Collective.Reduction;
import java.nio.Buffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongBinaryOperator;

/** A copy of some elements of a buffer. One JVM has little to reduce: this is short, not fast. */
sealed interface Elements {
    /** Floating point, of single precision or double. */
    record Reals(double[] values, boolean single) implements Elements {
        private double rounded(double value) {
            // Of a sum or a quotient of two floats this is what float arithmetic gives.
            return single ? (float) value : value;
        }
    }

    /** Whole numbers. */
    record Wholes(long[] values) implements Elements {}

    /** What the elements of a buffer are called. */
    static String kind(Buffer data) {
        if (data instanceof FloatBuffer) {
            return "floats";
        } else if (data instanceof DoubleBuffer) {
            return "doubles";
        } else if (data instanceof IntBuffer) {
            return "ints";
        } else if (data instanceof LongBuffer) {
            return "longs";
        }
        throw new ConfigurationException(
                "data of a collective: " + data.getClass().getSimpleName()
                        + " (expected: a FloatBuffer, DoubleBuffer, IntBuffer or LongBuffer)");
    }

    /** {@code count} elements from the {@code from}th behind the position on. */
    static Elements copy(Buffer data, int from, int count) {
        int start = data.position() + from;
        if (data instanceof FloatBuffer floats) {
            double[] values = new double[count];
            Arrays.setAll(values, k -> floats.get(start + k));
            return new Reals(values, true);
        } else if (data instanceof DoubleBuffer doubles) {
            double[] values = new double[count];
            doubles.get(start, values);
            return new Reals(values, false);
        } else if (data instanceof IntBuffer ints) {
            long[] values = new long[count];
            Arrays.setAll(values, k -> ints.get(start + k));
            return new Wholes(values);
        }
        long[] values = new long[count];
        ((LongBuffer) data).get(start, values);
        return new Wholes(values);
    }

    /** Some of these. */
    default Elements part(int from, int count) {
        return this instanceof Reals reals
                ? new Reals(Arrays.copyOfRange(reals.values, from, from + count), reals.single)
                : new Wholes(Arrays.copyOfRange(((Wholes) this).values, from, from + count));
    }

    /** Puts these into a buffer, from the {@code from}th element behind its position on. */
    default void putInto(Buffer data, int from) {
        int start = data.position() + from;
        if (this instanceof Reals reals) {
            for (int k = 0; k < reals.values.length; k++) {
                if (data instanceof FloatBuffer floats) {
                    floats.put(start + k, (float) reals.values[k]);
                } else {
                    ((DoubleBuffer) data).put(start + k, reals.values[k]);
                }
            }
        } else if (this instanceof Wholes wholes) {
            for (int k = 0; k < wholes.values.length; k++) {
                if (data instanceof IntBuffer ints) {
                    ints.put(start + k, (int) wholes.values[k]);
                } else {
                    ((LongBuffer) data).put(start + k, wholes.values[k]);
                }
            }
        }
    }

    /**
     * The reduction over all.
     *
     * @param first the one that it begins with, by the index of the element; from there on it goes round
     */
    static Elements reduce(List<Elements> all, Reduction how, IntUnaryOperator first) {
        int ranks = all.size();
        if (all.get(0) instanceof Reals some) {
            DoubleBinaryOperator operator = switch (how) {
                case SUM, MEAN -> Double::sum;
                case MIN -> Math::min;
                case MAX -> Math::max;
            };
            double[] result = new double[some.values.length];
            for (int k = 0; k < result.length; k++) {
                int begin = first.applyAsInt(k);
                double value = ((Reals) all.get(begin)).values[k];
                for (int next = 1; next < ranks; next++) {
                    double other = ((Reals) all.get((begin + next) % ranks)).values[k];
                    value = some.rounded(operator.applyAsDouble(value, other));
                }
                result[k] = how == Reduction.MEAN ? some.rounded(value / ranks) : value;
            }
            return new Reals(result, some.single);
        }
        long[] result = ((Wholes) all.get(0)).values.clone();
        LongBinaryOperator operator = switch (how) {
            case SUM, MEAN -> Long::sum;
            case MIN -> Math::min;
            case MAX -> Math::max;
        };
        for (Elements next : all.subList(1, ranks)) {
            long[] values = ((Wholes) next).values;
            Arrays.setAll(result, k -> operator.applyAsLong(result[k], values[k]));
        }
        if (how == Reduction.MEAN) {
            Arrays.setAll(result, k -> result[k] / ranks);
        }
        return new Wholes(result);
    }
}
