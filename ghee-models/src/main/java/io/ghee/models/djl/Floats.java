package io.ghee.models.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/** Arrays in host memory. */
final class Floats {
    private Floats() {}

    /** The elements of an array, in single precision; on the CPU without a copy, if that is what it holds. */
    static FloatBuffer of(NDManager scope, NDArray array) {
        NDArray dense = array.isSparse() ? array.toDense() : array;
        NDArray floats = dense.getDataType() == DataType.FLOAT32 ? dense : dense.toType(DataType.FLOAT32, false);
        if (floats != array) {
            floats.attach(scope);
        }
        return floats.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }
}
