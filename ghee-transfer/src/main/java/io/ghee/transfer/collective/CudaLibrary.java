package io.ghee.transfer.collective;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import io.ghee.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Functions of CUDA's runtime, by their names there; those that return an int return 0 or the number of an error. */
interface CudaLibrary extends Library {
    /** What {@link #cudaStreamQuery} returns while there is work to be done. */
    int NOT_READY = 600;

    /** Those of CUDA 11 to 13. */
    List<String> NAMES = List.of("libcudart.so.12", "libcudart.so.13", "libcudart.so.11.0", "libcudart.so");

    /** Room for what {@link #cudaPointerGetAttributes} writes: 24 bytes, with CUDA 13 more. */
    int ATTRIBUTES_BYTES = 256;

    /** Where it writes an int, the kind of memory. */
    int ATTRIBUTES_KIND = 0;

    /** Where it writes an int, the number of the device. */
    int ATTRIBUTES_DEVICE = 4;

    int KIND_DEVICE = 2;
    int KIND_MANAGED = 3;

    int cudaGetDeviceCount(IntByReference count);

    int cudaGetDevice(IntByReference device);

    /** For the calling thread. */
    int cudaSetDevice(int device);

    /** If a stream has done its work; null is the default one of the thread's device. */
    int cudaStreamQuery(@Nullable Pointer stream);

    int cudaPointerGetAttributes(Pointer attributes, Pointer address);

    String cudaGetErrorString(int error);

    /**
     * The library, where there is one.
     *
     * @throws ConfigurationException if there is none
     */
    static CudaLibrary open() {
        return Native.load(
                name(
                        "the CUDA runtime",
                        NAMES,
                        "cudaStreamQuery",
                        "CUDA 11 or newer; NVIDIA's package cuda-cudart-12-8"),
                CudaLibrary.class);
    }

    /** The first of some names that a library is found by. */
    static String name(String what, List<String> names, String function, String expected) {
        ConfigurationException missing = new ConfigurationException(
                what + ": none of " + names + " is there (expected: " + expected + ", on every machine with a GPU)");
        for (String name : names) {
            try {
                NativeLibrary.getInstance(name).getFunction(function);
                return name;
            } catch (UnsatisfiedLinkError e) {
                missing.addSuppressed(e);
            }
        }
        throw missing;
    }
}
