package io.ghee.run;

import io.ghee.Batch;
import io.ghee.channel.Origins;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What drives a chain: pushes into it what a source or an inlet gives, some at a time, pass by pass. */
abstract class Feed implements AutoCloseable {
    /** How long one question about the end of a pass waits for the other replicas. */
    static final Duration PATIENCE = Duration.ofMillis(20);

    final Node chain;
    final WorkerMetrics metrics;
    /** For what is thrown at the end of the chain: its functions have faults of their own. */
    final Faults atEnd;
    /** Gives all ranks of a train stage the same number of batches; null where nothing is evened out. */
    final @Nullable Evening evening;

    Feed(Node chain, WorkerMetrics metrics, Faults atEnd, @Nullable Evening evening) {
        this.chain = chain;
        this.metrics = metrics;
        this.atEnd = atEnd;
        this.evening = evening;
    }

    /** Pushes something, or waits for it a little; false when everything has been pushed. */
    abstract boolean pump() throws Exception;

    /**
     * Does what cannot wait while the train function is in the middle of a step, and the batch it was given in use: joins the
     * generation that the driver has called for.
     *
     * @param ahead push something, too, as {@link #pump} does
     */
    abstract void keepUp(boolean ahead) throws Exception;

    /**
     * Pushes one thing more that is there, or comes soon, while the train function has the batch that it was given in use. In
     * another thread than that of {@link #pump}, but never at the same time as anything else here.
     *
     * @return false if it is for {@link #pump} to go on
     */
    boolean prepare() throws Exception {
        return false;
    }

    /** The train function has done with the batch that it was given, and is given another one that was pushed. */
    void advance() {}

    /** The generation it is in. */
    abstract int generation();

    /** Where the records that were pushed last came from. */
    abstract String position();

    @Override
    public abstract void close() throws IOException;

    void record(Object record, long id, long path) throws Exception {
        try {
            chain.record(record, id, path);
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    void batch(Batch<?> batch, Origins origins) throws Exception {
        try {
            chain.batch(batch, origins);
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    void idle() throws Exception {
        try {
            chain.idle();
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    /** Sees to it that all that was pushed has come to the end of the chain. */
    void flush() throws Exception {
        try {
            chain.flush();
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    void begin(int epoch) throws Exception {
        metrics.epoch(epoch);
        chain.beginEpoch(epoch);
    }

    /**
     * Ends a pass.
     *
     * @param spare pushes one record of it, to fill up with; null if there was none
     */
    void end(int epoch, @Nullable Spare spare) throws Exception {
        try {
            chain.endEpoch(epoch);
            if (evening != null) {
                evening.evenOut(epoch, spare, chain);
            }
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    /** Pushes the one record of a pass that can be had to fill up with. */
    interface Spare {
        void pushInto(Node chain) throws Exception;
    }
}
