package io.ghee.sink;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * A sink whose writers commit on the way, each for itself: what a writer has written since its last commit becomes final in
 * one step with its position, which tells what of the source that was made of. So a job that is started again finds here how
 * far it was, and goes on from there.
 *
 * <p>Such a job goes by the name of its pipeline, wherever a method of {@link Sink} asks for the job's. Instead of {@link
 * #prepare}, the driver
 *
 * <ol>
 *   <li>{@linkplain #takeOver takes the sink over}: whoever had it before cannot commit any more;
 *   <li>lets the new attempt {@link #begin} with all the positions in one;
 *   <li>starts the workers, and does both again when the last stage has to begin anew;
 *   <li>calls {@link #commit} in the end, with what the writers have {@linkplain SinkWriter#finish finished} after their last
 *       commits; or else {@link #abort}, which leaves what is committed.
 * </ol>
 *
 * @param <T> the records
 */
public interface ResumableSink<T> extends Sink<T> {
    /**
     * What a driver finds that takes a sink over.
     *
     * @param attempt a number for the attempt that now begins, greater than those of all before it
     * @param positions what the last attempt began with, and the last that each of its writers has committed; empty at the
     *     very first
     */
    record Taken(int attempt, List<byte[]> positions) {}

    /**
     * Checks the destination and takes it over. When it returns, no writer that was opened before can commit any more, and those that were in the
     * middle of it have done so, or have not and never will; what they have written and not committed never becomes visible.
     *
     * @param last the attempt that this driver has begun last; -1 if none, and then it takes over from whoever it is
     * @throws io.ghee.ConfigurationException if the destination cannot be written, or holds something of another kind
     * @throws io.ghee.InfrastructureException if another driver has begun one since
     * @throws IOException if the storage does not answer
     */
    Taken takeOver(String job, int last) throws IOException;

    /**
     * Begins an attempt.
     *
     * @param writers how many there will be, from 0
     * @param position stands for all that was taken over
     * @throws io.ghee.InfrastructureException if another driver has taken the sink over meanwhile
     */
    void begin(String job, int attempt, int writers, byte[] position) throws IOException;

    /** True if jobs always commit on the way here; else they do if they are asked to, or if their source never ends. */
    default boolean commitsOnTheWay() {
        return false;
    }

    /** How often writers commit where it is not said: how long what they write may take to be seen. */
    default Duration commitInterval() {
        return Duration.ofSeconds(10);
    }

    /** Opens the writer of one replica, on a worker, for the attempt that has begun last. */
    @Override
    CommittingWriter<T> open(String job, int replica, int attempt) throws IOException;
}
