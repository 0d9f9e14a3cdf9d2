package io.ghee.benchmarks;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.collective.MpiCollective;
import io.ghee.transfer.collective.RingPort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A rank of {@link AllReduceBenchmark}, which it does what it is told by over a socket: that many reductions, after which it
 * answers with the nanoseconds they took, the bytes sent, and a sum that must be the same for all. In between it sleeps.
 */
final class AllReduceRank {
    /** How a rank reduces. */
    private interface Engine {
        void allReduce() throws Exception;

        void barrier();

        long sentBytes();
    }

    private AllReduceRank() {}

    /** Kind of engine, port of the benchmark, bytes to reduce. */
    public static void main(String[] args) throws Exception {
        FloatBuffer data = ByteBuffer.allocateDirect(Integer.parseInt(args[2]))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(args[1]))) {
            socket.setTcpNoDelay(true);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            PrintStream out = new PrintStream(socket.getOutputStream(), true, StandardCharsets.UTF_8);
            if (args[0].equals("mpi")) {
                try (MpiCollective mpi = MpiCollective.open(() -> {})) {
                    out.println("mpi");
                    serve(in, out, data, blocking(mpi, data));
                }
            } else {
                try (RingPort port = new RingPort(TransferConfig.loopback(1))) {
                    out.println(port.endpoint());
                    int rank = Integer.parseInt(in.readLine());
                    List<String> endpoints = List.of(in.readLine().split(",", -1));
                    Collective ring = port.join(1, rank, endpoints, Duration.ofSeconds(60), () -> {});
                    serve(in, out, data, ring(port, ring, data));
                }
            }
        }
    }

    private static void serve(BufferedReader in, PrintStream out, FloatBuffer data, Engine engine) throws Exception {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            int times = Integer.parseInt(line);
            for (int k = 0; k < data.capacity(); k++) {
                data.put(k, k % 1000);
            }
            engine.barrier();
            long sent = engine.sentBytes();
            long start = System.nanoTime();
            for (int time = 0; time < times; time++) {
                engine.allReduce();
            }
            long nanos = System.nanoTime() - start;
            out.println(nanos + " " + (engine.sentBytes() - sent) + " " + data.get(data.capacity() - 1));
        }
    }

    private static Engine ring(RingPort port, Collective ring, FloatBuffer data) {
        return new Engine() {
            @Override
            public void allReduce() {
                ring.allReduce(data, Reduction.SUM);
            }

            @Override
            public void barrier() {
                ring.barrier();
            }

            @Override
            public long sentBytes() {
                return port.sentBytes();
            }
        };
    }

    /** What a program in C would call: MPI_Allreduce, of which Open MPI has more ways to choose from than without blocking. */
    private static Engine blocking(MpiCollective mpi, FloatBuffer data) {
        NativeLibrary library = NativeLibrary.getInstance("libmpi.so.40");
        Function function = library.getFunction("MPI_Allreduce");
        Object[] arguments = {
            new Pointer(1),
            Native.getDirectBufferPointer(data),
            data.capacity(),
            library.getGlobalVariableAddress("ompi_mpi_float"),
            library.getGlobalVariableAddress("ompi_mpi_op_sum"),
            library.getGlobalVariableAddress("ompi_mpi_comm_world")
        };
        return new Engine() {
            @Override
            public void allReduce() throws IOException {
                int error = function.invokeInt(arguments);
                if (error != 0) {
                    throw new IOException("MPI_Allreduce failed with error " + error);
                }
            }

            @Override
            public void barrier() {
                mpi.barrier();
            }

            @Override
            public long sentBytes() {
                return 0;
            }
        };
    }
}
