package io.ghee.run;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gets the next batch ready while the train function is in a step, in a thread of its own: what it takes to receive and unpack
 * one is hidden behind the step. It goes no further than one batch, and leaves to the train function's thread whatever is not
 * plain data: the ends of passes, the joining of generations.
 *
 * <p>Feed and batches are used by one of the two threads at a time, the one that is in.
 */
final class Ahead implements AutoCloseable {
    /** To wake a thread for less than this costs more than it hides. */
    private static final long SHORT_STEP_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private final Feed feed;
    private final Terminal.ToTrainer batches;
    private final boolean allowed;
    /** Fair: the train function's thread waits for one attempt to receive, and not for the next one. */
    private final ReentrantLock in = new ReentrantLock(true);

    private final Condition wanted = in.newCondition();
    private @Nullable Thread thread;
    private @Nullable Throwable failure;
    /** The pass of which another batch is wanted; 0 if none is. */
    private int pass;

    private boolean closed;
    /** When the step that the train function is in has begun; 0 between two. */
    private long beganNanos;

    /** Of the step before. */
    private boolean longStep = true;

    /** @param allowed false if nothing may be done in another thread */
    Ahead(Feed feed, Terminal.ToTrainer batches, boolean allowed) {
        this.feed = feed;
        this.batches = batches;
        this.allowed = allowed;
    }

    /**
     * The train function's thread comes in. It has to go out again, if this throws, too.
     *
     * @throws Exception what getting a batch ready has failed with
     */
    void enter() throws Exception {
        if (beganNanos != 0) {
            longStep = System.nanoTime() - beganNanos > SHORT_STEP_NANOS;
            beganNanos = 0;
        }
        in.lock();
        pass = 0;
        if (failure instanceof Error error) {
            throw error;
        } else if (failure != null) {
            throw (Exception) failure;
        }
    }

    /** The same in the middle of a step; false if the other thread is in. */
    boolean tryEnter() {
        return in.tryLock();
    }

    /** It goes out. */
    void leave() {
        in.unlock();
    }

    /** It has a batch of this pass, and will go out to make a step of it: meanwhile another is got ready, if it is worth it. */
    void stepBegins(int of) {
        beganNanos = System.nanoTime();
        if (!allowed || !longStep) {
            return;
        }
        pass = of;
        if (thread == null) {
            Thread started = new Thread(this::run, Thread.currentThread().getName() + "-ahead");
            started.setDaemon(true);
            started.start();
            thread = started;
        }
        wanted.signal();
    }

    private void run() {
        boolean more = true;
        while (more) {
            in.lock();
            try {
                more = turn();
            } catch (Throwable e) {
                failure = e;
                more = false;
            } finally {
                in.unlock();
            }
        }
    }

    private boolean turn() throws Exception {
        while (pass == 0 && !closed) {
            wanted.await();
        }
        if (batches.peek() != null || batches.ended() >= pass || !feed.prepare()) {
            // Until the next step.
            pass = 0;
        }
        return !closed;
    }

    /** Returns when the thread has ended, which is at the end of an attempt to receive. */
    @Override
    public void close() {
        in.lock();
        try {
            closed = true;
            wanted.signal();
        } finally {
            in.unlock();
        }
        Thread left = thread;
        boolean interrupted = false;
        while (left != null && left.isAlive()) {
            try {
                left.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
