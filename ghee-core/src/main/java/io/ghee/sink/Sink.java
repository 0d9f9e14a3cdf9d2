package io.ghee.sink;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;

/**
 * Where records end. Output becomes visible all at once, or not at all:
 *
 * <ol>
 *   <li>the driver calls {@link #prepare} before any worker starts;
 *   <li>each replica of the last stage {@link #open}s a writer, writes, and reports what it {@link SinkWriter#finish}ed;
 *   <li>when every worker has finished, the driver calls {@link #commit} with all the reports, else {@link #abort}.
 * </ol>
 *
 * @param <T> the records
 */
public interface Sink<T> extends Serializable {
    /** The sink as {@code explain()} shows it. */
    String describe();

    /**
     * Checks the destination and makes room for the attempt, out of sight.
     *
     * @param job the job's unique name
     * @throws io.ghee.ConfigurationException if the destination cannot be written, or holds something already
     * @throws io.ghee.GheeException of kind {@code COMMITTED} if that is what an earlier driver of the same job has committed
     */
    void prepare(String job) throws IOException;

    /**
     * Opens the writer of one replica, on a worker.
     *
     * @param attempt from 0: when a replica of the last stage is lost, all of them write anew, and what the writers of
     *     earlier attempts have written must not become visible, though some of them may not have been closed
     */
    SinkWriter<T> open(String job, int replica, int attempt) throws IOException;

    /**
     * Makes the output visible.
     *
     * @param finished what each replica's {@link SinkWriter#finish} returned, in the last attempt
     */
    void commit(String job, List<String> finished) throws IOException;

    /** Takes away everything the job has written. Safe to repeat. */
    void abort(String job) throws IOException;
}
