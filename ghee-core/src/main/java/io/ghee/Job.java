package io.ghee;

import io.ghee.run.JobProgress;
import java.time.Duration;

/** A running pipeline. It goes on without being watched; the end of the JVM cancels it. Thread-safe. */
public interface Job {
    /** The job's unique name: the pipeline's name and a suffix. */
    String name();

    /**
     * Waits for the end: all output is committed, no worker is left.
     *
     * @throws StageFailedException if a worker failed; nothing was committed
     * @throws GheeException if the job could not be run, committed, or was cancelled
     */
    JobProgress await() throws InterruptedException;

    /**
     * Waits for the end, but not longer than {@code timeout}; the job goes on.
     *
     * @throws InfrastructureException if the job has not ended by then, with how far it is
     */
    JobProgress await(Duration timeout) throws InterruptedException;

    /** How far the job is. */
    JobProgress progress();

    /**
     * Ends a job that commits on the way as if its input ended here: nothing more is read, what has been read is written and
     * committed, and the job ends well. Its output is not marked as complete: started again under its name, the pipeline goes
     * on from there. Returns at the end.
     *
     * @throws ConfigurationException if the job commits once, in the end; it goes on
     * @throws InfrastructureException if it has not ended within {@code timeout}; it goes on ending
     * @throws GheeException if it fails, or has failed
     */
    void stop(Duration timeout) throws InterruptedException;

    /**
     * Lets so many replicas of a train stage take part, of those that it may have: from the next step on at which all can save
     * what they go on from. What is left of the epoch is dealt evenly among them. Returns at once.
     *
     * @throws ConfigurationException if the stage is not a train stage of {@link Resources#replicas(int, int)}, or may not have
     *     so many
     */
    void rescale(String stage, int replicas);

    /** Stops the workers and takes away what was written; returns when that is done. Does nothing after the end. */
    void cancel() throws InterruptedException;
}
