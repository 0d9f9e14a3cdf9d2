package io.ghee.run;

import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.train.Collective;
import org.jspecify.annotations.Nullable;

/**
 * How a worker's task gets its channels: new ones for every generation. {@link #join} is called by the task's thread.
 *
 * <p>When the driver calls for a new generation, the channels of the old one are {@linkplain Outlet#abandon abandoned}.
 */
public interface Wiring {
    /** The channels of a generation; the task closes them. */
    record Wired(
            Start start, @Nullable Inlet inlet, @Nullable Outlet outlet) {}

    /** The generation that the driver has called for last. Any thread may ask; cheap. */
    int generation();

    /** True once everything has arrived in the last stage. Any thread may ask. */
    boolean isOver();

    /**
     * Waits until a generation later than {@code after} begins, and connects its channels.
     *
     * @param after the last generation that this worker was part of, or -1
     * @param standing how far this replica is
     * @throws InterruptedException if the worker is to end
     */
    Wired join(int after, Standing standing) throws InterruptedException;

    /**
     * Joins this replica with the others of its stage, in the attempt of the generation that was joined last.
     *
     * @param whileWaiting is called, by the thread that uses the collective, every now and then while that waits for others;
     *     what it throws ends the waiting
     */
    Collective collective(Runnable whileWaiting) throws InterruptedException;
}
