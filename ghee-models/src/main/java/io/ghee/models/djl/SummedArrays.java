package io.ghee.models.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.ghee.train.Collective;

/** Arrays that are added up over all ranks, in single precision. Used by one thread. */
interface SummedArrays extends AutoCloseable {
    /** Copies an array in. */
    void put(NDManager scope, int index, NDArray array);

    /** Adds up over all ranks; each of them calls this. */
    void sum(Collective ranks);

    /** One array, which may lie here: it is valid until the next one is put in its place. */
    NDArray array(NDManager scope, int index, Shape shape);

    @Override
    void close();
}
