package io.ghee.run;

import io.ghee.train.Trial;
import java.util.Map;

/**
 * How one trial of a sweep does.
 *
 * @param reason why it was stopped, or has failed; else empty
 * @param records it was trained on
 * @param metrics the last value of each
 */
public record TrialProgress(Trial trial, State state, String reason, long records, Map<String, Double> metrics) {
    /** Where it is. */
    public enum State {
        RUNNING,
        ENDED,
        /** It did worse than others, and ended early; what it had made by then is saved. */
        STOPPED,
        /** It left nothing. */
        FAILED
    }
}
