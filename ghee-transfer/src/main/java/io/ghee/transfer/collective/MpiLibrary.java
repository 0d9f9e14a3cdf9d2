package io.ghee.transfer.collective;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import io.ghee.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Open MPI's C functions, by their names there; each returns 0 or the number of an error. */
interface MpiLibrary extends Library {
    /** One thread at a time calls. */
    int THREAD_SERIALIZED = 2;

    /** The data to be reduced lies where the result goes. */
    Pointer IN_PLACE = new Pointer(1);

    /** Room for the text of an error. */
    int LONGEST_TEXT = 256;

    /** That of Open MPI 4 and 5. */
    List<String> NAMES = List.of("libmpi.so.40", "libmpi.so", "mpi");

    int MPI_Init_thread(@Nullable Pointer argc, @Nullable Pointer argv, int required, IntByReference provided);

    int MPI_Initialized(IntByReference flag);

    int MPI_Finalize();

    int MPI_Comm_rank(Pointer comm, IntByReference rank);

    int MPI_Comm_size(Pointer comm, IntByReference size);

    int MPI_Comm_set_errhandler(Pointer comm, Pointer handler);

    int MPI_Error_string(int code, byte[] text, IntByReference length);

    int MPI_Test(PointerByReference request, IntByReference flag, @Nullable Pointer status);

    int MPI_Iallreduce(
            Pointer from, Pointer to, int count, Pointer type, Pointer op, Pointer comm, PointerByReference request);

    int MPI_Ireduce_scatter_block(
            Pointer from, Pointer to, int count, Pointer type, Pointer op, Pointer comm, PointerByReference request);

    int MPI_Iallgather(
            Pointer from,
            int count,
            Pointer type,
            Pointer to,
            int toCount,
            Pointer toType,
            Pointer comm,
            PointerByReference request);

    int MPI_Iallgatherv(
            Pointer from,
            int count,
            Pointer type,
            Pointer to,
            int[] toCounts,
            int[] places,
            Pointer toType,
            Pointer comm,
            PointerByReference request);

    int MPI_Ibcast(Pointer data, int count, Pointer type, int root, Pointer comm, PointerByReference request);

    /**
     * The library, where there is one.
     *
     * @throws ConfigurationException if there is none
     */
    static MpiLibrary open() {
        return Native.load(name(), MpiLibrary.class);
    }

    /** What Open MPI's header calls by another name: {@code ompi_mpi_comm_world} is MPI_COMM_WORLD. */
    static Pointer symbol(String name) {
        return NativeLibrary.getInstance(name()).getGlobalVariableAddress(name);
    }

    private static String name() {
        ConfigurationException missing = new ConfigurationException(
                "Open MPI: none of " + NAMES
                        + " is there (expected: Open MPI 4 or 5 on every machine; Debian's packages openmpi-bin and libopenmpi3)");
        for (String name : NAMES) {
            try {
                NativeLibrary.getInstance(name).getGlobalVariableAddress("ompi_mpi_comm_world");
                return name;
            } catch (UnsatisfiedLinkError e) {
                missing.addSuppressed(e);
            }
        }
        throw missing;
    }
}
