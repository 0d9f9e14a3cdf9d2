package io.ghee.benchmarks;

import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.Serializable;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Records made of the numbers from 0, on the spot: a source that no disk slows down. */
record Sequence<T>(long records, Maker<T> maker) implements BoundedSource<T> {
    private static final long IN_A_SPLIT = 250_000;

    /** Makes the record of a number. */
    interface Maker<T> extends LongFunction<T>, Serializable {}

    private record Stretch(long first, long end) implements Split {
        @Override
        public String describe() {
            return "numbers " + first + " to " + (end - 1);
        }
    }

    @Override
    public String describe() {
        return records + " numbers";
    }

    @Override
    public List<? extends Split> splits(int readers) {
        return LongStream.range(0, (records + IN_A_SPLIT - 1) / IN_A_SPLIT)
                .mapToObj(k -> new Stretch(k * IN_A_SPLIT, Math.min(records, (k + 1) * IN_A_SPLIT)))
                .toList();
    }

    @Override
    public SplitReader<T> open(Split split) {
        Stretch stretch = (Stretch) split;
        return new SplitReader<>() {
            private long next = stretch.first();

            @Override
            public @Nullable T next() {
                return next == stretch.end() ? null : maker.apply(next++);
            }

            @Override
            public String position() {
                return "number " + (next - 1);
            }

            @Override
            public void close() {}
        };
    }
}
