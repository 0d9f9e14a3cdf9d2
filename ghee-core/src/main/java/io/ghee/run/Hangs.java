package io.ghee.run;

import io.ghee.plan.Plan;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The workers that have been at the same step for long. Each is told once, and again when it goes on. Guarded by the driver. */
final class Hangs {
    private static final Logger LOG = LoggerFactory.getLogger(Hangs.class);

    private final String job;
    private final Plan plan;
    private final Map<String, WorkerProgress.Hang> hanging = new LinkedHashMap<>();

    Hangs(String job, Plan plan) {
        this.job = job;
        this.plan = plan;
    }

    /** A worker is so far. */
    void report(WorkerProgress now) {
        String told = told(now);
        if (told != null) {
            LOG.warn("job {}: {}", job, told);
            if (now.hang() != null) {
                LOG.debug(
                        "job {}: the stack of {}:\n{}",
                        job,
                        name(now.stage(), now.replica()),
                        now.hang().stack());
            }
        }
    }

    /** What is to be told of a worker that is so far; null if it is nothing new. */
    @Nullable
    String told(WorkerProgress now) {
        String name = name(now.stage(), now.replica());
        WorkerProgress.Hang hang = now.hang();
        if (hang != null) {
            return hanging.put(name, hang) == null ? line(name, hang) : null;
        }
        WorkerProgress.Hang before = hanging.remove(name);
        return before == null ? null : name + " goes on after " + seconds(before);
    }

    /** A worker is gone, and does not go on. */
    void forget(int stage, int replica) {
        hanging.remove(name(stage, replica));
    }

    /** Those that hang now. */
    List<String> lines() {
        return hanging.entrySet().stream()
                .map(each -> line(each.getKey(), each.getValue()))
                .toList();
    }

    private String name(int stage, int replica) {
        return "stage " + plan.stage(stage).name() + ", replica " + replica;
    }

    private static String line(String name, WorkerProgress.Hang hang) {
        return name + " has been at the same step for " + seconds(hang) + ", in " + hang.where();
    }

    private static String seconds(WorkerProgress.Hang hang) {
        return Duration.ofNanos(hang.nanos()).toSeconds() + " s";
    }
}
