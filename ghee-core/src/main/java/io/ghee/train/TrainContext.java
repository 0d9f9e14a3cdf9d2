package io.ghee.train;

import io.ghee.Resources;
import java.io.IOException;

/**
 * What a {@link TrainFunction} sees of the job. Used by the thread that runs the function.
 *
 * @param <T> the records
 */
public interface TrainContext<T> {
    /**
     * The training passes, in order, from the one on that a checkpoint left off in; iterate them once. An epoch that was not read to its end is skipped when the next
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

    /**
     * To be called every 20 ms or so by who waits for other ranks by other means than the {@link #collective}, which does that
     * itself: another rank may need this one meanwhile, to begin again with the stages before or to come to the end of a pass.
     * What it throws ends the waiting.
     */
    default void keepUp() {}

    /**
     * Keeps the state of training in the checkpoints of the pipeline ({@link io.ghee.Pipeline#withCheckpoints}), and brings it
     * to where the last one left it: the epochs then go on with the record behind it. To be called once, before the first
     * batch, by all ranks with equal states: rank 0 saves it, all restore it. It is saved when the next batch is asked for:
     * by then a step is to be done. Does nothing if the pipeline has no checkpoints.
     *
     * @throws io.ghee.InputException if the checkpoint is damaged, or of something else
     */
    void checkpoint(Checkpointable state) throws IOException;

    /** The execution environment of the stage. */
    Resources resources();

    /** How many batches this rank has been given in training, those before the checkpoint it goes on from included. */
    long step();

    /**
     * Adds a value to a named series ("loss", "rmse") that progress, report and {@link io.ghee.Job} show.
     *
     * @throws io.ghee.InputException if it is the "loss", and no finite number: nothing good can come after that
     */
    void report(String metric, double value);
}
