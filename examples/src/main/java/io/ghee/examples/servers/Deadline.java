package io.ghee.examples.servers;

import io.ghee.InfrastructureException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what a server does, which may never end. */
final class Deadline {
    private static final Duration TIME = Duration.ofMinutes(2);

    private Deadline() {}

    /**
     * Does something on a thread of its own. If the calling thread is interrupted, it stays so, and waits nevertheless: a
     * server that is half started can be stopped by nobody.
     *
     * @param what is done: "starting a broker"
     * @throws InfrastructureException if it fails, or has not ended after two minutes
     */
    static <T> T call(String what, Callable<T> task) {
        FutureTask<T> result = new FutureTask<>(task);
        Thread thread = new Thread(result, "ghee-server");
        thread.setDaemon(true);
        thread.start();
        long end = System.nanoTime() + TIME.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            throw new InfrastructureException(what + " failed: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new InfrastructureException(what + " has not ended after " + TIME.toSeconds() + " s", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
