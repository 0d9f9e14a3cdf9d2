package io.ghee.agent;

import java.time.Duration;

/** Tells whether a worker is well: its agent turns its rounds, and the driver has let it in. Thread-safe. */
public final class Pulse {
    private volatile long beatNanos = System.nanoTime();
    private volatile boolean ready;

    void beat() {
        beatNanos = System.nanoTime();
    }

    void welcomed() {
        beat();
        ready = true;
    }

    /** True once the driver has let the worker in. */
    public boolean isReady() {
        return ready;
    }

    /** How long ago the agent was heard of last. */
    public Duration age() {
        return Duration.ofNanos(System.nanoTime() - beatNanos);
    }
}
