package io.ghee.transfer.collective;

import io.ghee.ConfigurationException;
import io.ghee.train.Collective.Reduction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A rank that {@code mpirun} starts: does every operation, and says if the results are right. */
final class MpiRank {
    private MpiRank() {}

    private static void check(boolean right, String what) {
        if (!right) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] args) throws Exception {
        AtomicBoolean waits = new AtomicBoolean();
        try (MpiCollective mpi = MpiCollective.open(() -> {
            if (waits.getAndSet(false)) {
                System.out.println("a rank waits");
            }
        })) {
            int rank = mpi.rank();
            int size = mpi.size();
            FloatBuffer floats = ByteBuffer.allocateDirect(4 * 100_002)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer()
                    .position(2);
            for (int k = 2; k < floats.limit(); k++) {
                floats.put(k, rank + k % 10);
            }
            mpi.allReduce(floats, Reduction.MEAN);
            check(floats.get(0) == 0 && floats.get(2) == 2 + (size - 1) / 2f, "mean " + floats.get(2));
            DoubleBuffer doubles =
                    DoubleBuffer.wrap(new double[] {9, rank, 9}).position(1).limit(2);
            mpi.allReduce(doubles, Reduction.MAX);
            doubles.clear();
            check(doubles.get(1) == size - 1 && doubles.get(2) == 9, "max " + doubles.get(1));
            LongBuffer longs = LongBuffer.wrap(new long[] {rank + 5});
            mpi.allReduce(longs, Reduction.MIN);
            check(longs.get(0) == 5, "min " + longs.get(0));
            mpi.allReduce(IntBuffer.allocate(0), Reduction.SUM);

            IntBuffer parts = IntBuffer.allocate(3 * size);
            mpi.allGather(IntBuffer.wrap(new int[] {rank, 7, rank}), parts);
            check(parts.get(0) == 0 && parts.get(1) == 7 && parts.get(3 * size - 1) == size - 1, "gathered");
            IntBuffer part = IntBuffer.allocate(3);
            mpi.reduceScatter(parts, part, Reduction.SUM);
            check(part.get(0) == rank * size && part.get(1) == 7 * size, "scattered " + part.get(0));

            FloatBuffer told = FloatBuffer.wrap(new float[] {rank});
            mpi.broadcast(told, size - 1);
            check(told.get(0) == size - 1, "told " + told.get(0));
            List<ByteBuffer> bytes =
                    mpi.allGather(ByteBuffer.wrap(new byte[rank * 1000]).put(0, new byte[0]));
            check(bytes.size() == size && bytes.get(size - 1).remaining() == (size - 1) * 1000, "bytes");

            if (rank == 0) {
                while (System.in.read() != '\n') {}
            } else {
                waits.set(true);
            }
            mpi.barrier();

            try {
                mpi.allReduce(FloatBuffer.allocate(rank == 0 ? 3 : 4), Reduction.SUM);
                check(size == 1, "different calls went through");
            } catch (ConfigurationException e) {
                check(e.getMessage().contains("allReduce SUM of 3 floats"), e.getMessage());
            }
            System.out.println("rank " + rank + " of " + size + " is right");
        }
    }
}
