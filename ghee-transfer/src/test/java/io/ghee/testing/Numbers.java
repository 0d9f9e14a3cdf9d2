package io.ghee.testing;

import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The numbers from 0 to {@code n - 1}, cut into splits of about the same length. Positions are {@code number NUMBER}. */
public record Numbers(int n, int cuts) implements BoundedSource<Integer> {
    /** More numbers than any test takes: the job goes on until something ends it. */
    public static final int ENDLESS = Integer.MAX_VALUE;

    record Piece(int from, int to) implements Split {
        @Override
        public String describe() {
            return "numbers[" + from + ", " + to + ")";
        }
    }

    @Override
    public String describe() {
        return n + " numbers";
    }

    @Override
    public List<? extends Split> splits(int readers) {
        return IntStream.range(0, cuts)
                .mapToObj(k -> new Piece((int) ((long) n * k / cuts), (int) ((long) n * (k + 1) / cuts)))
                .toList();
    }

    @Override
    public SplitReader<Integer> open(Split split) {
        Piece piece = (Piece) split;
        return new SplitReader<>() {
            private int next = piece.from();

            @Override
            public @Nullable Integer next() {
                return next == piece.to() ? null : (Integer) next++;
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
