package io.ghee.testing;

import io.ghee.InfrastructureException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** Waits that end. */
final class Waiting {
    private static final long POLL_MILLIS = 5;

    private Waiting() {}

    /** Waits for a condition that nobody announces; true if it has come. */
    static boolean isSoon(Duration deadline, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        return true;
    }

    /**
     * Calls something that might hang.
     *
     * @param what for the message: {@code the launch}
     * @throws InfrastructureException if it has not returned by the deadline; its thread is interrupted then
     * @throws RuntimeException what it throws
     */
    static <T> T call(Duration deadline, String what, Callable<T> task) throws InterruptedException {
        FutureTask<T> future = new FutureTask<>(task);
        Daemons.start("ghee-testing " + what, future);
        try {
            return future.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new InfrastructureException(what + " has not returned after " + deadline.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException runtime) {
                throw runtime;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new InfrastructureException(what + " failed: " + e.getCause(), e.getCause());
        } finally {
            future.cancel(true);
        }
    }
}
