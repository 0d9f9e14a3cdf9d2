package io.ghee.process;

import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A source of numbers and a sink that keeps nothing: what crosses between them is looked at in the job's progress. */
final class NumbersToNowhere {
    private NumbersToNowhere() {}

    private static final byte[] WEIGHT = new byte[1000];

    /** A number, and a kilobyte to carry: some hundred batches are more than a credit. */
    record Number(long value, byte[] weight) {}

    private record Part(int first, int last) implements Split {
        @Override
        public String describe() {
            return "numbers " + first + " to " + last;
        }
    }

    /** The numbers from 0, in parts of a thousand. */
    record Numbers(int parts) implements BoundedSource<Number> {
        @Override
        public String describe() {
            return parts + "000 numbers";
        }

        @Override
        public List<Part> splits(int readers) {
            return IntStream.range(0, parts)
                    .mapToObj(k -> new Part(1000 * k, 1000 * k + 999))
                    .toList();
        }

        @Override
        public SplitReader<Number> open(Split split) {
            Part part = (Part) split;
            return new SplitReader<>() {
                private int next = part.first();

                @Override
                public @Nullable Number next() {
                    return next > part.last() ? null : new Number(next++, WEIGHT);
                }

                @Override
                public String position() {
                    return part.describe();
                }

                @Override
                public void close() {}
            };
        }
    }

    record Nowhere() implements Sink<Object> {
        @Override
        public String describe() {
            return "nowhere";
        }

        @Override
        public void prepare(String job) {}

        @Override
        public SinkWriter<Object> open(String job, int replica, int attempt) {
            return new SinkWriter<>() {
                @Override
                public void write(Object record) {}

                @Override
                public String finish() {
                    return "nothing";
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void commit(String job, List<String> finished) {}

        @Override
        public void abort(String job) {}
    }
}
