package io.ghee.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What a worker process of this JVM's jobs has used by now. Knows only Linux; elsewhere there seem to be none.
 *
 * @param pid of the process
 * @param name of the stage
 * @param residentBytes of memory that are its own now
 * @param peakBytes of the same at most, so far
 * @param readBytes that came of its calls to read: of files, sockets and whatever else
 */
record WorkerProcess(long pid, String name, Duration cpu, long residentBytes, long peakBytes, long readBytes) {
    private static final String STAGE = "-Dghee.stage=";

    /** Those that run, in the order of their start. */
    static List<WorkerProcess> all() {
        return ProcessHandle.current()
                .children()
                .map(WorkerProcess::of)
                .flatMap(Optional::stream)
                .toList();
    }

    private static Optional<WorkerProcess> of(ProcessHandle process) {
        Path directory = Path.of("/proc", Long.toString(process.pid()));
        try {
            List<String> status = Files.readAllLines(directory.resolve("status"), StandardCharsets.UTF_8);
            List<String> io = Files.readAllLines(directory.resolve("io"), StandardCharsets.UTF_8);
            return Arrays.stream(Files.readString(directory.resolve("cmdline"), StandardCharsets.UTF_8)
                            .split("\0", -1))
                    .filter(argument -> argument.startsWith(STAGE))
                    .findFirst()
                    .map(argument -> new WorkerProcess(
                            process.pid(),
                            argument.substring(STAGE.length()),
                            process.info().totalCpuDuration().orElse(Duration.ZERO),
                            bytes(status, "VmRSS:"),
                            bytes(status, "VmHWM:"),
                            number(io, "rchar:")));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /** Finds an amount of memory, {@code VmRSS: 1234 kB}; 0 if it is not there, as of one that has ended. */
    static long bytes(List<String> status, String key) {
        return number(status, key) << 10;
    }

    private static long number(List<String> status, String key) {
        return status.stream()
                .filter(line -> line.startsWith(key))
                .mapToLong(line -> Long.parseLong(
                        line.substring(key.length()).replace("kB", "").strip()))
                .sum();
    }

    static double cpuSeconds(List<WorkerProcess> workers) {
        return workers.stream()
                .mapToDouble(worker -> worker.cpu().toNanos() / 1e9)
                .sum();
    }
}
