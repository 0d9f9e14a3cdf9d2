package io.ghee.run;

import java.time.Duration;

/** The workers of one job, as a launcher started them. */
public interface Workers {
    /**
     * Starts them all. They report to the {@link JobDriver} from then on.
     *
     * @throws io.ghee.InfrastructureException if one cannot be started
     */
    void start() throws InterruptedException;

    /**
     * Ends what is still running, and returns when nothing is left or {@code grace} is over. What has not ended by then is
     * killed where that is possible, else named in the log.
     */
    void stop(Duration grace) throws InterruptedException;
}
