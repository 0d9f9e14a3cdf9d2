package io.ghee.examples;

import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import java.nio.file.Path;
import java.util.OptionalDouble;

/**
 * A job that the command line knows by name. Its options are fields annotated for picocli; the command line adds those that
 * every job has.
 */
public interface PackagedJob {
    String name();

    /** What it does, in a line. */
    String summary();

    /**
     * The pipeline for the options given.
     *
     * @param output where it writes; absent or empty
     */
    Pipeline pipeline(Path output);

    /** Makes what the job needs and the user did not give, input data above all. Called before {@link #pipeline} is run. */
    void prepare();

    /** How many passes it makes. */
    int epochs();

    /** The sum that says whether the right rows were delivered, of one epoch. */
    long rowSum(JobProgress progress);

    /** The error on the held-out records; empty if it was not measured. */
    OptionalDouble rmse(JobProgress progress);
}
