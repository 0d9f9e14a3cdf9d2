package io.ghee.function;

import io.ghee.Batch;
import java.io.Serializable;

/** Counts something in a batch; the counts of an epoch are added up over all replicas. */
@FunctionalInterface
public interface BatchTally<T> extends Serializable {
    long count(Batch<T> batch) throws Exception;
}
