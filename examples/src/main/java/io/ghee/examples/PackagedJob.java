package io.ghee.examples;

import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A job that the command line knows by name. Its options are fields annotated for picocli; the command line adds those that
 * every job has.
 */
public interface PackagedJob {
    String name();

    /** What it does, in a line. */
    String summary();

    /**
     * The pipeline for the options given. Before {@link #prepare} it can be explained, but not run.
     *
     * @throws io.ghee.ConfigurationException if an option cannot be
     */
    Pipeline pipeline();

    /** Where it writes. */
    String output();

    /**
     * Makes what the job needs and the user did not give: input data, or the servers that have it.
     *
     * @return what stops and takes away what nobody is to find after the job
     */
    Closeable prepare() throws InterruptedException;

    /** What {@link #prepare} makes that only this machine reaches: "a file", "servers"; empty if there is nothing. */
    default Optional<String> makesHere() {
        return Optional.empty();
    }

    /** How many passes it makes. */
    default int epochs() {
        return 1;
    }

    /**
     * What came out, for the summary and the report; called after the end, while what was prepared is still there.
     *
     * @throws IllegalStateException if something else came out than must
     */
    List<Result> results(JobProgress end) throws IOException;
}
