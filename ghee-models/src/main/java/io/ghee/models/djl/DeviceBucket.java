package io.ghee.models.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.train.DeviceArray;
import io.ghee.train.DeviceCollective;
import java.util.ArrayList;
import java.util.List;

/**
 * Arrays that are added up over all ranks, in single precision, without leaving the device that they are on: laid one after the
 * other into one array there. Used by one thread.
 */
final class DeviceBucket implements SummedArrays {
    private final DeviceCollective collective;
    private final NDArray bucket;
    private final List<NDIndex> slots = new ArrayList<>();

    /** Of PyTorch's C interface, whose handle of a tensor is what DJL has: a pointer to an {@code at::Tensor}. */
    interface TorchLibrary extends Library {
        int aoti_torch_get_data_ptr(Pointer tensor, PointerByReference address);
    }

    /** The library that DJL has loaded, by its name. */
    private static final class Loaded {
        static final TorchLibrary TORCH = Native.load("libtorch_cpu.so", TorchLibrary.class);
    }

    /** @param sizes how many floats each array has */
    DeviceBucket(DeviceCollective collective, NDManager manager, Device device, List<Long> sizes) {
        this.collective = collective;
        long floats = 0;
        for (long size : sizes) {
            slots.add(new NDIndex(floats + ":" + (floats + size)));
            floats += size;
        }
        this.bucket = manager.create(new Shape(floats), DataType.FLOAT32, device);
    }

    /** Where an array lies that has no gaps. */
    static DeviceArray place(NDArray array) {
        if (array.getDataType() != DataType.FLOAT32
                || !(array instanceof ai.djl.util.NativeResource<?> resource)
                || !(resource.getHandle() instanceof Long handle)) {
            throw new ConfigurationException("array to be added up on its device: " + array.getDataType() + " of "
                    + array.getManager().getEngine().getEngineName() + " (expected: float32 of PyTorch)");
        }
        PointerByReference address = new PointerByReference();
        int error = Loaded.TORCH.aoti_torch_get_data_ptr(new Pointer(handle), address);
        if (error != 0) {
            throw new InfrastructureException("aoti_torch_get_data_ptr failed with error " + error);
        }
        return new DeviceArray(Pointer.nativeValue(address.getValue()), array.size(), DeviceArray.Type.FLOAT);
    }

    @Override
    public void put(NDManager scope, int index, NDArray array) {
        NDArray dense = array.isSparse() ? array.toDense() : array;
        NDArray floats = dense.toType(DataType.FLOAT32, false);
        NDArray here = floats.toDevice(bucket.getDevice(), false);
        NDArray flat = here.flatten();
        for (NDArray made : List.of(dense, floats, here, flat)) {
            if (made != array) {
                made.attach(scope);
            }
        }
        bucket.set(slots.get(index), flat);
    }

    @Override
    public void sum(Collective ranks) {
        if (ranks.size() > 1) {
            collective.allReduce(place(bucket), Reduction.SUM);
        }
    }

    @Override
    public NDArray array(NDManager scope, int index, Shape shape) {
        NDArray flat = bucket.get(slots.get(index));
        flat.attach(scope);
        NDArray array = flat.reshape(shape);
        array.attach(scope);
        return array;
    }

    @Override
    public void close() {
        bucket.close();
    }
}
