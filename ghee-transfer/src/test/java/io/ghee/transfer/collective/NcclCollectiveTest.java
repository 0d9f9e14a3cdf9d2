package io.ghee.transfer.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import io.ghee.ConfigurationException;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.train.DeviceArray;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** NCCL itself, where there is a GPU; what it says where there is none. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NcclCollectiveTest {
    private static final int MANY = 1 << 20;

    /** Memory of a device. */
    interface CudaMemory extends Library {
        int TO_DEVICE = 1;
        int TO_HOST = 2;

        int cudaSetDevice(int device);

        int cudaMalloc(PointerByReference address, long bytes);

        int cudaFree(Pointer address);

        int cudaMemcpy(Pointer to, Pointer from, long bytes, int kind);
    }

    private static final class Arrays implements AutoCloseable {
        private final CudaMemory cuda = Native.load(
                CudaLibrary.name("the CUDA runtime", CudaLibrary.NAMES, "cudaMalloc", "CUDA"), CudaMemory.class);
        private final List<Pointer> made = new ArrayList<>();

        Arrays(int device) {
            assertThat(cuda.cudaSetDevice(device)).isZero();
        }

        private DeviceArray array(Memory values, int count, DeviceArray.Type type) {
            PointerByReference address = new PointerByReference();
            assertThat(cuda.cudaMalloc(address, values.size())).isZero();
            made.add(address.getValue());
            assertThat(cuda.cudaMemcpy(address.getValue(), values, values.size(), CudaMemory.TO_DEVICE))
                    .isZero();
            return new DeviceArray(Pointer.nativeValue(address.getValue()), count, type);
        }

        DeviceArray floats(float... values) {
            Memory memory = new Memory(4L * values.length);
            memory.write(0, values, 0, values.length);
            return array(memory, values.length, DeviceArray.Type.FLOAT);
        }

        DeviceArray doubles(double... values) {
            Memory memory = new Memory(8L * values.length);
            memory.write(0, values, 0, values.length);
            return array(memory, values.length, DeviceArray.Type.DOUBLE);
        }

        DeviceArray ints(int... values) {
            Memory memory = new Memory(4L * values.length);
            memory.write(0, values, 0, values.length);
            return array(memory, values.length, DeviceArray.Type.INT);
        }

        DeviceArray longs(long... values) {
            Memory memory = new Memory(8L * values.length);
            memory.write(0, values, 0, values.length);
            return array(memory, values.length, DeviceArray.Type.LONG);
        }

        private Memory read(DeviceArray array) {
            Memory memory = new Memory(array.count() * array.type().bytes());
            assertThat(cuda.cudaMemcpy(memory, new Pointer(array.address()), memory.size(), CudaMemory.TO_HOST))
                    .isZero();
            return memory;
        }

        float[] readFloats(DeviceArray array) {
            return read(array).getFloatArray(0, (int) array.count());
        }

        double[] readDoubles(DeviceArray array) {
            return read(array).getDoubleArray(0, (int) array.count());
        }

        int[] readInts(DeviceArray array) {
            return read(array).getIntArray(0, (int) array.count());
        }

        long[] readLongs(DeviceArray array) {
            return read(array).getLongArray(0, (int) array.count());
        }

        @Override
        public void close() {
            made.forEach(cuda::cudaFree);
        }
    }

    /** Skips the test, and says what is missing, unless there are so many GPUs and NCCL. */
    private static void assumeDevices(int count) {
        try {
            NcclLibrary.open();
            int devices = NcclCollective.devices(CudaLibrary.open());
            assumeTrue(devices >= count, "CUDA devices: " + devices + " (expected: >= " + count + ")");
        } catch (ConfigurationException e) {
            abort(e.getMessage());
        }
    }

    /** Every operation, by ranks of which each has the device of its number. */
    private static Object everyOperation(Collective host) {
        int rank = host.rank();
        int size = host.size();
        int ranks = size * (size - 1) / 2;
        try (Arrays arrays = new Arrays(rank);
                NcclCollective nccl = NcclCollective.open(host, rank)) {
            float[] many = new float[MANY];
            for (int k = 0; k < MANY; k++) {
                many[k] = rank + k % 10;
            }
            DeviceArray floats = arrays.floats(many);
            nccl.allReduce(floats, Reduction.SUM);
            float[] sums = arrays.readFloats(floats);
            for (int k = 0; k < MANY; k++) {
                assertThat(sums[k]).isEqualTo(ranks + size * (k % 10));
            }
            DeviceArray doubles = arrays.doubles(rank, 7);
            nccl.allReduce(doubles, Reduction.MEAN);
            assertThat(arrays.readDoubles(doubles)).containsExactly((double) ranks / size, 7);
            DeviceArray ints = arrays.ints(rank, -rank);
            nccl.allReduce(ints, Reduction.MAX);
            assertThat(arrays.readInts(ints)).containsExactly(size - 1, 0);
            DeviceArray longs = arrays.longs(rank, -rank);
            nccl.allReduce(longs, Reduction.MIN);
            assertThat(arrays.readLongs(longs)).containsExactly(0, 1 - size);
            nccl.allReduce(new DeviceArray(0, 0, DeviceArray.Type.FLOAT), Reduction.SUM);

            DeviceArray told = arrays.ints(rank, 5);
            nccl.broadcast(told, size - 1);
            assertThat(arrays.readInts(told)).containsExactly(size - 1, 5);

            DeviceArray all = arrays.ints(new int[2 * size]);
            nccl.allGather(arrays.ints(rank, 7), all);
            int[] gathered = new int[2 * size];
            for (int each = 0; each < size; each++) {
                gathered[2 * each] = each;
                gathered[2 * each + 1] = 7;
            }
            assertThat(arrays.readInts(all)).containsExactly(gathered);
            DeviceArray part = arrays.ints(0, 0);
            nccl.reduceScatter(all, part, Reduction.SUM);
            assertThat(arrays.readInts(part)).containsExactly(rank * size, 7 * size);

            assertThatThrownBy(() -> nccl.broadcast(told, size))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("root: " + size + " (expected: >= 0 and < " + size + ")");
            assertThatThrownBy(() -> nccl.allGather(floats, all))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("elements of a part: FLOAT (expected: INT)");
        }
        return "";
    }

    private static void run(int size) throws Exception {
        assumeDevices(size);
        try (Ranks ranks = Ranks.joined(size)) {
            ranks.all(NcclCollectiveTest::everyOperation);
        }
    }

    @Test
    void everyOperationOfOneRankIsNccls() throws Exception {
        run(1);
    }

    @Test
    void everyOperationOfTwoRanksIsNccls() throws Exception {
        run(2);
    }

    @Test
    void hostMemoryIsRefused() throws Exception {
        assumeDevices(1);
        try (Ranks ranks = Ranks.joined(1);
                Memory memory = new Memory(16);
                NcclCollective nccl = NcclCollective.open(ranks.rank(0), 0)) {
            DeviceArray array = new DeviceArray(Pointer.nativeValue(memory), 2, DeviceArray.Type.DOUBLE);
            assertThatThrownBy(() -> nccl.allReduce(array, Reduction.SUM))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("of the host (expected: of CUDA device 0)");
        }
    }

    @Test
    void ranksThatCallDifferentOperationsAreTold() throws Exception {
        assumeDevices(2);
        try (Ranks ranks = Ranks.joined(2)) {
            Future<Object> sum = ranks.start(0, host -> {
                try (Arrays arrays = new Arrays(0);
                        NcclCollective nccl = NcclCollective.open(host, 0)) {
                    nccl.allReduce(arrays.floats(1, 2), Reduction.SUM);
                }
                return "";
            });
            Future<Object> mean = ranks.start(1, host -> {
                try (Arrays arrays = new Arrays(1);
                        NcclCollective nccl = NcclCollective.open(host, 1)) {
                    nccl.allReduce(arrays.floats(1, 2), Reduction.MEAN);
                }
                return "";
            });
            for (Future<Object> each : List.of(sum, mean)) {
                assertThat(Ranks.failure(each))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("allReduce SUM of 2 floats")
                        .hasMessageContaining("allReduce MEAN of 2 floats");
            }
        }
    }

    @Test
    void whatIsMissingIsToldWithWhatToInstall() throws Exception {
        try (Ranks ranks = Ranks.joined(1)) {
            Throwable missing =
                    catchThrowable(() -> NcclCollective.open(ranks.rank(0), 0).close());
            assumeTrue(missing != null, "NCCL, the CUDA runtime and a GPU are there: nothing is missing");
            assertThat(missing)
                    .isInstanceOf(ConfigurationException.class)
                    .message()
                    .containsAnyOf(
                            "the CUDA runtime: none of [libcudart.so.12, libcudart.so.13, libcudart.so.11.0, libcudart.so]"
                                    + " is there (expected: CUDA 11 or newer; NVIDIA's package cuda-cudart-12-8,"
                                    + " on every machine with a GPU)",
                            "NCCL: none of [libnccl.so.2, libnccl.so] is there (expected: NCCL 2.14 or newer;"
                                    + " NVIDIA's package libnccl2, on every machine with a GPU)",
                            "CUDA devices: none");
        }
    }

    @Test
    void aDeviceBelowZeroIsRefused() throws Exception {
        try (Ranks ranks = Ranks.joined(1)) {
            assertThatThrownBy(() -> NcclCollective.open(ranks.rank(0), -1))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("device: -1 (expected: >= 0)");
        }
    }

    @Test
    void anArrayThatCannotBeIsRefused() {
        assertThatThrownBy(() -> new DeviceArray(0, 1, DeviceArray.Type.FLOAT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("address of a device array: 0 (expected: not 0)");
        assertThatThrownBy(() -> new DeviceArray(8, -1, DeviceArray.Type.FLOAT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("elements of a device array: -1 (expected: >= 0)");
        assertThatThrownBy(() -> new DeviceArray(12, 1, DeviceArray.Type.DOUBLE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("address of a device array: 12 (expected: a multiple of 8)");
    }

    /** As nccl.h has them. */
    @Test
    void structuresAreLaidOutAsNcclReadsThem() {
        NcclLibrary.UniqueId.Value id = new NcclLibrary.UniqueId.Value();
        id.internal[127] = 5;
        id.write();
        assertThat(id.size()).isEqualTo(128);
        assertThat(id.getPointer().getByte(127)).isEqualTo((byte) 5);
        Memory config = NcclLibrary.doesNotBlock();
        assertThat(config.getLong(0)).isEqualTo(24);
        assertThat(config.getInt(8)).isEqualTo(0xcafebeef);
        assertThat(config.getInt(12)).isEqualTo(21400);
        assertThat(config.getInt(16)).isZero();
    }
}
