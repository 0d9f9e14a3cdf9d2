package io.ghee.io.file;

import io.ghee.Batch;
import io.ghee.source.BatchReader;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pieces of a split, each by a reader of its own that is opened when the one before it is at its end.
 *
 * @param <T> the records
 */
final class PackedReader<T> implements BatchReader<T> {
    private final Iterator<FileSplit> pieces;
    private final Opener<T> opener;
    /** Stays when it is at its end: positions can still be asked for. */
    private SplitReader<T> piece;

    private boolean over;

    /** Opens the reader of a piece. */
    @FunctionalInterface
    interface Opener<T> {
        SplitReader<T> open(FileSplit piece) throws IOException;
    }

    private PackedReader(Iterator<FileSplit> pieces, Opener<T> opener) throws IOException {
        this.pieces = pieces;
        this.opener = opener;
        this.piece = opener.open(pieces.next());
    }

    /** Opens a split that is a {@link PackedSplit}. */
    static <T> SplitReader<T> open(Split split, Opener<T> opener) throws IOException {
        PackedSplit packed = (PackedSplit) split;
        return packed.pieces().size() == 1
                ? opener.open(packed.pieces().get(0))
                : new PackedReader<>(packed.pieces().iterator(), opener);
    }

    @Override
    public @Nullable T next() throws Exception {
        while (!over) {
            T record = piece.next();
            if (record != null) {
                return record;
            }
            piece.close();
            if (pieces.hasNext()) {
                piece = opener.open(pieces.next());
            } else {
                over = true;
            }
        }
        return null;
    }

    @Override
    public @Nullable Batch<T> nextBatch(int most) throws Exception {
        return !over && piece instanceof BatchReader<T> columns ? columns.nextBatch(most) : null;
    }

    @Override
    public String position() {
        return piece.position();
    }

    @Override
    public void close() throws IOException {
        piece.close();
    }
}
