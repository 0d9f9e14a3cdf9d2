package io.ghee.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A server in a JVM of its own, which can be killed by -9 and started again. Thread-safe. */
final class ServerProcess implements AutoCloseable {
    private static final Duration KILLED = Duration.ofSeconds(10);
    /** Of all JVMs that are started: they live for seconds. */
    static final List<String> OPTIONS = Stream.concat(
                    Stream.of(
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                    Stream.of(System.getProperty("ghee.faults.jvm", "").split(" ")))
            .filter(option -> !option.isBlank())
            .toList();

    private final Path log;
    private final String main;
    private final List<String> arguments;
    private @Nullable Process process;

    ServerProcess(Path log, Class<?> main, String... arguments) {
        this.log = log;
        this.main = main.getName();
        this.arguments = List.of(arguments);
    }

    synchronized void start() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPTIONS);
        command.add("-Xmx320m");
        command.add(main);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment()
                .put("GHEE_TEST_PID", Long.toString(ProcessHandle.current().pid()));
        process = builder.start();
    }

    /** By SIGKILL; returns when it is gone. */
    synchronized void kill() throws InterruptedException {
        Process running = process;
        process = null;
        if (running != null && !running.destroyForcibly().waitFor(KILLED.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException(log + ": its process is still there " + KILLED + " after it was killed");
        }
    }

    synchronized boolean isRunning() {
        return process != null && process.isAlive();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }

    /** Ends this JVM when the one of the tests has gone. */
    static void endWithTests() {
        ProcessHandle.of(Long.parseLong(System.getenv("GHEE_TEST_PID")))
                .ifPresentOrElse(
                        tests -> tests.onExit()
                                .thenRun(() -> Runtime.getRuntime().halt(1)),
                        () -> Runtime.getRuntime().halt(1));
    }

    /** A port that nobody listens at, and that no connection gets by itself while a server is down. */
    static int freePort(Random random) throws IOException {
        for (int tries = 0; tries < 100; tries++) {
            int port = 15_000 + random.nextInt(15_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                if (tries == 99) {
                    throw e;
                }
            }
        }
        throw new IllegalStateException("unreachable");
    }
}
