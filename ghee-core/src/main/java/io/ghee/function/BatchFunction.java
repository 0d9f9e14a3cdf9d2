package io.ghee.function;

import io.ghee.Batch;
import java.io.Serializable;
import java.util.List;

/** Makes a batch of a batch, of any size. The batch and its columns are valid until this returns. */
@FunctionalInterface
public interface BatchFunction<T, R> extends Serializable {
    List<R> apply(Batch<T> batch) throws Exception;
}
