package io.ghee.train;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;
import java.time.Duration;

/**
 * When a train stage saves what it goes on from, and where. A value: every method returns a changed copy.
 *
 * @param store where
 * @param steps after so many steps; 0 if it is time that counts
 * @param millis after so many milliseconds; 0 if steps count
 * @param keep how many of the last ones are kept
 * @param isAudited whether it is written down which records each rank was given in which step
 */
public record Checkpoints(CheckpointStore store, long steps, long millis, int keep, boolean isAudited)
        implements Serializable {
    public Checkpoints {
        check(keep >= 1, "checkpoints kept", keep, ">= 1");
    }

    /** A checkpoint after every {@code steps} steps; 2 are kept. */
    public static Checkpoints everySteps(long steps, CheckpointStore store) {
        check(steps >= 1, "steps between checkpoints", steps, ">= 1");
        return new Checkpoints(store, steps, 0, 2, false);
    }

    /** A checkpoint about every {@code interval}, when a step is done; 2 are kept. */
    public static Checkpoints every(Duration interval, CheckpointStore store) {
        check(interval.toMillis() >= 10, "time between checkpoints", interval, ">= 10 ms");
        return new Checkpoints(store, 0, interval.toMillis(), 2, false);
    }

    /** Keeps the last {@code n}. */
    public Checkpoints keep(int n) {
        return new Checkpoints(store, steps, millis, n, isAudited);
    }

    /**
     * Writes down, beside the checkpoints, which records each rank was given in which step; {@link io.ghee.run.TrainAudit}
     * reads that. It stays when the job has ended: about 10 bytes for a record of each epoch, less where they are given in
     * order.
     */
    public Checkpoints audited() {
        return new Checkpoints(store, steps, millis, keep, true);
    }
}
