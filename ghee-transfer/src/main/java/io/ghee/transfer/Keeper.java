package io.ghee.transfer;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that does for the outlets and inlets of a worker what is due while their own threads are elsewhere. It sleeps until then,
 * and is only there while there are some. Thread-safe.
 */
final class Keeper {
    /** Nothing is due before it is told. */
    static final long NEVER = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
    private static final long AFTER_A_FAULT = TimeUnit.SECONDS.toNanos(1);

    /** What is due now and then. */
    interface Chore {
        /**
         * Does what is due.
         *
         * @return nanoseconds until it is to be called again, or {@link #NEVER}
         */
        long run();
    }

    private final Set<Chore> chores = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean hasThread;
    private boolean hasTime;
    private long time;

    void add(Chore chore) {
        lock.lock();
        try {
            chores.add(chore);
            if (!hasThread) {
                hasThread = true;
                Thread thread = new Thread(this::work, "ghee-transfer-keeper");
                thread.setDaemon(true);
                thread.start();
            }
        } finally {
            lock.unlock();
        }
    }

    void remove(Chore chore) {
        chores.remove(chore);
        within(0);
    }

    /** Sees to it that the chores are looked at in {@code nanos}, or before. */
    void within(long nanos) {
        if (nanos == NEVER) {
            return;
        }
        long then = System.nanoTime() + nanos;
        lock.lock();
        try {
            if (!hasTime || then - time < 0) {
                hasTime = true;
                time = then;
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        while (sleep()) {
            long nanos = NEVER;
            for (Chore chore : chores) {
                nanos = Math.min(nanos, run(chore));
            }
            within(nanos);
        }
    }

    private static long run(Chore chore) {
        try {
            return chore.run();
        } catch (RuntimeException e) {
            LOG.warn("upkeep of {} failed", chore, e);
            return AFTER_A_FAULT;
        }
    }

    /** Sleeps until something is due; false if there is nothing left to do. */
    private boolean sleep() {
        lock.lock();
        try {
            while (!chores.isEmpty() && !(hasTime && time - System.nanoTime() <= 0)) {
                if (hasTime) {
                    changed.awaitNanos(time - System.nanoTime());
                } else {
                    changed.await();
                }
            }
            hasTime = false;
            hasThread = !chores.isEmpty();
            return hasThread;
        } catch (InterruptedException e) {
            // Nobody has reason to; the next one that is added starts another.
            hasThread = false;
            return false;
        } finally {
            lock.unlock();
        }
    }
}
