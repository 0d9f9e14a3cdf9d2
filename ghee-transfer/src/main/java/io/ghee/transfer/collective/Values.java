package io.ghee.transfer.collective;

import io.ghee.ConfigurationException;
import io.ghee.train.Collective.Reduction;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;

/**
 * Elements of one type: from a buffer to the wire and back, and reduced. On the wire they are little-endian. Places are counted
 * in elements from the start of the buffer, whatever its position. Used by one thread.
 */
abstract sealed class Values {
    /** What elements there are. */
    enum Type {
        FLOATS(Float.BYTES),
        DOUBLES(Double.BYTES),
        INTS(Integer.BYTES),
        LONGS(Long.BYTES),
        BYTES(1);

        /** Bytes of an element. */
        final int width;

        Type(int width) {
            this.width = width;
        }

        static Type of(Buffer data) {
            if (data instanceof FloatBuffer) {
                return FLOATS;
            } else if (data instanceof DoubleBuffer) {
                return DOUBLES;
            } else if (data instanceof IntBuffer) {
                return INTS;
            } else if (data instanceof LongBuffer) {
                return LONGS;
            }
            throw new ConfigurationException("data of a collective: "
                    + data.getClass().getSimpleName()
                    + " (expected: a FloatBuffer, DoubleBuffer, IntBuffer or LongBuffer)");
        }

        /** Those of {@code data}, a buffer of this type. */
        Values values(Buffer data, Scratch scratch) {
            return switch (this) {
                case FLOATS -> new Floats((FloatBuffer) data, scratch);
                case DOUBLES -> new Doubles((DoubleBuffer) data, scratch);
                case INTS -> new Ints((IntBuffer) data, scratch);
                case LONGS -> new Longs((LongBuffer) data, scratch);
                case BYTES -> new Bytes((ByteBuffer) data);
            };
        }
    }

    /** Room for a few elements of each type: loops over arrays are compiled into vector instructions, those over buffers are not. */
    static final class Scratch {
        private static final int SIZE = 2048;

        private final float[] floats = new float[SIZE];
        private final float[] otherFloats = new float[SIZE];
        private final double[] doubles = new double[SIZE];
        private final double[] otherDoubles = new double[SIZE];
        private final int[] ints = new int[SIZE];
        private final int[] otherInts = new int[SIZE];
        private final long[] longs = new long[SIZE];
        private final long[] otherLongs = new long[SIZE];
    }

    /** Bytes of an element. */
    final int width;

    private Values(Type type) {
        width = type.width;
    }

    /** Writes {@code count} elements from {@code from} on behind the position of {@code out}. */
    abstract void send(int from, int count, ByteBuffer out);

    /** Replaces {@code count} elements from {@code from} on by the next ones of {@code in}. */
    abstract void replace(int from, int count, ByteBuffer in);

    /**
     * Reduces {@code count} elements from {@code from} on with the next ones of {@code in}.
     *
     * @param divisor by which the results are divided
     */
    abstract void reduce(int from, int count, ByteBuffer in, Reduction how, int divisor);

    /** Divides {@code count} elements from {@code from} on. */
    abstract void divide(int from, int count, int divisor);

    /** Bytes, which are not reduced. */
    private static final class Bytes extends Values {
        private final ByteBuffer data;

        Bytes(ByteBuffer data) {
            super(Type.BYTES);
            this.data = data;
        }

        @Override
        void send(int from, int count, ByteBuffer out) {
            out.put(out.position(), data, from, count).position(out.position() + count);
        }

        @Override
        void replace(int from, int count, ByteBuffer in) {
            data.put(from, in, in.position(), count);
            in.position(in.position() + count);
        }

        @Override
        void reduce(int from, int count, ByteBuffer in, Reduction how, int divisor) {
            throw new IllegalStateException("bytes are not reduced");
        }

        @Override
        void divide(int from, int count, int divisor) {
            throw new IllegalStateException("bytes are not divided");
        }
    }

    /** See {@link Type#FLOATS}. */
    private static final class Floats extends Values {
        private final FloatBuffer data;
        private final float[] mine;
        private final float[] theirs;

        Floats(FloatBuffer data, Scratch scratch) {
            super(Type.FLOATS);
            this.data = data;
            mine = scratch.floats;
            theirs = scratch.otherFloats;
        }

        @Override
        void send(int from, int count, ByteBuffer out) {
            out.asFloatBuffer().put(0, data, from, count);
            out.position(out.position() + count * Float.BYTES);
        }

        @Override
        void replace(int from, int count, ByteBuffer in) {
            data.put(from, in.asFloatBuffer(), 0, count);
            in.position(in.position() + count * Float.BYTES);
        }

        @Override
        void reduce(int from, int count, ByteBuffer in, Reduction how, int divisor) {
            FloatBuffer source = in.asFloatBuffer();
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                source.get(done, theirs, 0, some);
                data.get(from + done, mine, 0, some);
                switch (how) {
                    case SUM, MEAN -> add(mine, theirs, some);
                    case MIN -> min(mine, theirs, some);
                    case MAX -> max(mine, theirs, some);
                }
                if (divisor > 1) {
                    divideAll(mine, divisor, some);
                }
                data.put(from + done, mine, 0, some);
            }
            in.position(in.position() + count * Float.BYTES);
        }

        @Override
        void divide(int from, int count, int divisor) {
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                data.get(from + done, mine, 0, some);
                divideAll(mine, divisor, some);
                data.put(from + done, mine, 0, some);
            }
        }

        private static void add(float[] mine, float[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] += theirs[k];
            }
        }

        private static void min(float[] mine, float[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.min(mine[k], theirs[k]);
            }
        }

        private static void max(float[] mine, float[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.max(mine[k], theirs[k]);
            }
        }

        private static void divideAll(float[] values, int divisor, int count) {
            for (int k = 0; k < count; k++) {
                values[k] /= divisor;
            }
        }
    }

    /** See {@link Type#DOUBLES}. */
    private static final class Doubles extends Values {
        private final DoubleBuffer data;
        private final double[] mine;
        private final double[] theirs;

        Doubles(DoubleBuffer data, Scratch scratch) {
            super(Type.DOUBLES);
            this.data = data;
            mine = scratch.doubles;
            theirs = scratch.otherDoubles;
        }

        @Override
        void send(int from, int count, ByteBuffer out) {
            out.asDoubleBuffer().put(0, data, from, count);
            out.position(out.position() + count * Double.BYTES);
        }

        @Override
        void replace(int from, int count, ByteBuffer in) {
            data.put(from, in.asDoubleBuffer(), 0, count);
            in.position(in.position() + count * Double.BYTES);
        }

        @Override
        void reduce(int from, int count, ByteBuffer in, Reduction how, int divisor) {
            DoubleBuffer source = in.asDoubleBuffer();
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                source.get(done, theirs, 0, some);
                data.get(from + done, mine, 0, some);
                switch (how) {
                    case SUM, MEAN -> add(mine, theirs, some);
                    case MIN -> min(mine, theirs, some);
                    case MAX -> max(mine, theirs, some);
                }
                if (divisor > 1) {
                    divideAll(mine, divisor, some);
                }
                data.put(from + done, mine, 0, some);
            }
            in.position(in.position() + count * Double.BYTES);
        }

        @Override
        void divide(int from, int count, int divisor) {
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                data.get(from + done, mine, 0, some);
                divideAll(mine, divisor, some);
                data.put(from + done, mine, 0, some);
            }
        }

        private static void add(double[] mine, double[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] += theirs[k];
            }
        }

        private static void min(double[] mine, double[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.min(mine[k], theirs[k]);
            }
        }

        private static void max(double[] mine, double[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.max(mine[k], theirs[k]);
            }
        }

        private static void divideAll(double[] values, int divisor, int count) {
            for (int k = 0; k < count; k++) {
                values[k] /= divisor;
            }
        }
    }

    /** See {@link Type#INTS}. */
    private static final class Ints extends Values {
        private final IntBuffer data;
        private final int[] mine;
        private final int[] theirs;

        Ints(IntBuffer data, Scratch scratch) {
            super(Type.INTS);
            this.data = data;
            mine = scratch.ints;
            theirs = scratch.otherInts;
        }

        @Override
        void send(int from, int count, ByteBuffer out) {
            out.asIntBuffer().put(0, data, from, count);
            out.position(out.position() + count * Integer.BYTES);
        }

        @Override
        void replace(int from, int count, ByteBuffer in) {
            data.put(from, in.asIntBuffer(), 0, count);
            in.position(in.position() + count * Integer.BYTES);
        }

        @Override
        void reduce(int from, int count, ByteBuffer in, Reduction how, int divisor) {
            IntBuffer source = in.asIntBuffer();
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                source.get(done, theirs, 0, some);
                data.get(from + done, mine, 0, some);
                switch (how) {
                    case SUM, MEAN -> add(mine, theirs, some);
                    case MIN -> min(mine, theirs, some);
                    case MAX -> max(mine, theirs, some);
                }
                if (divisor > 1) {
                    divideAll(mine, divisor, some);
                }
                data.put(from + done, mine, 0, some);
            }
            in.position(in.position() + count * Integer.BYTES);
        }

        @Override
        void divide(int from, int count, int divisor) {
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                data.get(from + done, mine, 0, some);
                divideAll(mine, divisor, some);
                data.put(from + done, mine, 0, some);
            }
        }

        private static void add(int[] mine, int[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] += theirs[k];
            }
        }

        private static void min(int[] mine, int[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.min(mine[k], theirs[k]);
            }
        }

        private static void max(int[] mine, int[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.max(mine[k], theirs[k]);
            }
        }

        private static void divideAll(int[] values, int divisor, int count) {
            for (int k = 0; k < count; k++) {
                values[k] /= divisor;
            }
        }
    }

    /** See {@link Type#LONGS}. */
    private static final class Longs extends Values {
        private final LongBuffer data;
        private final long[] mine;
        private final long[] theirs;

        Longs(LongBuffer data, Scratch scratch) {
            super(Type.LONGS);
            this.data = data;
            mine = scratch.longs;
            theirs = scratch.otherLongs;
        }

        @Override
        void send(int from, int count, ByteBuffer out) {
            out.asLongBuffer().put(0, data, from, count);
            out.position(out.position() + count * Long.BYTES);
        }

        @Override
        void replace(int from, int count, ByteBuffer in) {
            data.put(from, in.asLongBuffer(), 0, count);
            in.position(in.position() + count * Long.BYTES);
        }

        @Override
        void reduce(int from, int count, ByteBuffer in, Reduction how, int divisor) {
            LongBuffer source = in.asLongBuffer();
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                source.get(done, theirs, 0, some);
                data.get(from + done, mine, 0, some);
                switch (how) {
                    case SUM, MEAN -> add(mine, theirs, some);
                    case MIN -> min(mine, theirs, some);
                    case MAX -> max(mine, theirs, some);
                }
                if (divisor > 1) {
                    divideAll(mine, divisor, some);
                }
                data.put(from + done, mine, 0, some);
            }
            in.position(in.position() + count * Long.BYTES);
        }

        @Override
        void divide(int from, int count, int divisor) {
            for (int done = 0; done < count; done += mine.length) {
                int some = Math.min(mine.length, count - done);
                data.get(from + done, mine, 0, some);
                divideAll(mine, divisor, some);
                data.put(from + done, mine, 0, some);
            }
        }

        private static void add(long[] mine, long[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] += theirs[k];
            }
        }

        private static void min(long[] mine, long[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.min(mine[k], theirs[k]);
            }
        }

        private static void max(long[] mine, long[] theirs, int count) {
            for (int k = 0; k < count; k++) {
                mine[k] = Math.max(mine[k], theirs[k]);
            }
        }

        private static void divideAll(long[] values, int divisor, int count) {
            for (int k = 0; k < count; k++) {
                values[k] /= divisor;
            }
        }
    }
}
