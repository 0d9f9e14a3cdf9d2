package io.ghee.testing;

import static io.ghee.ConfigurationException.check;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What is wrong with a link at the moment, and the waits that follow from it; a change ends the waits. Thread-safe. */
final class Impairment {
    /** The most that is taken from a socket at once; less under a throttle, so that it flows and does not surge. */
    static final int CHUNK_BYTES = 16 << 10;

    private static final int CHUNKS_PER_SECOND = 20;

    private long delayNanos;
    private long bytesPerSecond;
    private @Nullable Direction swallowed;

    synchronized void delay(Duration by) {
        check(!by.isNegative(), "delay", by, ">= 0");
        delayNanos = by.toNanos();
        notifyAll();
    }

    synchronized void throttle(long bytesPerSecond) {
        check(bytesPerSecond >= 0, "bytes per second", bytesPerSecond, ">= 0");
        this.bytesPerSecond = bytesPerSecond;
        notifyAll();
    }

    synchronized void swallow(@Nullable Direction direction) {
        swallowed = direction;
        notifyAll();
    }

    synchronized boolean swallows(Direction direction) {
        return swallowed == direction;
    }

    /** Lets those that wait look again whether they still have to. */
    synchronized void wake() {
        notifyAll();
    }

    /** This, as it is now, to begin another link with. */
    synchronized void copyTo(Impairment other) {
        other.delay(Duration.ofNanos(delayNanos));
        other.throttle(bytesPerSecond);
        other.swallow(swallowed);
    }

    /** How many bytes may be taken at once. */
    synchronized int chunk() {
        return bytesPerSecond == 0
                ? CHUNK_BYTES
                : (int) Math.max(1, Math.min(CHUNK_BYTES, bytesPerSecond / CHUNKS_PER_SECOND));
    }

    /**
     * Waits as long as this many bytes take, and not when {@code gone}.
     *
     * @return false if they never arrive
     */
    synchronized boolean pass(Direction direction, int bytes, BooleanSupplier gone) throws InterruptedException {
        long start = System.nanoTime();
        while (!gone.getAsBoolean()) {
            long takes = delayNanos + (bytesPerSecond == 0 ? 0 : bytes * 1_000_000_000L / bytesPerSecond);
            long left = start + takes - System.nanoTime();
            if (left <= 0) {
                break;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        return swallowed != direction;
    }
}
