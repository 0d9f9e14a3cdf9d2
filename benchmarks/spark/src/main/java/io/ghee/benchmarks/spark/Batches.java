package io.ghee.benchmarks.spark;

import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;

/** Batches of one task, on their way to where a train step would be. */
final class Batches {
    private static final int ROWS = 4096;
    private static final ArrayBlockingQueue<int[]> QUEUE = new ArrayBlockingQueue<>(16);
    private static final int[] END = {};

    private final Features features;
    private int[] batch = new int[ROWS * Features.WIDTH];
    private int used;

    Batches(int rounds) {
        this.features = new Features(rounds);
    }

    void add(int user, int item, float rating, long timestamp) throws InterruptedException {
        if (Features.isTest(user, item, timestamp)) {
            return;
        }
        features.cross(user, item, (int) rating, timestamp, batch, used);
        used += Features.WIDTH;
        if (used == batch.length) {
            QUEUE.put(batch);
            batch = new int[ROWS * Features.WIDTH];
            used = 0;
        }
    }

    void flush() throws InterruptedException {
        if (used > 0) {
            QUEUE.put(Arrays.copyOf(batch, used));
            used = 0;
        }
    }

    /** Takes the batches, and adds up what is in them. */
    static final class Consumer extends Thread {
        private long records;
        private long sum;

        @Override
        public void run() {
            try {
                for (int[] batch = QUEUE.take(); batch != END; batch = QUEUE.take()) {
                    records += batch.length / Features.WIDTH;
                    for (int value : batch) {
                        sum += value;
                    }
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException("interrupted", e);
            }
        }

        /** Waits until all that was put there has been taken. */
        void finish() throws InterruptedException {
            QUEUE.put(END);
            join();
        }

        long records() {
            return records;
        }

        long sum() {
            return sum;
        }
    }
}
