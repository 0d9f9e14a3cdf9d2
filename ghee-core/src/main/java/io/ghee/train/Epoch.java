package io.ghee.train;

import io.ghee.Batch;

/**
 * The batches of one pass over the source that this rank is given. It streams: it can be iterated once. A batch and its
 * columns are valid until the next one is asked for.
 *
 * @param <T> the records
 */
public interface Epoch<T> extends Iterable<Batch<T>> {
    /** The number of this pass, from 1. */
    int number();
}
