package io.ghee.testing;

import io.ghee.BadRecordException;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Reads a list, cut into splits of about the same length. Positions are {@code list:INDEX}. */
public final class ListSource<T> implements BoundedSource<T> {
    private static final long serialVersionUID = 1;

    private final ArrayList<T> items;
    private final int cuts;
    private final ArrayList<Integer> malformed;

    private ListSource(List<T> items, int cuts, List<Integer> malformed) {
        this.items = new ArrayList<>(items);
        this.cuts = cuts;
        this.malformed = new ArrayList<>(malformed);
    }

    public static <T> ListSource<T> of(List<T> items, int splits) {
        return new ListSource<>(items, splits, List.of());
    }

    /** The numbers from 0 to {@code n - 1}. */
    public static ListSource<Integer> numbers(int n, int splits) {
        return of(IntStream.range(0, n).boxed().toList(), splits);
    }

    /** The same source, whose reader refuses the items at these indices. */
    public ListSource<T> malformedAt(Integer... indices) {
        return new ListSource<>(items, cuts, List.of(indices));
    }

    @Override
    public String describe() {
        return "list of " + items.size();
    }

    @Override
    public List<? extends Split> splits(int readers) {
        List<Piece> pieces = new ArrayList<>();
        for (int k = 0; k < cuts; k++) {
            int from = (int) ((long) items.size() * k / cuts);
            int to = (int) ((long) items.size() * (k + 1) / cuts);
            pieces.add(new Piece(from, to));
        }
        return pieces;
    }

    @Override
    public SplitReader<T> open(Split split) {
        return new Reader((Piece) split);
    }

    private record Piece(int from, int to) implements Split {
        @Override
        public String describe() {
            return "list[" + from + ", " + to + ")";
        }
    }

    private final class Reader implements SplitReader<T> {
        private final Piece piece;
        private int next;

        Reader(Piece piece) {
            this.piece = piece;
            this.next = piece.from();
        }

        @Override
        public @Nullable T next() {
            if (next == piece.to()) {
                return null;
            }
            T item = items.get(next++);
            if (malformed.contains(next - 1)) {
                throw new BadRecordException("item " + item + " (expected: another)");
            }
            return item;
        }

        @Override
        public String position() {
            return "list:" + (next - 1);
        }

        @Override
        public void close() {}
    }
}
