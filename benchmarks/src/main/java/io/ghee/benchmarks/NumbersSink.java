package io.ghee.benchmarks;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Keeps nothing of a {@link Sequence} but its count and sum, and refuses to commit anything else than all of it. On the way
 * it can stop for a while.
 *
 * @param records that are to come
 * @param number of a record
 * @param stopAt how many records a writer takes before it stops
 */
record NumbersSink<T>(long records, Numbering<T> number, long stopAt, Duration stop) implements Sink<T> {
    /** Finds the number in a record. */
    interface Numbering<T> extends ToLongFunction<T>, Serializable {}

    /** One that never stops. */
    NumbersSink(long records, Numbering<T> number) {
        this(records, number, Long.MAX_VALUE, Duration.ZERO);
    }

    @Override
    public String describe() {
        return "count and sum";
    }

    @Override
    public void prepare(String job) {}

    @Override
    public SinkWriter<T> open(String job, int replica, int attempt) {
        return new SinkWriter<>() {
            private long count;
            private long sum;

            @Override
            public void write(T record) throws IOException {
                sum += number.applyAsLong(record);
                if (++count == stopAt) {
                    sleep();
                }
            }

            @Override
            public String finish() {
                return count + " " + sum;
            }

            @Override
            public void close() {}
        };
    }

    private void sleep() throws IOException {
        try {
            Thread.sleep(stop.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while stopped", e);
        }
    }

    @Override
    public void commit(String job, List<String> finished) throws IOException {
        long count = 0;
        long sum = 0;
        for (String each : finished) {
            String[] fields = each.split(" ", -1);
            count += Long.parseLong(fields[0]);
            sum += Long.parseLong(fields[1]);
        }
        long expected = records % 2 == 0 ? records / 2 * (records - 1) : (records - 1) / 2 * records;
        if (count != records || sum != expected) {
            throw new IOException(count + " records of sum " + sum + " have arrived (expected: " + records + " of sum "
                    + expected + ")");
        }
    }

    @Override
    public void abort(String job) {}
}
