package io.ghee.testing;

import io.ghee.testing.StorageSchedule.Strike;
import io.ghee.testing.StorageSchedule.Victim;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One job under kills: its driver is a JVM, which is started again until it ends by itself. Used once, by one thread. */
final class StorageRun {
    private static final Duration STALL = Duration.ofSeconds(60);
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final Duration GONE = Duration.ofSeconds(40);
    private static final Duration DUMP = Duration.ofSeconds(20);
    private static final long TICK_MILLIS = 20;

    /** Tells how much is committed, in any unit. */
    interface Gauge {
        /** Empty if that cannot be told now. */
        java.util.OptionalLong committed() throws IOException, InterruptedException;
    }

    private final StorageShape shape;
    private final StorageShape.Places places;
    private final Gauge gauge;
    private final long expected;
    private final Brokers brokers;
    private final DataNodes data;
    private final Path logs;
    private final Deque<Strike> waiting;
    private final List<String> struck = new ArrayList<>();
    private final Map<ServerProcess, Long> down = new HashMap<>();
    private final long start = System.nanoTime();
    private volatile long committed;
    private volatile boolean ended;
    private volatile @Nullable Exception unmeasured;
    private int drivers;
    private long lastStrike = start;
    /** When the share that the next strike waits for was seen; 0 before. */
    private long due;

    /**
     * A run that has not started.
     *
     * @param expected what the gauge tells in the end
     * @param logs of the drivers, and of what else is known of a failure
     */
    StorageRun(
            StorageShape shape,
            StorageSchedule schedule,
            StorageShape.Places places,
            Gauge gauge,
            long expected,
            Brokers brokers,
            DataNodes data,
            Path logs) {
        this.shape = shape;
        this.waiting = new ArrayDeque<>(schedule.strikes());
        this.places = places;
        this.gauge = gauge;
        this.expected = expected;
        this.brokers = brokers;
        this.data = data;
        this.logs = logs;
    }

    /** Runs to the end of the job; returns what was struck. */
    List<String> run() throws Exception {
        Daemons.start("gauge of " + shape.name(), this::measure);
        Process driver = drive();
        long moved = System.nanoTime();
        long last = 0;
        try {
            while (true) {
                Optional<Process> next = after(driver);
                if (next.isEmpty()) {
                    break;
                }
                if (next.get() != driver || committed != last) {
                    moved = System.nanoTime();
                    last = committed;
                }
                driver = next.get();
                restartServers(false);
                if (isDue() && strike(driver)) {
                    due = 0;
                    moved = System.nanoTime();
                }
                if (System.nanoTime() - moved > STALL.toNanos()) {
                    throw failure("no progress for " + STALL.toSeconds() + " s", driver);
                }
                if (System.nanoTime() - start > LIMIT.toNanos()) {
                    throw failure("not ended after " + LIMIT.toSeconds() + " s", driver);
                }
                TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
            }
            if (!Waiting.isSoon(GONE, () -> workers().isEmpty())) {
                throw failure("workers are left after the end: " + workers(), driver);
            }
            return struck;
        } finally {
            ended = true;
            restartServers(true);
            driver.destroyForcibly();
            workers().forEach(ProcessHandle::destroyForcibly);
        }
    }

    private void measure() {
        while (!ended) {
            try {
                gauge.committed().ifPresent(now -> committed = now);
                TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
            } catch (IOException | RuntimeException | InterruptedException e) {
                unmeasured = e;
            }
        }
    }

    /** The driver, or the one after it if it was killed; empty if the job has ended. */
    private Optional<Process> after(Process driver) throws IOException, InterruptedException {
        if (driver.isAlive()) {
            return Optional.of(driver);
        }
        int code = driver.waitFor();
        if (code == 0) {
            return Optional.empty();
        } else if (code == 137) {
            // It may have been killed when all was done: whoever starts it again is told so.
            return Optional.of(drive());
        } else if (drivers > 1 && Files.readString(log(drivers)).contains("has begun and not ended")) {
            return Optional.empty();
        }
        throw failure("the driver ended with code " + code, driver);
    }

    private Path log(int number) {
        return logs.resolve("driver-" + number + ".log");
    }

    private Process drive() throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-Djava.io.tmpdir=" + logs, StorageShape.Driver.class.getName()));
        command.addAll(shape.arguments(places));
        drivers++;
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log(drivers).toFile());
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        // the workers get them from the driver
        builder.environment().put("JAVA_TOOL_OPTIONS", String.join(" ", ServerProcess.OPTIONS));
        return builder.start();
    }

    private boolean isDue() {
        Strike next = waiting.peek();
        if (next == null) {
            return false;
        }
        long now = System.nanoTime();
        if (due == 0) {
            if (next.percent() >= 0 && committed < expected * next.percent() / 100) {
                return false;
            }
            due = next.percent() < 0 ? lastStrike : next.percent() == 0 ? start : now;
        }
        return now - due >= next.after().toNanos();
    }

    /** Kills who is next; false if that cannot be done yet. */
    private boolean strike(Process driver) throws InterruptedException {
        Strike next = waiting.element();
        if (!kill(next.victim(), driver)) {
            return false;
        }
        waiting.remove();
        lastStrike = System.nanoTime();
        struck.add(next.victim() + " at " + (lastStrike - start) / 1_000_000 + " ms, "
                + committed * 100 / Math.max(1, expected) + " %");
        return true;
    }

    private boolean kill(Victim victim, Process driver) throws InterruptedException {
        if (victim instanceof Victim.Driver) {
            driver.destroyForcibly().waitFor();
            return true;
        } else if (victim instanceof Victim.Worker worker) {
            try (Stream<ProcessHandle> all = driver.descendants()) {
                return all.filter(process -> isWorker(process, worker.stage(), worker.replica()))
                        .findFirst()
                        .filter(ProcessHandle::destroyForcibly)
                        .isPresent();
            }
        }
        Victim.Server server = (Victim.Server) victim;
        if (server.isBroker() ? !brokers.isWhole() : !data.isWhole()) {
            return false;
        }
        ServerProcess process = server.isBroker() ? brokers.broker(server.number()) : data.node(server.number());
        process.kill();
        down.put(process, System.nanoTime() + server.down().toNanos());
        return true;
    }

    private boolean isWorker(ProcessHandle process, String stage, int replica) {
        List<String> arguments = Processes.arguments(process);
        return isWorker(arguments)
                && arguments.contains("-Dghee.stage=" + stage)
                && arguments.contains("-Dghee.replica=" + replica);
    }

    private boolean isWorker(List<String> arguments) {
        return arguments.stream().anyMatch(argument -> argument.startsWith("-Dghee.job=" + shape.name() + "-"));
    }

    /** Those of all drivers that there have been. */
    private List<ProcessHandle> workers() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(process -> isWorker(Processes.arguments(process))).toList();
        }
    }

    private void restartServers(boolean now) throws IOException {
        for (Map.Entry<ServerProcess, Long> each : List.copyOf(down.entrySet())) {
            if (now || System.nanoTime() - each.getValue() >= 0) {
                down.remove(each.getKey());
                each.getKey().start();
            }
        }
    }

    private AssertionError failure(String what, Process driver) throws IOException, InterruptedException {
        List<ProcessHandle> all = new ArrayList<>(workers());
        all.add(driver.toHandle());
        for (ProcessHandle each : all) {
            Files.writeString(logs.resolve("threads-" + each.pid()), Processes.threadDump(each, DUMP));
        }
        return new AssertionError(what + "\nstruck: " + struck + "\nstill to strike: " + waiting + "\ncommitted: "
                + committed + " (expected: " + expected + ")" + (unmeasured == null ? "" : ", " + unmeasured)
                + "\nlogs and threads: " + logs.toAbsolutePath() + "\nthe last driver's log:\n"
                + Files.readString(log(drivers)));
    }
}
