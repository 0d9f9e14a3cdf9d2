package io.ghee.transfer.parameters;

import static io.ghee.ConfigurationException.check;

import io.ghee.InputException;
import io.ghee.train.Checkpointable;
import io.ghee.train.ParameterTable.RowVisitor;
import io.ghee.train.RowOptimizer;
import io.ghee.train.TableSpec;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.BitSet;
import java.util.List;

/**
 * A part of a table: the rows of those ids that leave {@code index} when they are divided by the number of parts. Their place
 * in the part is the quotient.
 *
 * <p>Rows lie in blocks of a few KiB, each with what the optimizer keeps of it, as a step reads both: a block comes into being
 * when one of its rows is first pushed to. So a part takes the memory of arrays where most rows are used, without an index, and
 * little where few are. A snapshot shares all blocks, and a block is copied when it is first written to after that.
 *
 * <p>Guarded by its server.
 */
final class Shard {
    private static final int BLOCK_FLOATS = 1 << 11;

    /** "gheerows" in little-endian order. */
    private static final long MAGIC = 0x73776f7265656867L;

    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 8 + 8 + 8 + 7 * 4;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final TableSpec spec;
    private final int index;
    private final int shards;
    private final int rows;
    private final int width;
    /** A row is [parameters | state of the optimizer]. */
    private final int stride;

    private final int shift;
    private final float[][] blocks;
    /** Which blocks a snapshot has, too. */
    private final BitSet shared = new BitSet();

    private final float[] sum;
    private long steps;

    /** @param index of this part among {@code shards} */
    Shard(TableSpec spec, int index, int shards) {
        this.spec = spec;
        this.index = index;
        this.shards = shards;
        long mine = (spec.rows() - index + shards - 1) / shards;
        check(mine < Integer.MAX_VALUE, "rows of a part of the table", mine, "< 2^31; more servers have less each");
        rows = (int) mine;
        width = spec.width();
        stride = width * (1 + stateFloats(spec.optimizer()));
        shift = Math.max(0, 31 - Integer.numberOfLeadingZeros(Math.max(1, BLOCK_FLOATS / stride)));
        blocks = new float[(int) (((long) rows + (1 << shift) - 1) >>> shift)][];
        sum = new float[width];
    }

    private static int stateFloats(RowOptimizer optimizer) {
        return optimizer instanceof RowOptimizer.Adagrad ? 1 : 2;
    }

    int rows() {
        return rows;
    }

    int width() {
        return width;
    }

    /** Bytes of the blocks. */
    long bytes() {
        long all = 0;
        for (float[] block : blocks) {
            all += block == null ? 0 : (long) Float.BYTES * block.length;
        }
        return all;
    }

    private long id(int row) {
        return (long) row * shards + index;
    }

    private int place(int row) {
        return (row & (1 << shift) - 1) * stride;
    }

    private void checkRow(int row) {
        if (row < 0 || row >= rows) {
            throw new IllegalArgumentException("row: " + row + " (expected: >= 0 and < " + rows + ")");
        }
    }

    /** Copies the parameters of rows, from position to limit, to where {@code out} is. */
    void gather(IntBuffer wanted, FloatBuffer out) {
        while (wanted.hasRemaining()) {
            int row = wanted.get();
            checkRow(row);
            float[] block = blocks[row >>> shift];
            if (block != null) {
                out.put(block, place(row), width);
            } else {
                for (int k = 0; k < width; k++) {
                    out.put(initial(id(row), k));
                }
            }
        }
    }

    private float initial(long id, int k) {
        if (spec.spread() == 0) {
            return 0;
        }
        // The finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
        long x = spec.seed() + GOLDEN * (id * width + k + 1);
        x = (x ^ x >>> 30) * 0xBF58476D1CE4E5B9L;
        x = (x ^ x >>> 27) * 0x94D049BB133111EBL;
        x ^= x >>> 31;
        return spec.spread() * ((x >> 40) * 0x1p-23f);
    }

    private float[] newBlock(int number) {
        float[] block = new float[stride << shift];
        if (spec.spread() > 0) {
            for (int row = 0; row < 1 << shift; row++) {
                for (int k = 0; k < width; k++) {
                    block[row * stride + k] = initial(id((number << shift) + row), k);
                }
            }
        }
        return block;
    }

    /** A block that is no snapshot's. */
    private float[] writable(int number) {
        float[] block = blocks[number];
        if (block == null) {
            block = newBlock(number);
            blocks[number] = block;
        } else if (shared.get(number)) {
            block = block.clone();
            blocks[number] = block;
            shared.clear(number);
        }
        return block;
    }

    /**
     * A step of the optimizer, with the sum of gradients over the sum of weights; those of the same row are added up in the
     * order of the pushes. Without any weight nothing happens.
     */
    void step(List<Push> pushes) {
        float weight = 0;
        for (Push push : pushes) {
            weight += push.weight();
        }
        if (!(weight > 0)) {
            return;
        }
        steps++;
        Update update = update(1 / weight);
        int[] at = new int[pushes.size()];
        while (true) {
            int row = Integer.MAX_VALUE;
            for (int k = 0; k < at.length; k++) {
                row = Math.min(row, pushes.get(k).row(at[k]));
            }
            if (row == Integer.MAX_VALUE) {
                return;
            }
            checkRow(row);
            boolean first = true;
            for (int k = 0; k < at.length; k++) {
                Push push = pushes.get(k);
                if (push.row(at[k]) == row) {
                    push.addTo(sum, at[k]++, first);
                    first = false;
                }
            }
            update.apply(writable(row >>> shift), place(row));
        }
    }

    private interface Update {
        void apply(float[] block, int at);
    }

    private Update update(float scale) {
        RowOptimizer optimizer = spec.optimizer();
        if (optimizer instanceof RowOptimizer.Adagrad adagrad) {
            return (block, at) -> adagrad(adagrad, scale, block, at);
        }
        RowOptimizer.Adam adam = (RowOptimizer.Adam) optimizer;
        float correct2 = (float) Math.sqrt(1 - Math.pow(adam.beta2(), steps));
        float rate = (float) (adam.learningRate() * correct2 / (1 - Math.pow(adam.beta1(), steps)));
        float epsilon = adam.epsilon() * correct2;
        return (block, at) -> adam(adam, scale, rate, epsilon, block, at);
    }

    private void adagrad(RowOptimizer.Adagrad how, float scale, float[] block, int at) {
        for (int k = 0; k < width; k++) {
            float p = block[at + k];
            float gradient = scale * sum[k] + how.l2() * p;
            float squares = block[at + width + k] + gradient * gradient;
            block[at + width + k] = squares;
            block[at + k] = p - how.learningRate() * gradient / ((float) Math.sqrt(squares) + how.epsilon());
        }
    }

    private void adam(RowOptimizer.Adam how, float scale, float rate, float epsilon, float[] block, int at) {
        for (int k = 0; k < width; k++) {
            float p = block[at + k];
            float gradient = scale * sum[k] + how.l2() * p;
            float m = how.beta1() * block[at + width + k] + (1 - how.beta1()) * gradient;
            float v = how.beta2() * block[at + 2 * width + k] + (1 - how.beta2()) * gradient * gradient;
            block[at + width + k] = m;
            block[at + 2 * width + k] = v;
            block[at + k] = p - rate * m / ((float) Math.sqrt(v) + epsilon);
        }
    }

    /** What it is now; quick. */
    Checkpointable.Snapshot snapshot() {
        float[][] now = blocks.clone();
        shared.set(0, blocks.length);
        long after = steps;
        return out -> write(now, after, out);
    }

    private void write(float[][] now, long after, OutputStream out) throws IOException {
        int count = 0;
        for (float[] block : now) {
            count += block == null ? 0 : 1;
        }
        byte[] bytes = new byte[Math.max(HEADER_BYTES, 4 + blockBytes())];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(MAGIC).putLong(spec.rows()).putLong(after);
        buffer.putInt(VERSION).putInt(width).putInt(stride).putInt(index).putInt(shards);
        buffer.putInt(1 << shift).putInt(count);
        out.write(bytes, 0, HEADER_BYTES);
        for (int number = 0; number < now.length; number++) {
            if (now[number] != null) {
                buffer.clear().putInt(number);
                buffer.asFloatBuffer().put(now[number]);
                out.write(bytes, 0, 4 + blockBytes());
            }
        }
    }

    private int blockBytes() {
        return Float.BYTES * (stride << shift);
    }

    /**
     * Takes those rows of a part, be it this one or one of another number of parts, that are here now. Every part of a table
     * that was saved is to be restored.
     *
     * @throws InputException if it is of another table
     */
    void restore(InputStream in) throws IOException {
        ByteBuffer header = read(in, new byte[HEADER_BYTES]);
        boolean isPart = header.getLong() == MAGIC;
        long itsRows = header.getLong();
        long after = header.getLong();
        int version = header.getInt();
        String its = itsRows + " rows of " + header.getInt() + " floats, " + header.getInt() + " with the optimizer's";
        String mine = spec.rows() + " rows of " + width + " floats, " + stride + " with the optimizer's";
        if (!isPart || version != VERSION) {
            throw new InputException("a part of a table " + (isPart ? "of version " + version : "that is none")
                    + " (expected: version " + VERSION + ")");
        } else if (!its.equals(mine)) {
            throw new InputException("a table of " + its + " (expected: " + mine + ")");
        }
        int itsIndex = header.getInt();
        int itsShards = header.getInt();
        int itsBlock = header.getInt();
        int count = header.getInt();
        if (itsBlock != 1 << shift || itsShards < 1 || itsIndex < 0 || itsIndex >= itsShards || count < 0) {
            throw new InputException("a part of a table, " + itsIndex + " of " + itsShards + " in " + count
                    + " blocks of " + itsBlock + " rows (expected: of " + (1 << shift) + ")");
        }
        steps = after;
        if (itsShards == shards && itsIndex != index) {
            in.skipNBytes((long) count * (4 + blockBytes()));
            return;
        }
        byte[] bytes = new byte[4 + blockBytes()];
        float[] block = new float[stride << shift];
        for (int k = 0; k < count; k++) {
            ByteBuffer buffer = read(in, bytes);
            int number = buffer.getInt();
            buffer.asFloatBuffer().get(block);
            take(itsIndex, itsShards, number, block);
        }
    }

    private void take(int itsIndex, int itsShards, int number, float[] block) {
        for (int row = 0; row < 1 << shift; row++) {
            long id = ((long) number << shift | row) * itsShards + itsIndex;
            if (number >= 0 && id < spec.rows() && id % shards == index) {
                int mine = (int) (id / shards);
                System.arraycopy(block, row * stride, writable(mine >>> shift), place(mine), stride);
            }
        }
    }

    private static ByteBuffer read(InputStream in, byte[] bytes) throws IOException {
        int there = in.readNBytes(bytes, 0, bytes.length);
        if (there < bytes.length) {
            throw new EOFException("a part of a table ends " + (bytes.length - there) + " bytes too early");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Shows the rows of all blocks that there are. */
    void forEachRow(RowVisitor visitor) throws IOException {
        for (int number = 0; number < blocks.length; number++) {
            float[] block = blocks[number];
            for (int row = 0; block != null && row < 1 << shift; row++) {
                long mine = (long) number << shift | row;
                if (mine < rows) {
                    visitor.row(id((int) mine), block, row * stride);
                }
            }
        }
    }
}
