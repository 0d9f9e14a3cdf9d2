package io.ghee.testing;

import io.ghee.InfrastructureException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What can be asked of a process, and done to it, from outside. */
final class Processes {
    private static final Duration SIGNAL = Duration.ofSeconds(5);

    private Processes() {}

    /** Its command line, argument by argument; empty if the process is gone. */
    static List<String> arguments(ProcessHandle process) {
        Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
        if (Files.exists(file)) {
            try {
                return List.of(Files.readString(file, StandardCharsets.UTF_8).split("\0"));
            } catch (IOException e) {
                return List.of();
            }
        }
        return process.info().arguments().map(List::of).orElse(List.of());
    }

    /**
     * Sends a signal.
     *
     * @param name {@code STOP}, {@code CONT}
     * @throws InfrastructureException if it cannot be sent, because the process is gone for example
     */
    static void signal(ProcessHandle process, String name) throws InterruptedException {
        Run run = run(SIGNAL, List.of("sh", "-c", "kill -s " + name + " " + process.pid()));
        if (!run.isGood()) {
            throw new InfrastructureException(
                    "SIG" + name + " cannot be sent to process " + process.pid() + ": " + run.output());
        }
    }

    /** A line of {@code /proc/PID/status}, {@code State} for example; empty if the process or the file is not there. */
    static Optional<String> status(ProcessHandle process, String key) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                    .filter(line -> line.startsWith(key + ":"))
                    .map(line -> line.substring(key.length() + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The same, of an amount of memory, in bytes. */
    static OptionalLong statusBytes(ProcessHandle process, String key) {
        return status(process, key).stream()
                .mapToLong(value -> Long.parseLong(value.replace(" kB", "")) << 10)
                .findFirst();
    }

    /** What the threads of a JVM are at; if that cannot be had, why. */
    static String threadDump(ProcessHandle process, Duration deadline) throws InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        String command = Files.isExecutable(jcmd) ? jcmd.toString() : "jcmd";
        Run run = run(deadline, List.of(command, Long.toString(process.pid()), "Thread.print"));
        return run.isGood() ? run.output() : "no thread dump: " + run.output();
    }

    /** What became of a command. */
    private record Run(boolean isGood, String output) {}

    private static Run run(Duration deadline, List<String> command) throws InterruptedException {
        Path output = null;
        try {
            // A file, as nobody reads a pipe while this waits.
            output = Files.createTempFile("ghee-testing-", ".txt");
            Process process = new ProcessBuilder(new ArrayList<>(command))
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return new Run(false, command + " has not ended after " + deadline.toMillis() + " ms");
            }
            return new Run(process.exitValue() == 0, Files.readString(output).strip());
        } catch (IOException e) {
            return new Run(false, command + ": " + e);
        } finally {
            delete(output);
        }
    }

    private static void delete(@Nullable Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
