package io.ghee.transfer.collective;

import static io.ghee.ConfigurationException.check;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.transfer.collective.Call.Operation;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Open MPI's collective operations, among the JVMs that one {@code mpirun} has started. Before each operation the ranks compare
 * what they call, in an operation of its own, as MPI does not.
 *
 * <p>Which bits a sum of floating point numbers has, and if they are the same on all ranks, is up to Open MPI. So are losses:
 * when a rank ends without {@link #close}, {@code mpirun} ends the others; one that stands still is waited for until {@code
 * whileWaiting} throws.
 */
public final class MpiCollective implements Collective, AutoCloseable {
    /** In the environment of what {@code mpirun} starts. */
    private static final String STARTED_BY_MPIRUN = "OMPI_COMM_WORLD_SIZE";

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long ASK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Map<Values.Type, String> TYPES = Map.of(
            Values.Type.FLOATS, "ompi_mpi_float",
            Values.Type.DOUBLES, "ompi_mpi_double",
            Values.Type.INTS, "ompi_mpi_int32_t",
            Values.Type.LONGS, "ompi_mpi_int64_t",
            Values.Type.BYTES, "ompi_mpi_byte");

    private final MpiLibrary mpi;
    private final Runnable whileWaiting;
    private final Pointer world = MpiLibrary.symbol("ompi_mpi_comm_world");
    private final Values.Scratch scratch = new Values.Scratch();
    private final int rank;
    private final int size;

    /** An operation that was begun. */
    private interface Begin {
        int call(PointerByReference request);
    }

    private MpiCollective(MpiLibrary mpi, Runnable whileWaiting) {
        this.mpi = mpi;
        this.whileWaiting = whileWaiting;
        ok("MPI_Comm_set_errhandler", mpi.MPI_Comm_set_errhandler(world, MpiLibrary.symbol("ompi_mpi_errors_return")));
        IntByReference number = new IntByReference();
        ok("MPI_Comm_rank", mpi.MPI_Comm_rank(world, number));
        rank = number.getValue();
        ok("MPI_Comm_size", mpi.MPI_Comm_size(world, number));
        size = number.getValue();
    }

    /**
     * Begins with MPI in this JVM, which can be done once.
     *
     * @param whileWaiting is called about every 20 ms, by the thread that uses the collective, while that waits for others; what it
     *     throws ends the waiting, and the collective
     * @throws ConfigurationException if Open MPI is not installed, or this JVM was not started by {@code mpirun}
     */
    public static MpiCollective open(Runnable whileWaiting) {
        if (System.getenv(STARTED_BY_MPIRUN) == null) {
            throw new ConfigurationException(
                    "this JVM was not started by mpirun (expected: mpirun -np RANKS java ..., with Open MPI 4 or 5)");
        }
        MpiLibrary mpi = MpiLibrary.open();
        IntByReference flag = new IntByReference();
        mpi.MPI_Initialized(flag);
        check(flag.getValue() == 0, "MPI in this JVM", "opened before", "to be opened once");
        int error = mpi.MPI_Init_thread(null, null, MpiLibrary.THREAD_SERIALIZED, flag);
        if (error != 0) {
            throw new InfrastructureException("MPI_Init_thread failed with error " + error);
        }
        return new MpiCollective(mpi, whileWaiting);
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int size() {
        return size;
    }

    private void ok(String what, int error) {
        if (error != 0) {
            byte[] text = new byte[MpiLibrary.LONGEST_TEXT];
            IntByReference length = new IntByReference();
            mpi.MPI_Error_string(error, text, length);
            throw new InfrastructureException(what + " by rank " + rank + " of " + size + " failed: "
                    + new String(text, 0, length.getValue(), StandardCharsets.UTF_8));
        }
    }

    /** Begins an operation, and waits for its end. Open MPI moves data only while it is asked, and there may be more ranks than processors. */
    @SuppressWarnings("ThreadPriorityCheck")
    private void complete(Call call, Begin begin) {
        PointerByReference request = new PointerByReference();
        ok(call.toString(), begin.call(request));
        IntByReference done = new IntByReference();
        long start = System.nanoTime();
        long asked = start;
        while (true) {
            ok(call.toString(), mpi.MPI_Test(request, done, null));
            if (done.getValue() != 0) {
                return;
            }
            long now = System.nanoTime();
            if (now - start > POLL_NANOS) {
                LockSupport.parkNanos(PAUSE_NANOS);
            } else {
                Thread.yield();
            }
            if (now - asked >= ASK_NANOS) {
                asked = now;
                if (Thread.currentThread().isInterrupted()) {
                    throw new InfrastructureException(call + " by rank " + rank + " of " + size + " was interrupted");
                }
                whileWaiting.run();
            }
        }
    }

    private void compare(Call mine) {
        ByteBuffer own = Sending.direct(Call.BYTES);
        mine.writeTo(own);
        ByteBuffer all = Sending.direct(Call.BYTES * size);
        gather(mine, own.flip(), all);
        for (int other = 0; other < size; other++) {
            Call its = Call.read(all);
            if (!its.equals(mine)) {
                throw new ConfigurationException("rank " + other + " calls " + its + ", rank " + rank + " calls " + mine
                        + " (expected: the same of all ranks)");
            }
        }
    }

    private void gather(Call call, ByteBuffer own, ByteBuffer all) {
        Pointer type = type(Values.Type.BYTES);
        complete(
                call,
                request -> mpi.MPI_Iallgather(
                        pointer(own), own.remaining(), type, pointer(all), own.remaining(), type, world, request));
    }

    private static Pointer type(Values.Type type) {
        return MpiLibrary.symbol(TYPES.getOrDefault(type, ""));
    }

    private static Pointer operator(Reduction how) {
        return MpiLibrary.symbol(
                switch (how) {
                    case SUM, MEAN -> "ompi_mpi_op_sum";
                    case MIN -> "ompi_mpi_op_min";
                    case MAX -> "ompi_mpi_op_max";
                });
    }

    private static Pointer pointer(Buffer direct) {
        return Native.getDirectBufferPointer(direct);
    }

    /** What is between position and limit of a buffer, where native code can read and write it. */
    private final class Lent {
        private final Buffer data;
        private final Values.Type type;
        private final Buffer direct;

        Lent(Buffer data, boolean isRead) {
            this.data = data;
            this.type = Values.Type.of(data);
            if (data.isDirect() && isNative(data)) {
                direct = data.slice();
            } else {
                ByteBuffer copy = Sending.direct(data.remaining() * type.width).order(ByteOrder.nativeOrder());
                if (isRead) {
                    type.values(data, scratch).send(data.position(), data.remaining(), copy);
                }
                direct = copy.clear();
            }
        }

        Pointer pointer() {
            return MpiCollective.pointer(direct);
        }

        /** To be called when the data was written. */
        void giveBack() {
            if (direct instanceof ByteBuffer copy) {
                type.values(data, scratch).replace(data.position(), data.remaining(), copy.clear());
            }
        }

        void divide(int divisor) {
            type.values(data, scratch).divide(data.position(), data.remaining(), divisor);
        }
    }

    private static boolean isNative(Buffer data) {
        ByteOrder order = data instanceof FloatBuffer floats
                ? floats.order()
                : data instanceof DoubleBuffer doubles
                        ? doubles.order()
                        : data instanceof IntBuffer ints ? ints.order() : ((LongBuffer) data).order();
        return order == ByteOrder.nativeOrder();
    }

    @Override
    public void allReduce(Buffer data, Reduction how) {
        Values.Type type = Values.Type.of(data);
        int count = data.remaining();
        Call call = new Call(Operation.ALL_REDUCE, how, type, count, 0);
        compare(call);
        if (count == 0) {
            return;
        }
        Lent lent = new Lent(data, true);
        complete(
                call,
                request -> mpi.MPI_Iallreduce(
                        MpiLibrary.IN_PLACE, lent.pointer(), count, type(type), operator(how), world, request));
        lent.giveBack();
        if (how == Reduction.MEAN) {
            lent.divide(size);
        }
    }

    @Override
    public void reduceScatter(Buffer all, Buffer mine, Reduction how) {
        Values.Type type = checkParts(all, mine);
        Call call = new Call(Operation.REDUCE_SCATTER, how, type, all.remaining(), 0);
        compare(call);
        if (!mine.hasRemaining()) {
            return;
        }
        Lent from = new Lent(all, true);
        Lent to = new Lent(mine, false);
        complete(
                call,
                request -> mpi.MPI_Ireduce_scatter_block(
                        from.pointer(), to.pointer(), mine.remaining(), type(type), operator(how), world, request));
        to.giveBack();
        if (how == Reduction.MEAN) {
            to.divide(size);
        }
    }

    private Values.Type checkParts(Buffer all, Buffer mine) {
        Values.Type type = Values.Type.of(all);
        check(Values.Type.of(mine) == type, "elements of a part", Values.Type.of(mine), type.toString());
        check(
                all.remaining() == (long) mine.remaining() * size,
                "elements of all parts",
                all.remaining(),
                mine.remaining() + " x " + size);
        return type;
    }

    @Override
    public void allGather(Buffer mine, Buffer all) {
        Values.Type type = checkParts(all, mine);
        int part = mine.remaining();
        Call call = new Call(Operation.ALL_GATHER, Reduction.SUM, type, part, 0);
        compare(call);
        if (part == 0) {
            return;
        }
        Lent from = new Lent(mine, true);
        Lent to = new Lent(all, false);
        complete(
                call,
                request -> mpi.MPI_Iallgather(
                        from.pointer(), part, type(type), to.pointer(), part, type(type), world, request));
        to.giveBack();
    }

    @Override
    public List<ByteBuffer> allGather(ByteBuffer mine) {
        Call call = new Call(Operation.ALL_GATHER_BYTES, Reduction.SUM, Values.Type.BYTES, 0, 0);
        compare(call);
        ByteBuffer length = Sending.direct(Integer.BYTES);
        length.putInt(0, mine.remaining());
        ByteBuffer lengths = Sending.direct(Integer.BYTES * size);
        gather(call, length, lengths);
        int[] counts = new int[size];
        int[] places = new int[size];
        long total = 0;
        for (int each = 0; each < size; each++) {
            counts[each] = lengths.getInt();
            places[each] = (int) total;
            total += counts[each];
            check(total <= Integer.MAX_VALUE - 8, "bytes of all ranks together", total, "<= 2 GiB");
        }
        if (total == 0) {
            return Collections.nCopies(
                    size, ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
        }
        ByteBuffer own = Sending.direct(mine.remaining()).put(mine.duplicate()).flip();
        ByteBuffer all = Sending.direct((int) total);
        Pointer type = type(Values.Type.BYTES);
        complete(
                call,
                request -> mpi.MPI_Iallgatherv(
                        pointer(own), own.remaining(), type, pointer(all), counts, places, type, world, request));
        List<ByteBuffer> parts = new ArrayList<>();
        for (int each = 0; each < size; each++) {
            parts.add(all.slice(places[each], counts[each]).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
        }
        return parts;
    }

    @Override
    public void broadcast(Buffer data, int root) {
        check(root >= 0 && root < size, "root", root, ">= 0 and < " + size);
        Values.Type type = Values.Type.of(data);
        int count = data.remaining();
        Call call = new Call(Operation.BROADCAST, Reduction.SUM, type, count, root);
        compare(call);
        if (count == 0) {
            return;
        }
        Lent lent = new Lent(data, rank == root);
        complete(call, request -> mpi.MPI_Ibcast(lent.pointer(), count, type(type), root, world, request));
        lent.giveBack();
    }

    @Override
    public void barrier() {
        compare(new Call(Operation.BARRIER, Reduction.SUM, Values.Type.BYTES, 0, 0));
    }

    @Override
    public void keepUp() {
        whileWaiting.run();
    }

    /** Ends MPI in this JVM, when all ranks do; it cannot be opened again. */
    @Override
    public void close() {
        ok("MPI_Finalize", mpi.MPI_Finalize());
    }
}
