package io.ghee.models.djl;

import static io.ghee.ConfigurationException.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Arrays that are added up over all ranks, in single precision, laid one after the other into direct buffers: so that many
 * small ones make one exchange. An array lies in one bucket as a whole. Used by one thread.
 */
final class GradientBuckets implements SummedArrays {
    /** What a bucket holds, unless a single array needs more: 4 MiB. */
    private static final int BUCKET_FLOATS = 1 << 20;

    private final List<FloatBuffer> buckets = new ArrayList<>();
    private final List<ByteBuffer> slots = new ArrayList<>();

    /** @param sizes how many floats each array has */
    GradientBuckets(List<Long> sizes) {
        List<Long> bucket = new ArrayList<>();
        long floats = 0;
        for (long size : sizes) {
            check(size <= Integer.MAX_VALUE / Float.BYTES, "elements of a parameter", size, "< 2^29");
            if (!bucket.isEmpty() && floats + size > BUCKET_FLOATS) {
                allocate(bucket, floats);
                bucket = new ArrayList<>();
                floats = 0;
            }
            bucket.add(size);
            floats += size;
        }
        if (!bucket.isEmpty()) {
            allocate(bucket, floats);
        }
    }

    private void allocate(List<Long> sizes, long floats) {
        ByteBuffer bucket =
                ByteBuffer.allocateDirect(Math.toIntExact(Float.BYTES * floats)).order(ByteOrder.nativeOrder());
        buckets.add(bucket.asFloatBuffer());
        int at = 0;
        for (long size : sizes) {
            int bytes = Math.toIntExact(Float.BYTES * size);
            slots.add(bucket.slice(at, bytes).order(ByteOrder.nativeOrder()));
            at += bytes;
        }
    }

    @Override
    public void put(NDManager scope, int index, NDArray array) {
        slots.get(index).asFloatBuffer().put(Floats.of(scope, array));
    }

    @Override
    public void sum(Collective ranks) {
        if (ranks.size() > 1) {
            buckets.forEach(bucket -> ranks.allReduce(bucket, Reduction.SUM));
        }
    }

    /** On the CPU it lies here. */
    @Override
    public NDArray array(NDManager scope, int index, Shape shape) {
        return scope.create(slots.get(index), shape, DataType.FLOAT32);
    }

    @Override
    public void close() {}
}
