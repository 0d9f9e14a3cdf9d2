package io.ghee.run;

import java.util.List;
import java.util.Map;

/**
 * What the driver makes known to a worker in answer to its progress.
 *
 * @param settled units of which everything has arrived, and of which the worker has an account
 * @param proposed the number of the {@linkplain Written marks} that are proposed to the writers
 * @param agreed the number of those that were agreed to last
 * @param marks these, by split; empty if the worker knows them
 * @param draining the source is to be read no further
 * @param stopped the trial is to end, as if its input ended here
 */
public record Guidance(
        List<WorkerProgress.Settled> settled,
        long proposed,
        long agreed,
        Map<Integer, Long> marks,
        boolean draining,
        boolean stopped) {
    /** Nothing to tell. */
    public static final Guidance NONE = new Guidance(List.of(), 0, 0, Map.of(), false, false);

    static Guidance settled(List<WorkerProgress.Settled> settled, boolean draining) {
        return new Guidance(settled, 0, 0, Map.of(), draining, false);
    }

    /** The same, and the trial is to end. */
    Guidance stopping() {
        return new Guidance(settled, proposed, agreed, marks, draining, true);
    }
}
