package io.ghee.run;

import io.ghee.source.Split;
import java.time.Duration;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a worker asks of the driver. In one JVM the driver itself; in another process, a connection to it. Thread-safe.
 *
 * <p>Every question says which generation it is asked in; one that is over gets an
 * {@link io.ghee.channel.AbandonedException}.
 */
public interface Coordinator {
    /**
     * One split of one pass to read.
     *
     * @param epoch the pass; never less than that of the worker's last assignment in this generation
     * @param number the place of the split among all splits of a pass
     * @param split what to read, or null if there is nothing more, in any epoch
     * @param from the first place that is needed of it
     * @param consumed what need not be read of it, as {@link Consumed#toBytes} wrote it
     */
    record Assignment(int epoch, int number, @Nullable Split split, long from, byte[] consumed) {}

    /**
     * What a rank of the train stage is to do at the end of a step.
     *
     * @param save what training goes on from, rank 0 the state under this name; nothing if it is empty
     * @param stop that was the last step
     * @param next the step at whose end it is to ask again
     */
    record StepOrder(String save, boolean stop, long next) {}

    /** The next split for a replica of the first stage; or for a lane of it, where the order is always the same. */
    Assignment nextSplit(int generation, int replica) throws InterruptedException;

    /**
     * Whose turn it is under an even distribution: the consumer that has been dealt the least of this epoch, by all
     * senders together.
     *
     * @param stage the sending stage
     * @param team of which the consumer is to be; 0 where all are one
     * @param amount what is dealt: rows where the receiver joins or takes apart what it gets, else 1 for the batch
     */
    int deal(int generation, int stage, int epoch, int team, int amount) throws InterruptedException;

    /**
     * Reports that a replica of the last stage has been given all of a pass, and asks whether all replicas have.
     *
     * @param patience how long the answer may wait for the others
     * @return true once the pass is over for all, and nothing of it will come again
     */
    boolean epochOver(int generation, int replica, int epoch, Duration patience) throws InterruptedException;

    /** True if some replica of the last stage has been given all of a pass: the others are to go on to its end, too. */
    boolean isEnding(int generation, int epoch) throws InterruptedException;

    /**
     * Reports how many batches of a pass a rank of the train stage has, and asks how many each of them is to have.
     *
     * @param attempt of the train stage
     * @param patience how long the answer may wait for the others
     * @return the number, or nothing while some have not reported yet
     */
    OptionalInt evenOut(int attempt, int replica, int epoch, int batches, Duration patience)
            throws InterruptedException;

    /**
     * Asks what to do at the end of a step. All ranks of a team ask at the same ones, from the first of an attempt on, and
     * get the same answer.
     */
    StepOrder atStep(int attempt, int replica, long step) throws InterruptedException;

    /**
     * Reports that a rank has saved; for rank 0 on another thread than its task's.
     *
     * @param position how far the rank was, as {@code TrainPosition} wrote it
     * @param failure why it could not save; empty if it could
     */
    void saved(int attempt, int replica, byte[] position, String failure) throws InterruptedException;

    /** Reports that a trial has failed, and leaves nothing. */
    void trialFailed(int replica, String reason) throws InterruptedException;

    /**
     * Reports a malformed record, and asks whether the job goes on without it.
     *
     * @param message what is wrong and where
     */
    boolean skip(int stage, int replica, String message) throws InterruptedException;

    /**
     * Reports that a worker has done all its work of this generation.
     *
     * @param committable what the sink's commit needs to know of it; empty if its stage does not write
     */
    void finished(int generation, int stage, int replica, String committable, WorkerProgress progress)
            throws InterruptedException;

    /** Reports that a worker cannot go on in this generation. */
    void failed(int generation, Failure failure);
}
