package io.ghee.run;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a worker's task stays within one step. It looks from outside at what the worker counts anyway, as often as that is
 * reported, so records cost nothing more. Used by one thread at a time.
 */
final class HangWatch {
    /** How long one step may take before it is told. */
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Longer than this between two looks is a pause of this process, and no step. */
    private static final long STOOD_STILL_NANOS = 1_000_000_000;

    private static final int DEEPEST = 100;

    private final long patienceNanos;
    private List<Object> step = List.of();
    private long sinceNanos;
    private long lookedNanos;
    private List<StackTraceElement> stack = List.of();

    HangWatch(Duration patience) {
        this.patienceNanos = patience.toNanos();
    }

    /**
     * Looks at a task.
     *
     * @param task its thread; null where there is none, or where it waits for others
     * @param now what stays the same within a step, and no longer
     */
    WorkerProgress.@Nullable Hang look(@Nullable Thread task, List<Object> now, long nowNanos) {
        long pause = nowNanos - lookedNanos;
        lookedNanos = nowNanos;
        if (task == null || !now.equals(step)) {
            step = now;
            sinceNanos = nowNanos;
            stack = List.of();
            return null;
        }
        sinceNanos += pause > STOOD_STILL_NANOS ? pause : 0;
        if (nowNanos - sinceNanos < patienceNanos) {
            return null;
        }
        if (stack.isEmpty()) {
            stack = Stream.of(task.getStackTrace()).limit(DEEPEST).toList();
        }
        return stack.isEmpty() ? null : new WorkerProgress.Hang(nowNanos - sinceNanos, where(), text());
    }

    /** The innermost frame that is not of the JDK, which is where it parks and reads. */
    private String where() {
        return text(stack.stream()
                .filter(frame -> !isOfJdk(frame.getModuleName()))
                .findFirst()
                .orElse(stack.get(0)));
    }

    private static boolean isOfJdk(@Nullable String module) {
        return module != null && (module.startsWith("java.") || module.startsWith("jdk."));
    }

    private String text() {
        return stack.stream().map(frame -> "\tat " + text(frame)).collect(Collectors.joining("\n"));
    }

    /** Without module and class loader, as exceptions show most frames. */
    private static String text(StackTraceElement frame) {
        return new StackTraceElement(
                        frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber())
                .toString();
    }
}
