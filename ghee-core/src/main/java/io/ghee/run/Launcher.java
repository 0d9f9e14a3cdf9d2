package io.ghee.run;

import io.ghee.Job;
import io.ghee.Pipeline;

/**
 * Decides where the workers of a job run. Found by {@link java.util.ServiceLoader} under its {@link #name}. Thread-safe.
 */
public interface Launcher {
    /** The name it goes by: {@code local}, {@code processes}. */
    String name();

    /**
     * Starts a job and returns at once.
     *
     * @throws io.ghee.ConfigurationException if the pipeline cannot run here
     * @throws io.ghee.InputException if the source is missing, unreadable or empty
     */
    Job launch(Pipeline pipeline);
}
