package io.ghee.source;

import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * Where records come from: a value that travels to the workers. The driver asks for the splits, once per job; each
 * worker of the first stage opens those it is given. Bounded sources implement {@link BoundedSource}.
 *
 * @param <T> the records
 */
public interface Source<T> extends Serializable {
    /** The source as {@code explain()} shows it. */
    String describe();

    /**
     * Cuts the source into splits. Called on the driver before any worker reads.
     *
     * @param readers how many workers will share the splits; at least 1
     * @throws io.ghee.InputException if the source is missing, unreadable or empty
     */
    List<? extends Split> splits(int readers) throws IOException;

    /** Opens one of the {@link #splits}, on a worker. */
    SplitReader<T> open(Split split) throws IOException;

    /**
     * Opens one of the {@link #splits} from a place on. Storage that can go there at once does; without it, the split is read
     * from its start, and what comes before is left out by the caller.
     *
     * @param place the first one that is needed, or less
     */
    default SplitReader<T> open(Split split, long place) throws IOException {
        return open(split);
    }

    /**
     * Told now and then on the driver how far a job is, and when it has ended well: for storage that shows it to others. What
     * a job goes on from is kept with its output alone. One call at a time.
     *
     * @param places of each split the first place that is not known to be written and committed; 2^40 behind the last one
     * @throws io.ghee.GheeException if that fails, which is said in the log; the job goes on
     */
    default void committed(Map<Split, Long> places) throws IOException {}

    /** How many malformed records readers may {@linkplain SplitReader#quarantined put aside}, all together; one more ends the job. */
    default long maxQuarantined() {
        return Long.MAX_VALUE;
    }

    /** How many passes are made over the source; at least 1. */
    default int passes() {
        return 1;
    }
}
