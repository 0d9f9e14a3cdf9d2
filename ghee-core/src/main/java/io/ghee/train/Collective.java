package io.ghee.train;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What the ranks of a train stage do together. Every rank makes the same calls in the same order, and each call returns when
 * the rank has its result. The semantics are those of the operations of the same names in MPI 4.0, chapter 6.
 *
 * <p>Data lies between position and limit of its buffer, which are left as they are: a {@link java.nio.FloatBuffer}, {@link
 * java.nio.DoubleBuffer}, {@link java.nio.IntBuffer} or {@link java.nio.LongBuffer}, fastest if it is direct and in native
 * order. The result is the same on every rank, bit for bit, and the same again whenever the same ranks bring the same data.
 *
 * <p>Used by one thread of each rank. A call throws {@link io.ghee.ConfigurationException} where ranks call different
 * operations, or bring buffers of different kinds or lengths, and {@link io.ghee.InfrastructureException}, naming the rank,
 * where one is lost; then the collective is of no use any more.
 */
public interface Collective {
    /** How the values of the ranks become one; whole numbers are averaged rounding towards zero. */
    enum Reduction {
        SUM,
        MEAN,
        MIN,
        MAX
    }

    /** This rank, from 0. */
    int rank();

    /** How many ranks take part. */
    int size();

    /** Replaces each element, on every rank, by the reduction over all ranks. */
    void allReduce(Buffer data, Reduction how);

    /**
     * Reduces as {@link #allReduce} does, and leaves each rank its part.
     *
     * @param all as many elements as all parts together; what is in it afterwards is undefined
     * @param mine takes part {@link #rank} of {@link #size} equal ones
     */
    void reduceScatter(Buffer all, Buffer mine, Reduction how);

    /**
     * Puts together the parts of all ranks, in their order.
     *
     * @param mine as many elements as everybody else's
     * @param all takes the parts
     */
    void allGather(Buffer mine, Buffer all);

    /**
     * What every rank brings, in their order; of any length each.
     *
     * @return buffers of their own, read-only, in little-endian order
     */
    List<ByteBuffer> allGather(ByteBuffer mine);

    /** Replaces the data of every rank by that of rank {@code root}. */
    void broadcast(Buffer data, int root);

    /** Returns when every rank has called it. */
    void barrier();

    /**
     * To be called every 20 ms or so by who waits for other ranks by other means: does what an operation does while it waits.
     * Asks nobody, and returns at once; throws what an operation would throw if it is known by now that a rank is lost.
     */
    void keepUp();
}
