package io.ghee.models.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.ghee.ConfigurationException;
import io.ghee.models.Streams;
import io.ghee.train.Artifact;
import io.ghee.train.DeviceArray;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceBucketTest {
    private record Sums(float[] first, float[] second, float[] third) implements Artifact {
        @Override
        public void save(Path directory) {}
    }

    @Test
    void thePlaceOfAnArrayIsWherePyTorchHasIt() {
        try (NDManager manager = Torch.engine().newBaseManager(Device.cpu())) {
            NDArray array = manager.create(new float[] {1, 2, 3}).mul(2f);
            DeviceArray place = DeviceBucket.place(array);
            assertThat(place.address())
                    .isEqualTo(Pointer.nativeValue(Native.getDirectBufferPointer(array.toByteBuffer(true))));
            assertThat(place.count()).isEqualTo(3);
            new Pointer(place.address()).setFloat(4, 7);
            assertThat(array.toFloatArray()).containsExactly(2, 7, 6);
            assertThat(DeviceBucket.place(array.get("1:")).address()).isEqualTo(place.address() + 4);
            assertThatThrownBy(() -> DeviceBucket.place(array.toType(DataType.INT32, true)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("array to be added up on its device: int32 of PyTorch (expected: float32 of PyTorch)");
        }
    }

    /** Of any layout and type. */
    @Test
    void arraysAreAddedUpWhereTheyLie() throws InterruptedException {
        List<Sums> all = Streams.train(2, 100, 1, 32, context -> {
                    try (NDManager manager = Torch.engine().newBaseManager(Device.cpu());
                            DeviceBucket bucket = new DeviceBucket(
                                    new HostMemory(context.collective()), manager, Device.cpu(), List.of(6L, 1L, 2L))) {
                        int rank = context.rank();
                        NDArray matrix = manager.create(new float[] {0, 1, 2, 3, 4, 5}, new Shape(2, 3));
                        bucket.put(manager, 0, matrix.add(rank).transpose());
                        bucket.put(manager, 1, manager.create((double) rank));
                        bucket.put(manager, 2, manager.create(new int[] {5, rank}));
                        bucket.sum(context.collective());
                        NDArray first = bucket.array(manager, 0, new Shape(3, 2));
                        assertThat(first.getShape()).isEqualTo(new Shape(3, 2));
                        return new Sums(
                                first.toFloatArray(),
                                bucket.array(manager, 1, new Shape()).toFloatArray(),
                                bucket.array(manager, 2, new Shape(2)).toFloatArray());
                    }
                })
                .artifacts();
        assertThat(all).hasSize(2).allSatisfy(sums -> {
            assertThat(sums.first()).containsExactly(1, 7, 3, 9, 5, 11);
            assertThat(sums.second()).containsExactly(1);
            assertThat(sums.third()).containsExactly(10, 1);
        });
    }
}
