package io.ghee.run;

import io.ghee.run.Coordinator.StepOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * What ranks are to do at the end of a step. All must do it at the same one, and none may wait for another to find out which: so
 * each asks at the same steps, whoever asks first decides for all, and is told when to ask again. Guarded by the driver.
 */
final class StepOrders {
    private final long intervalNanos;
    /** What was decided for steps at which not all ranks have asked yet, and how many have. */
    private final Map<Long, StepOrder> orders = new HashMap<>();

    private final Map<Long, Integer> asked = new HashMap<>();
    private long askedStep;
    private long askedNanos = System.nanoTime();

    /** @param intervalNanos how often a rank asks, about */
    StepOrders(long intervalNanos) {
        this.intervalNanos = intervalNanos;
    }

    /** The ranks begin after this step. */
    void begin(long step) {
        clear();
        askedStep = step;
        askedNanos = System.nanoTime();
    }

    void clear() {
        orders.clear();
        asked.clear();
    }

    /**
     * The order for a step.
     *
     * @param ranks that ask
     * @param decide makes it, given the step at which to ask again
     */
    StepOrder at(long step, int ranks, LongFunction<StepOrder> decide) {
        StepOrder order = orders.get(step);
        if (order == null) {
            long now = System.nanoTime();
            order = decide.apply(step + stride(step, now));
            askedStep = step;
            askedNanos = now;
            orders.put(step, order);
        }
        if (asked.merge(step, 1, Integer::sum) == ranks) {
            orders.remove(step);
            asked.remove(step);
        }
        return order;
    }

    /** Steps until the next question: about as many as are taken in the time between two, but not many more than last time. */
    private long stride(long step, long now) {
        long steps = step - askedStep;
        long took = Math.max(1, now - askedNanos);
        double inTime = (double) steps * intervalNanos / took;
        return Math.max(1, (long) Math.min(2.0 * steps, inTime));
    }
}
