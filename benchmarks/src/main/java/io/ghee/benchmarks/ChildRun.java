package io.ghee.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A command run to its end as a child process.
 *
 * @param cpuSeconds user and system time of the child and of all descendants that were waited for; from bash's {@code
 *     time}, because Java knows only the processes that still run
 */
record ChildRun(double cpuSeconds, List<String> stdout) {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final String TIMED =
            "cpu=$1; err=$2; shift 2; TIMEFORMAT='%3U %3S'; { time \"$@\" 2>\"$err\"; } 2>\"$cpu\"";

    /**
     * Runs {@code command}, which may write in {@code directory}.
     *
     * @throws IOException if it fails or does not end; with its last words
     */
    static ChildRun of(List<String> command, Path directory) throws IOException, InterruptedException {
        Path cpu = directory.resolve("cpu");
        Path out = directory.resolve("stdout");
        Path err = directory.resolve("stderr");
        List<String> timed =
                new ArrayList<>(List.of("/usr/bin/env", "bash", "-c", TIMED, "timed", cpu.toString(), err.toString()));
        timed.addAll(command);
        Process process = new ProcessBuilder(timed)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(out.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
            throw new IOException("not ended after " + PATIENCE.toMinutes() + " minutes");
        }
        if (process.exitValue() != 0) {
            List<String> words = Files.exists(err) ? Files.readAllLines(err, StandardCharsets.UTF_8) : List.of();
            throw new IOException(
                    "exit code " + process.exitValue() + (words.isEmpty() ? "" : ": " + words.get(words.size() - 1)));
        }
        return new ChildRun(
                cpuSeconds(Files.readString(cpu, StandardCharsets.UTF_8)),
                Files.readAllLines(out, StandardCharsets.UTF_8));
    }

    /** Reads "user system". */
    static double cpuSeconds(String userAndSystem) {
        double seconds = 0;
        for (String part : userAndSystem.trim().split(" ", -1)) {
            seconds += Double.parseDouble(part);
        }
        return seconds;
    }
}
