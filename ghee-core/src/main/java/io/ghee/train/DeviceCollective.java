package io.ghee.train;

import io.ghee.train.Collective.Reduction;

/**
 * What the ranks of a train stage do together with arrays that lie on a GPU of each; the operations are those of {@link
 * Collective}. Every rank makes the same calls in the same order. An operation comes after what was given to the device's
 * default stream before, and has its result when the call returns.
 *
 * <p>Used by one thread of each rank. A call throws {@link io.ghee.ConfigurationException} where ranks call different
 * operations, or an array does not lie on the device, and {@link io.ghee.InfrastructureException} where a rank is lost or a
 * device fails; then the collective is of no use any more.
 */
public interface DeviceCollective {
    /** Replaces each element, on every rank, by the reduction over all ranks. */
    void allReduce(DeviceArray data, Reduction how);

    /**
     * Reduces as {@link #allReduce} does, and leaves each rank its part.
     *
     * @param all as many elements as all parts together
     * @param mine takes this rank's part; may be that part of {@code all}, and overlaps it nowhere else
     */
    void reduceScatter(DeviceArray all, DeviceArray mine, Reduction how);

    /**
     * Puts together the parts of all ranks, in their order.
     *
     * @param mine as many elements as everybody else's; may be this rank's part of {@code all}, and overlaps it nowhere else
     * @param all takes the parts
     */
    void allGather(DeviceArray mine, DeviceArray all);

    /** Replaces the data of every rank by that of rank {@code root}. */
    void broadcast(DeviceArray data, int root);
}
