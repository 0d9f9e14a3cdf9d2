package io.ghee.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the messages that went through one end, holds it up if it is to pause, and reads the clocks of its process. One
 * thread counts, any reads.
 */
final class Meter {
    private static final int POLL_MILLIS = 1;

    private final AtomicLong messages = new AtomicLong();
    private volatile boolean paused;

    /**
     * What an end had done and used at one moment.
     *
     * @param nanos of a clock of its own
     * @param cpuNanos of the whole process
     * @param allocatedBytes on the heap, by all threads that are alive
     */
    record Reading(long nanos, long messages, long cpuNanos, long allocatedBytes) {
        Reading since(Reading before) {
            return new Reading(
                    nanos - before.nanos,
                    messages - before.messages,
                    cpuNanos - before.cpuNanos,
                    allocatedBytes - before.allocatedBytes);
        }

        double perSecond() {
            return messages * 1e9 / nanos;
        }

        String line() {
            return String.format(Locale.ROOT, "%d %d %d %d", nanos, messages, cpuNanos, allocatedBytes);
        }

        static Reading of(String line) {
            String[] fields = line.split(" ", -1);
            return new Reading(
                    Long.parseLong(fields[0]),
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]),
                    Long.parseLong(fields[3]));
        }
    }

    void add(int more) {
        // There is one writer.
        messages.lazySet(messages.getPlain() + more);
        while (paused) {
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted in a pause", e);
            }
        }
    }

    /** Makes whoever counts wait, or go on. */
    void pause(boolean wait) {
        paused = wait;
    }

    Reading read() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        for (long each : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
            allocated += Math.max(0, each);
        }
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return new Reading(System.nanoTime(), messages.get(), system.getProcessCpuTime(), allocated);
    }
}
