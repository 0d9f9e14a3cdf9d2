package io.ghee.transfer.collective;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import io.ghee.ConfigurationException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** NCCL's functions, by their names in nccl.h; those that return an int return 0 or the number of an error. A stream of null is the default one. */
interface NcclLibrary extends Library {
    /** No error: what was begun is not done yet. */
    int IN_PROGRESS = 7;

    /** The first version whose communicators need not block, 2.14.0, as {@link #ncclGetVersion} tells it. */
    int OLDEST = 21400;

    int INT32 = 2;
    int INT64 = 4;
    int FLOAT32 = 7;
    int FLOAT64 = 8;

    int SUM = 0;
    int MAX = 2;
    int MIN = 3;
    int AVG = 4;

    List<String> NAMES = List.of("libnccl.so.2", "libnccl.so");

    /** What the ranks of a communicator find together by. */
    @Structure.FieldOrder("internal")
    class UniqueId extends Structure {
        static final int BYTES = 128;

        public byte[] internal = new byte[BYTES];

        /** As an argument of a function that takes the structure itself. */
        static final class Value extends UniqueId implements Structure.ByValue {}
    }

    int ncclGetVersion(IntByReference version);

    int ncclGetUniqueId(UniqueId id);

    int ncclCommInitRankConfig(PointerByReference comm, int ranks, UniqueId.Value id, int rank, Pointer config);

    int ncclCommGetAsyncError(Pointer comm, IntByReference error);

    int ncclCommFinalize(Pointer comm);

    int ncclCommDestroy(Pointer comm);

    int ncclCommAbort(Pointer comm);

    String ncclGetErrorString(int error);

    /** The last error in words; which communicator's is not looked at. */
    @Nullable
    String ncclGetLastError(@Nullable Pointer comm);

    int ncclAllReduce(Pointer from, Pointer to, long count, int type, int op, Pointer comm, @Nullable Pointer stream);

    /** Counts the elements of a part. */
    int ncclReduceScatter(
            Pointer from, Pointer to, long count, int type, int op, Pointer comm, @Nullable Pointer stream);

    /** Counts the elements of a part. */
    int ncclAllGather(Pointer from, Pointer to, long count, int type, Pointer comm, @Nullable Pointer stream);

    int ncclBroadcast(Pointer from, Pointer to, long count, int type, int root, Pointer comm, @Nullable Pointer stream);

    /** An {@code ncclConfig_t} as of 2.14, which later versions take, too: of a communicator that does not block. */
    static Memory doesNotBlock() {
        Memory config = new Memory(24);
        config.clear();
        config.setLong(0, config.size());
        config.setInt(8, 0xcafebeef);
        config.setInt(12, OLDEST);
        config.setInt(16, 0);
        return config;
    }

    /**
     * The library, where there is one.
     *
     * @throws ConfigurationException if there is none
     */
    static NcclLibrary open() {
        return Native.load(
                CudaLibrary.name(
                        "NCCL", NAMES, "ncclCommInitRankConfig", "NCCL 2.14 or newer; NVIDIA's package libnccl2"),
                NcclLibrary.class);
    }
}
