package io.ghee.examples.cli;

import io.ghee.GheeException;
import io.ghee.Job;
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What Ctrl-C does to a job that commits on the way: the first one stops it, and it ends well; the next one cancels it. Other
 * jobs are cancelled by the end of the JVM.
 */
final class Interrupts implements AutoCloseable {
    /** Whoever does not want to wait presses it again. */
    private static final Duration PATIENCE = Duration.ofDays(1);

    private final Job job;
    private final PrintWriter err;
    private final AtomicInteger pressed = new AtomicInteger();
    private final @Nullable Object before;

    private Interrupts(Job job, PrintWriter err) {
        this.job = job;
        this.err = err;
        this.before = handle(Proxy.newProxyInstance(
                Interrupts.class.getClassLoader(), new Class<?>[] {handlers()}, (proxy, method, arguments) -> {
                    interrupted();
                    return null;
                }));
    }

    /** From now on Ctrl-C is for this job, which commits on the way. */
    static Interrupts of(Job job, PrintWriter err) {
        return new Interrupts(job, err);
    }

    /** By name, as the compiler would warn of it: there is nothing else in the JDK that hears of a second Ctrl-C. */
    private static Class<?> handlers() {
        try {
            return Class.forName("sun.misc.SignalHandler");
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("this JVM has no module jdk.unsupported", e);
        }
    }

    private static @Nullable Object handle(@Nullable Object handler) {
        try {
            Class<?> signals = Class.forName("sun.misc.Signal");
            Object ctrlC = signals.getConstructor(String.class).newInstance("INT");
            return signals.getMethod("handle", signals, handlers()).invoke(null, ctrlC, handler);
        } catch (InvocationTargetException e) {
            // of a JVM that was started with -Xrs, in which nobody is told
            throw new IllegalStateException("Ctrl-C cannot be handled: " + e.getCause(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this JVM has no module jdk.unsupported", e);
        }
    }

    private void interrupted() {
        boolean first = pressed.getAndIncrement() == 0;
        if (first) {
            err.println("ghee: stopping; what has been read is being written (Ctrl-C again cancels the job)");
            err.flush();
        }
        Thread thread = new Thread(() -> end(first), "ghee-interrupt");
        thread.setDaemon(true);
        thread.start();
    }

    private void end(boolean well) {
        try {
            if (well) {
                job.stop(PATIENCE);
            } else {
                job.cancel();
            }
        } catch (GheeException e) {
            // whoever awaits the job is told the same
            err.flush();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether there has been one. */
    boolean any() {
        return pressed.get() > 0;
    }

    @Override
    public void close() {
        handle(before);
    }
}
