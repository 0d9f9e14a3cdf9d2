package io.ghee.benchmarks;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Reduces the same data over ghee's ring and with Open MPI over TCP, processes of this machine, in turns; prints medians, and
 * the median of the ratios within a round. Exit code 1 if the two have different sums.
 */
@Command(
        name = "AllReduceBenchmark",
        mixinStandardHelpOptions = true,
        description = "Measures the ring's all-reduce beside Open MPI's.")
public final class AllReduceBenchmark implements Callable<Integer> {
    @Option(
            names = "--ranks",
            split = ",",
            defaultValue = "2,4",
            description = "Processes (default: ${DEFAULT-VALUE}).")
    private List<Integer> ranks = List.of();

    @Option(
            names = "--bytes",
            split = ",",
            defaultValue = "16777216",
            description = "Of floats (default: ${DEFAULT-VALUE}).")
    private List<Integer> sizes = List.of();

    @Option(names = "--rounds", defaultValue = "15", description = "Turns (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(names = "--warm-up", defaultValue = "4", description = "Turns before (default: ${DEFAULT-VALUE}).")
    private int warmUp;

    @Option(names = "--seconds", defaultValue = "0.5", description = "Of a turn, about (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--mca", arity = "2", description = "Handed on to mpirun.")
    private List<String> mca = List.of();

    @Option(names = "--java", description = "An option of the ranks' JVMs.")
    private List<String> java = List.of();

    private AllReduceBenchmark() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new AllReduceBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        System.out.println(
                "| bytes | ranks | ring GB/s | Open MPI GB/s | ring / Open MPI | sent / (2 (N-1) / N) | busy with else |");
        System.out.println("|--:|--:|--:|--:|--:|--:|--:|");
        boolean same = true;
        for (int bytes : sizes) {
            for (int size : ranks) {
                same &= measure(bytes, size);
            }
        }
        return same ? 0 : 1;
    }

    private boolean measure(int bytes, int size) throws IOException, InterruptedException {
        try (Group ring = Group.ring(size, bytes, java);
                Group mpi = Group.mpi(size, bytes, java, mca)) {
            int times = 4;
            for (int round = 0; round < warmUp; round++) {
                double took = ring.reduce(times).seconds();
                mpi.reduce(times);
                times = (int) Math.max(1, Math.min(10_000, times * seconds / took));
            }
            List<Double> ringSpeeds = new ArrayList<>();
            List<Double> mpiSpeeds = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            List<Double> others = new ArrayList<>();
            double sent = 0;
            boolean same = true;
            for (int round = 0; round < rounds; round++) {
                boolean ringFirst = round % 2 == 0;
                MachineClock clock = new MachineClock();
                double cpu = ring.cpuSeconds() + mpi.cpuSeconds();
                Result first = (ringFirst ? ring : mpi).reduce(times);
                Result second = (ringFirst ? mpi : ring).reduce(times);
                others.add(clock.otherCores(ring.cpuSeconds() + mpi.cpuSeconds() - cpu));
                Result ours = ringFirst ? first : second;
                Result theirs = ringFirst ? second : first;
                same &= Math.abs(ours.sum() - theirs.sum()) <= 1e-3 * Math.abs(theirs.sum())
                        || Double.isInfinite(theirs.sum());
                ringSpeeds.add((double) bytes * times / ours.seconds() / 1e9);
                mpiSpeeds.add((double) bytes * times / theirs.seconds() / 1e9);
                ratios.add(theirs.seconds() / ours.seconds());
                sent = ours.sent() / times / size / bytes / (2.0 * (size - 1) / size);
                System.err.printf(
                        Locale.ROOT,
                        "%d bytes, %d ranks, round %d: ring %.3f, Open MPI %.3f GB/s, %d times%n",
                        bytes,
                        size,
                        round + 1,
                        ringSpeeds.get(round),
                        mpiSpeeds.get(round),
                        times);
            }
            System.out.printf(
                    Locale.ROOT,
                    "| %,d | %d | %.3f | %.3f | %.2f | %.3f | %.2f |%n",
                    bytes,
                    size,
                    median(ringSpeeds),
                    median(mpiSpeeds),
                    median(ratios),
                    sent,
                    median(others));
            if (!same) {
                System.err.println("DIFFERENT sums");
            }
            return same;
        }
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return DoubleStream.of(sorted[(sorted.length - 1) / 2], sorted[sorted.length / 2])
                .average()
                .orElse(Double.NaN);
    }

    /**
     * What a turn gave.
     *
     * @param seconds of the slowest rank
     * @param sent bytes of all ranks
     * @param sum an element of the result
     */
    private record Result(double seconds, double sent, double sum) {}

    /** The ranks of one kind. */
    private static final class Group implements Closeable {
        private static final int PATIENCE_MILLIS = 60_000;

        private final List<Process> processes = new ArrayList<>();
        private final List<Socket> sockets = new ArrayList<>();
        private final List<BufferedReader> ins = new ArrayList<>();
        private final List<PrintStream> outs = new ArrayList<>();

        private static List<String> rank(String kind, int port, int bytes, List<String> options) {
            List<String> command = new ArrayList<>(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:+UseSerialGC"));
            command.addAll(options);
            command.addAll(List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    AllReduceRank.class.getName(),
                    kind,
                    Integer.toString(port),
                    Integer.toString(bytes)));
            return command;
        }

        static Group ring(int size, int bytes, List<String> options) throws IOException {
            Group group = new Group();
            try (ServerSocket server = server()) {
                for (int rank = 0; rank < size; rank++) {
                    group.start(rank("ring", server.getLocalPort(), bytes, options));
                }
                String endpoints = String.join(",", group.accept(server, size));
                for (int rank = 0; rank < size; rank++) {
                    group.outs.get(rank).println(rank);
                    group.outs.get(rank).println(endpoints);
                }
            }
            return group;
        }

        static Group mpi(int size, int bytes, List<String> options, List<String> mca) throws IOException {
            Group group = new Group();
            try (ServerSocket server = server()) {
                List<String> command = new ArrayList<>(List.of(
                        "mpirun",
                        "--allow-run-as-root",
                        "--oversubscribe",
                        "--bind-to",
                        "none",
                        "--mca",
                        "btl",
                        "tcp,self",
                        "--mca",
                        "pml",
                        "ob1"));
                for (int k = 0; k + 1 < mca.size(); k += 2) {
                    command.addAll(List.of("--mca", mca.get(k), mca.get(k + 1)));
                }
                command.addAll(List.of("-np", Integer.toString(size)));
                command.addAll(rank("mpi", server.getLocalPort(), bytes, options));
                group.start(command);
                group.accept(server, size);
            }
            return group;
        }

        private static ServerSocket server() throws IOException {
            ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            server.setSoTimeout(PATIENCE_MILLIS);
            return server;
        }

        private void start(List<String> command) throws IOException {
            processes.add(new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }

        private List<String> accept(ServerSocket server, int size) throws IOException {
            List<String> said = new ArrayList<>();
            for (int k = 0; k < size; k++) {
                Socket socket = server.accept();
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.setTcpNoDelay(true);
                sockets.add(socket);
                ins.add(new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8)));
                outs.add(new PrintStream(socket.getOutputStream(), true, StandardCharsets.UTF_8));
            }
            for (BufferedReader in : ins) {
                said.add(in.readLine());
            }
            return said;
        }

        Result reduce(int times) throws IOException {
            outs.forEach(out -> out.println(times));
            double seconds = 0;
            double sent = 0;
            double sum = 0;
            for (BufferedReader in : ins) {
                String line = in.readLine();
                if (line == null) {
                    throw new IOException("a rank has ended");
                }
                String[] words = line.split(" ", -1);
                seconds = Math.max(seconds, Double.parseDouble(words[0]) / 1e9);
                sent += Double.parseDouble(words[1]);
                sum = Double.parseDouble(words[2]);
            }
            return new Result(seconds, sent, sum);
        }

        double cpuSeconds() {
            return processes.stream()
                    .flatMap(process -> Stream.concat(Stream.of(process.toHandle()), process.descendants()))
                    .map(process -> process.info().totalCpuDuration())
                    .flatMap(Optional::stream)
                    .mapToDouble(duration -> duration.toNanos() / 1e9)
                    .sum();
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : sockets) {
                socket.close();
            }
            for (Process process : processes) {
                process.onExit()
                        .orTimeout(10, TimeUnit.SECONDS)
                        .handle((ended, slow) -> {
                            process.descendants().forEach(ProcessHandle::destroyForcibly);
                            return process.destroyForcibly();
                        })
                        .join();
            }
        }
    }
}
