package io.ghee.run;

import io.ghee.BadRecordException;
import io.ghee.GheeException;
import io.ghee.InputException;
import io.ghee.channel.AbandonedException;
import java.util.function.Supplier;

/**
 * What becomes of the exceptions of a stage's functions. A malformed record is skipped, if the job still allows it;
 * anything else ends the job, with the place of the record.
 *
 * <p>The place is that of the record that was read last. Behind a step that holds records back, that is only a bound for
 * where the record at hand came from, and is said to be one.
 */
final class Faults {
    private final Coordinator coordinator;
    private final int stage;
    private final int replica;
    private final Supplier<String> position;
    private final boolean exact;

    Faults(Coordinator coordinator, int stage, int replica, Supplier<String> position, boolean exact) {
        this.coordinator = coordinator;
        this.stage = stage;
        this.replica = replica;
        this.position = position;
        this.exact = exact;
    }

    /** The same behind a step that holds records back. */
    Faults behindHeldRecords() {
        return new Faults(coordinator, stage, replica, position, false);
    }

    /** Returns if {@code thrown} is about a single record that may be skipped, else throws what ends the job. */
    void ofRecord(Exception thrown) throws Exception {
        Exception ending = ending(thrown);
        boolean skipped = thrown instanceof BadRecordException && coordinator.skip(stage, replica, reason(ending));
        if (!skipped) {
            throw ending;
        }
    }

    private static String reason(Exception ending) {
        return ending instanceof GheeException ghee ? ghee.reason() : ending.toString();
    }

    /** What ends the job when a function has thrown {@code thrown}. */
    Exception ending(Exception thrown) {
        if (thrown instanceof BadRecordException bad) {
            return new InputException((exact ? "" : "at or before ") + position.get() + ": " + bad.reason(), bad);
        }
        boolean known = thrown instanceof GheeException
                || thrown instanceof InterruptedException
                || thrown instanceof AbandonedException;
        return known ? thrown : new FunctionFailedException(thrown, (exact ? "at " : "at or before ") + position.get());
    }
}
