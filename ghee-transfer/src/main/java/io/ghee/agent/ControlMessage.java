package io.ghee.agent;

import io.ghee.run.Credentials;
import io.ghee.run.Failure;
import io.ghee.run.Guidance;
import io.ghee.run.Standing;
import io.ghee.run.Start;
import io.ghee.run.WorkerProgress;
import io.ghee.source.Split;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What driver and workers say to each other on the control channel.
 *
 * <p>A connection may break, and take with it what is on the way. So nothing is said once and relied on: a worker reports its
 * whole state again and again ({@link Report}), and is answered each time with all that the driver wants of it
 * ({@link Orders}); questions are repeated under the same number until they are answered, and answered once.
 */
sealed interface ControlMessage {
    /** The version of these messages. */
    int PROTOCOL = 8;

    /** What the driver receives. */
    sealed interface ToDriver extends ControlMessage {
        Sender from();
    }

    /** What a worker receives. */
    sealed interface ToWorker extends ControlMessage {}

    /**
     * Who says it.
     *
     * @param life counts the processes of one replica, from 0: when one is lost, the next has another number
     */
    record Sender(String stage, int replica, int life) {}

    /** A worker is there. */
    record Hello(Sender from, int protocol, int jdk, ClassPathDigest classPath, long pid) implements ToDriver {}

    /**
     * How a worker is: what it is ready for, how far it is, what it has finished, how much memory it takes, what has failed.
     *
     * @param number counts the reports of this worker
     * @param credentials the version of those that it has taken
     */
    record Report(
            Sender from,
            long number,
            long credentials,
            @Nullable Ready ready,
            @Nullable WorkerProgress progress,
            @Nullable Finished finished,
            Memory memory,
            List<Failed> failed)
            implements ToDriver {}

    /**
     * Its channels for a generation are bound.
     *
     * @param inlet where the stage before sends to; null in the first stage
     * @param outlet where the stage after answers to; null in the last stage
     * @param ring where the other ranks of a train stage reach this one; null where there are none
     */
    record Ready(
            int generation,
            @Nullable String inlet,
            @Nullable String outlet,
            @Nullable String ring,
            Standing standing) {}

    /** Its work of a generation is done. */
    record Finished(int generation, String committable, WorkerProgress progress) {}

    /** It cannot go on in a generation. */
    record Failed(int generation, Failure failure) {}

    /**
     * A question, which waits for its {@link Answer}.
     *
     * @param number counts the questions of this worker
     */
    record Ask(Sender from, long number, Question question) implements ToDriver {}

    /** See {@link io.ghee.run.Coordinator}. */
    sealed interface Question {}

    record NextSplit(int generation, int replica) implements Question {}

    record Deal(int generation, int stage, int epoch, int team, int amount) implements Question {}

    record EpochOver(int generation, int replica, int epoch) implements Question {}

    record Ending(int generation, int epoch) implements Question {}

    record EvenOut(int attempt, int replica, int epoch, int batches) implements Question {}

    record AtStep(int attempt, int replica, long step) implements Question {}

    record Saved(int attempt, int replica, byte[] position, String failure) implements Question {}

    record TrialFailed(int replica, String reason) implements Question {}

    record Skip(int stage, int replica, String message) implements Question {}

    /**
     * Answers {@link Hello} with the work.
     *
     * @param sealed frames of data are encrypted
     * @param credentials to be taken before anything is opened
     */
    record Welcome(PlanBytes plan, boolean sealed, Credentials credentials) implements ToWorker {}

    /** Answers {@link Hello}: the protocol is another, or the JDK, or the class path. */
    record Refused(String reason) implements ToWorker {}

    /**
     * What the driver wants of a worker.
     *
     * @param report the number of the report that this answers
     * @param generation the one that was called for last
     * @param begin the generation has begun; null while it has not
     * @param over everything has arrived in the last stage
     * @param stop the worker is to end
     * @param credentials to be taken; null if the worker has reported that it has
     * @param guidance what the progress in the report is answered with
     */
    record Orders(
            long report,
            int generation,
            @Nullable Begin begin,
            boolean over,
            boolean stop,
            @Nullable Credentials credentials,
            Guidance guidance)
            implements ToWorker {}

    /**
     * A generation begins.
     *
     * @param inlets where to send to, in the order of the replicas of the stage after
     * @param outlets whom to answer to, in the order of the replicas of the stage before
     * @param ring where the ranks of a train stage reach one another, in their order
     */
    record Begin(Start start, List<String> inlets, List<String> outlets, List<String> ring) {}

    /** Answers the {@link Ask} of this number. */
    record Answer(long number, Reply reply) implements ToWorker {}

    sealed interface Reply {}

    /** To {@link NextSplit}; no split: there is nothing more. */
    record Assigned(int epoch, int number, @Nullable Split split, long from, byte[] consumed) implements Reply {}

    /** To {@link Deal}, or to {@link EvenOut}, with -1 as long as there is no number. */
    record Count(int value) implements Reply {}

    /** To {@link AtStep}. */
    record Ordered(String save, boolean stop, long next) implements Reply {}

    /** To {@link EpochOver}, {@link Ending}, {@link Saved}, {@link TrialFailed} or {@link Skip}. */
    record Verdict(boolean yes) implements Reply {}

    /** The generation that it was asked in is over. */
    record Abandoned() implements Reply {}
}
