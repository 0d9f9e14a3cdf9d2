package io.ghee.transfer.collective;

import static io.ghee.ConfigurationException.check;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.train.DeviceArray;
import io.ghee.train.DeviceCollective;
import io.ghee.transfer.collective.Call.Operation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * NCCL's collective operations, among ranks that each have a GPU of their own. Before each operation the ranks compare what they
 * call, by the collective that they have in host memory, as NCCL does not: so all have come to it when NCCL begins.
 *
 * <p>A rank that waits keeps up with the host's collective, which knows who is lost. When that, NCCL or CUDA tells of an error, or
 * an operation takes longer than {@value #PATIENCE_SECONDS} s, the communicator is aborted, and the rank goes on with an exception.
 * Which bits a sum of floating point numbers has is up to NCCL.
 */
public final class NcclCollective implements DeviceCollective, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NcclCollective.class);

    /** How long an operation may take from when all ranks have come to it. */
    private static final int PATIENCE_SECONDS = 25;

    /** How long the work may take that the device was given before. */
    private static final int BACKLOG_SECONDS = 600;

    /** How long the others may take to close theirs. */
    private static final int CLOSING_SECONDS = 10;

    private static final long SPIN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Collective host;
    private final int device;
    private final CudaLibrary cuda;
    private final NcclLibrary nccl;
    private final Memory attributes = new Memory(CudaLibrary.ATTRIBUTES_BYTES);
    private @Nullable Pointer communicator;

    /** An operation that is begun. */
    private interface Begin {
        int call(Pointer communicator);
    }

    /** If what is waited for is done; throws if it never will be. */
    private interface Done {
        boolean ask();
    }

    private NcclCollective(Collective host, int device, CudaLibrary cuda, NcclLibrary nccl) {
        this.host = host;
        this.device = device;
        this.cuda = cuda;
        this.nccl = nccl;
    }

    /**
     * Finds together with the other ranks, all of which call this.
     *
     * @param host the ranks' collective in host memory, which is used by the same thread, and outlives this one
     * @param device the number of this rank's GPU, from 0, among those that this process sees; no other rank's
     * @throws ConfigurationException if NCCL, the CUDA runtime or the GPU is not there
     * @throws InfrastructureException if the ranks do not find together
     */
    public static NcclCollective open(Collective host, int device) {
        check(device >= 0, "device", device, ">= 0");
        CudaLibrary cuda = CudaLibrary.open();
        NcclLibrary nccl = NcclLibrary.open();
        int devices = devices(cuda);
        check(device < devices, "device", device, "< " + devices + ", the CUDA devices that there are");
        IntByReference version = new IntByReference();
        NcclCollective opened = new NcclCollective(host, device, cuda, nccl);
        opened.ok("ncclGetVersion", nccl.ncclGetVersion(version));
        check(
                version.getValue() >= NcclLibrary.OLDEST,
                "version of NCCL",
                version.getValue(),
                ">= 21400, which is 2.14.0");
        opened.join();
        return opened;
    }

    /** How many there are, at least one. */
    static int devices(CudaLibrary cuda) {
        IntByReference count = new IntByReference();
        int error = cuda.cudaGetDeviceCount(count);
        if (error != 0 || count.getValue() == 0) {
            throw new ConfigurationException("CUDA devices: none, "
                    + (error == 0 ? "without an error" : cuda.cudaGetErrorString(error))
                    + " (expected: a GPU and its driver)");
        }
        return count.getValue();
    }

    private void join() {
        NcclLibrary.UniqueId.Value id = new NcclLibrary.UniqueId.Value();
        if (host.rank() == 0) {
            NcclLibrary.UniqueId made = new NcclLibrary.UniqueId();
            ok("ncclGetUniqueId", nccl.ncclGetUniqueId(made));
            System.arraycopy(made.internal, 0, id.internal, 0, id.internal.length);
        }
        ByteBuffer bytes = ByteBuffer.wrap(id.internal).order(ByteOrder.LITTLE_ENDIAN);
        IntBuffer told = IntBuffer.allocate(id.internal.length / Integer.BYTES).put(bytes.asIntBuffer());
        host.broadcast(told.flip(), 0);
        bytes.asIntBuffer().put(told);
        host.barrier();
        onDevice(() -> {
            String what = "ncclCommInitRankConfig";
            PointerByReference begun = new PointerByReference();
            int error = nccl.ncclCommInitRankConfig(begun, host.size(), id, host.rank(), NcclLibrary.doesNotBlock());
            communicator = begun.getValue();
            try {
                begun(what, error);
                await(what, PATIENCE_SECONDS, this::hasBegun);
            } catch (RuntimeException e) {
                abort();
                throw e;
            }
        });
    }

    /** Runs with this collective's device as that of the thread. */
    private void onDevice(Runnable work) {
        IntByReference before = new IntByReference();
        cudaOk("cudaGetDevice", cuda.cudaGetDevice(before));
        cudaOk("cudaSetDevice", cuda.cudaSetDevice(device));
        try {
            work.run();
        } finally {
            cudaOk("cudaSetDevice", cuda.cudaSetDevice(before.getValue()));
        }
    }

    private String name() {
        return "rank " + host.rank() + " of " + host.size() + " on CUDA device " + device;
    }

    private void cudaOk(String what, int error) {
        if (error != 0) {
            throw new InfrastructureException(
                    what + " by " + name() + " failed: " + cuda.cudaGetErrorString(error) + " (error " + error + ")");
        }
    }

    private void ok(String what, int error) {
        if (error != 0) {
            String last = nccl.ncclGetLastError(null);
            throw new InfrastructureException(what + " by " + name() + " failed: " + nccl.ncclGetErrorString(error)
                    + (last == null || last.isBlank() ? "" : ": " + last.strip()));
        }
    }

    /** What NCCL says of a call that does not block. */
    private void begun(String what, int error) {
        if (error != NcclLibrary.IN_PROGRESS) {
            ok(what, error);
        }
    }

    /** If the last call has done what it does on the host; throws an error of any of them. */
    private boolean hasBegun() {
        IntByReference error = new IntByReference();
        ok("ncclCommGetAsyncError", nccl.ncclCommGetAsyncError(communicator(), error));
        begun("communication", error.getValue());
        return error.getValue() == 0;
    }

    /** If the device has done what it was given. */
    private boolean isIdle() {
        int error = cuda.cudaStreamQuery(null);
        if (error == CudaLibrary.NOT_READY) {
            return false;
        }
        cudaOk("cudaStreamQuery", error);
        return true;
    }

    private Pointer communicator() {
        Pointer open = communicator;
        if (open == null) {
            throw new InfrastructureException(name() + ": the communicator is closed, or was aborted after an error");
        }
        return open;
    }

    private void await(String what, int seconds, Done done) {
        long start = System.nanoTime();
        long asked = start;
        while (!done.ask()) {
            long now = System.nanoTime();
            if (now - start > TimeUnit.SECONDS.toNanos(seconds)) {
                throw new InfrastructureException(what + " by " + name() + " is not done after " + seconds
                        + " s (expected: all ranks have begun it)");
            }
            if (now - start > SPIN_NANOS) {
                LockSupport.parkNanos(PAUSE_NANOS);
            } else {
                Thread.onSpinWait();
            }
            if (now - asked >= ASK_NANOS) {
                asked = now;
                if (Thread.currentThread().isInterrupted()) {
                    throw new InfrastructureException(what + " by " + name() + " was interrupted");
                }
                host.keepUp();
            }
        }
    }

    private void perform(Call call, Begin begin, DeviceArray... data) {
        Pointer open = communicator();
        String what = call.toString();
        onDevice(() -> {
            try {
                List.of(data).forEach(this::checkPlace);
                await("the work before " + what, BACKLOG_SECONDS, this::isIdle);
                compare(call);
                if (call.count() == 0) {
                    return;
                }
                begun(what, begin.call(open));
                await(what, PATIENCE_SECONDS, () -> hasBegun() && isIdle());
            } catch (RuntimeException e) {
                abort();
                throw e;
            }
        });
    }

    private void checkPlace(DeviceArray data) {
        if (data.count() == 0) {
            return;
        }
        attributes.clear();
        cudaOk("cudaPointerGetAttributes", cuda.cudaPointerGetAttributes(attributes, new Pointer(data.address())));
        int kind = attributes.getInt(CudaLibrary.ATTRIBUTES_KIND);
        boolean isDevice = kind == CudaLibrary.KIND_DEVICE || kind == CudaLibrary.KIND_MANAGED;
        int place = attributes.getInt(CudaLibrary.ATTRIBUTES_DEVICE);
        check(
                isDevice && place == device,
                "memory of " + data,
                isDevice ? "of CUDA device " + place : "of the host",
                "of CUDA device " + device);
    }

    private void compare(Call mine) {
        ByteBuffer own = ByteBuffer.allocate(Call.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        mine.writeTo(own);
        List<ByteBuffer> all = host.allGather(own.flip());
        for (int other = 0; other < all.size(); other++) {
            Call its = Call.read(all.get(other).duplicate().order(ByteOrder.LITTLE_ENDIAN));
            if (!its.equals(mine)) {
                throw new ConfigurationException("rank " + other + " calls " + its + ", rank " + host.rank() + " calls "
                        + mine + " (expected: the same of all ranks)");
            }
        }
    }

    private static Call call(Operation operation, Reduction how, DeviceArray data, int root) {
        Values.Type type = switch (data.type()) {
            case FLOAT -> Values.Type.FLOATS;
            case DOUBLE -> Values.Type.DOUBLES;
            case INT -> Values.Type.INTS;
            case LONG -> Values.Type.LONGS;
        };
        return new Call(operation, how, type, data.count(), root);
    }

    private static int type(DeviceArray data) {
        return switch (data.type()) {
            case FLOAT -> NcclLibrary.FLOAT32;
            case DOUBLE -> NcclLibrary.FLOAT64;
            case INT -> NcclLibrary.INT32;
            case LONG -> NcclLibrary.INT64;
        };
    }

    private static int operator(Reduction how) {
        return switch (how) {
            case SUM -> NcclLibrary.SUM;
            case MEAN -> NcclLibrary.AVG;
            case MIN -> NcclLibrary.MIN;
            case MAX -> NcclLibrary.MAX;
        };
    }

    private static Pointer pointer(DeviceArray data) {
        return new Pointer(data.address());
    }

    private void checkParts(DeviceArray all, DeviceArray mine) {
        check(
                mine.type() == all.type(),
                "elements of a part",
                mine.type(),
                all.type().toString());
        check(
                all.count() == mine.count() * host.size(),
                "elements of all parts",
                all.count(),
                mine.count() + " x " + host.size());
    }

    @Override
    public void allReduce(DeviceArray data, Reduction how) {
        perform(
                call(Operation.ALL_REDUCE, how, data, 0),
                open -> nccl.ncclAllReduce(
                        pointer(data), pointer(data), data.count(), type(data), operator(how), open, null),
                data);
    }

    @Override
    public void reduceScatter(DeviceArray all, DeviceArray mine, Reduction how) {
        checkParts(all, mine);
        perform(
                call(Operation.REDUCE_SCATTER, how, all, 0),
                open -> nccl.ncclReduceScatter(
                        pointer(all), pointer(mine), mine.count(), type(all), operator(how), open, null),
                all,
                mine);
    }

    @Override
    public void allGather(DeviceArray mine, DeviceArray all) {
        checkParts(all, mine);
        perform(
                call(Operation.ALL_GATHER, Reduction.SUM, mine, 0),
                open -> nccl.ncclAllGather(pointer(mine), pointer(all), mine.count(), type(all), open, null),
                mine,
                all);
    }

    @Override
    public void broadcast(DeviceArray data, int root) {
        check(root >= 0 && root < host.size(), "root", root, ">= 0 and < " + host.size());
        perform(
                call(Operation.BROADCAST, Reduction.SUM, data, root),
                open -> nccl.ncclBroadcast(pointer(data), pointer(data), data.count(), type(data), root, open, null),
                data);
    }

    /** Ends what is under way on the device, and tells nobody; others notice by their own. */
    private void abort() {
        Pointer open = communicator;
        communicator = null;
        if (open != null) {
            int error = nccl.ncclCommAbort(open);
            if (error != 0) {
                LOG.warn("ncclCommAbort by {} failed: {}", name(), nccl.ncclGetErrorString(error));
            }
        }
    }

    /** Leaves the other ranks, when they leave, too, or after {@value #CLOSING_SECONDS} s. */
    @Override
    public void close() {
        Pointer open = communicator;
        if (open == null) {
            return;
        }
        onDevice(() -> {
            try {
                begun("ncclCommFinalize", nccl.ncclCommFinalize(open));
                await("closing", CLOSING_SECONDS, this::hasBegun);
            } catch (RuntimeException e) {
                LOG.warn("the others did not leave together with {}", name(), e);
                abort();
                return;
            }
            communicator = null;
            ok("ncclCommDestroy", nccl.ncclCommDestroy(open));
        });
    }
}
