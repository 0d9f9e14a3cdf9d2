package io.ghee.run;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often workers may be lost: each of them so many times within ten minutes, with a pause that doubles from one loss to
 * the next. Guarded by the driver.
 */
final class Restarts {
    private static final Duration WINDOW = Duration.ofMinutes(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final int limit;
    private final Map<String, ArrayDeque<Long>> lost = new HashMap<>();
    private final List<String> reasons = new ArrayList<>();

    Restarts(int limit) {
        this.limit = limit;
    }

    /** Notes a loss; false if it is one too many. */
    boolean allow(String worker, String reason, long nowNanos) {
        ArrayDeque<Long> moments = lost.computeIfAbsent(worker, w -> new ArrayDeque<>());
        while (!moments.isEmpty() && nowNanos - moments.peek() > WINDOW.toNanos()) {
            moments.remove();
        }
        if (moments.size() >= limit) {
            return false;
        }
        moments.add(nowNanos);
        reasons.add(reason);
        return true;
    }

    /** How long to wait before a worker that was just lost begins again. */
    Duration pause(String worker) {
        int times = lost.getOrDefault(worker, new ArrayDeque<>()).size();
        long millis = FIRST_PAUSE.toMillis() << Math.min(20, Math.max(0, times - 1));
        return Duration.ofMillis(Math.min(millis, LONGEST_PAUSE.toMillis()));
    }

    /** Why workers began again, in order. */
    List<String> reasons() {
        return List.copyOf(reasons);
    }
}
