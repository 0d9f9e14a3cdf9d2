package io.ghee.train;

import io.ghee.Resources;

/**
 * What a {@link TrainFunction} sees of the job. Used by the thread that runs the function.
 *
 * @param <T> the records
 */
public interface TrainContext<T> {
    /**
     * The training passes, in order; iterate them once. An epoch that was not read to its end is skipped when the next
     * one is asked for.
     */
    Iterable<Epoch<T>> epochs();

    /**
     * The records that {@code holdOut} kept from training, in one pass after the last epoch. Empty if the pipeline holds
     * nothing out. Asking for it skips what is left of the training epochs.
     */
    Epoch<T> heldOut();

    /** This replica's place among the replicas of the stage, from 0. */
    int rank();

    /** How many replicas the stage has. */
    int worldSize();

    /**
     * What the ranks do together: averaging gradients, above all. Every rank has to take part; as each of them is given the
     * same number of batches in an epoch, a call per batch does. The stage has to be given its batches by {@code even}.
     *
     * @throws io.ghee.InfrastructureException if the ranks do not find together
     */
    Collective collective();

    /** The execution environment of the stage. */
    Resources resources();

    /** Adds a value to a named series ("loss", "rmse") that progress, report and {@link io.ghee.Job} show. */
    void report(String metric, double value);
}
