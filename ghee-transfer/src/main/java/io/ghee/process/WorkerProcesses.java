package io.ghee.process;

import io.ghee.InfrastructureException;
import io.ghee.agent.Agent;
import io.ghee.agent.ControlServer;
import io.ghee.agent.JobKeys;
import io.ghee.agent.WorkerCommand;
import io.ghee.plan.PlannedStage;
import io.ghee.run.JobDriver;
import io.ghee.run.Workers;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The JVMs of one job, and the control channel to them. What they print goes to a log file each. */
final class WorkerProcesses implements Workers {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerProcesses.class);
    private static final Duration KILLED = Duration.ofSeconds(5);
    private static final int LAST_BYTES = 4096;
    private static final int LAST_LINES = 3;

    private final JobDriver driver;
    private final ControlServer.Options options;
    private final JobKeys keys;
    /** By stage and replica; the one that runs, or ran last. */
    private final Map<String, Worker> workers = new LinkedHashMap<>();
    /** Those that were killed because they said nothing. */
    private final Set<Worker> silenced = new HashSet<>();

    private @Nullable ControlServer control;
    private @Nullable Path logs;
    private boolean stopping;

    private record Worker(PlannedStage stage, int replica, int life, Process process, Path log) {
        String name() {
            return "stage " + stage.name() + ", replica " + replica + " (pid " + process.pid() + ")";
        }
    }

    WorkerProcesses(JobDriver driver, ControlServer.Options options) {
        this.driver = driver;
        this.options = options;
        this.keys = options.sealed() ? JobKeys.create() : JobKeys.forLoopback();
    }

    @Override
    public synchronized void start() {
        ControlServer server = new ControlServer(driver, keys, options, this::silent);
        control = server;
        try {
            logs = Files.createTempDirectory("ghee-" + driver.job() + "-");
            for (PlannedStage stage : driver.plan().stages()) {
                for (int replica = 0; replica < stage.replicas(); replica++) {
                    spawn(stage, replica, 0);
                }
            }
        } catch (IOException e) {
            throw cannotStart(e);
        } finally {
            server.start();
        }
    }

    private static InfrastructureException cannotStart(IOException e) {
        return new InfrastructureException("a worker process cannot be started: " + e.getMessage(), e);
    }

    private void spawn(PlannedStage stage, int replica, int life) throws IOException {
        ControlServer server = Objects.requireNonNull(control);
        String name = stage.name() + "-" + replica;
        Path log = Objects.requireNonNull(logs).resolve(name + (life == 0 ? "" : "." + life) + ".log");
        ProcessBuilder builder = new ProcessBuilder(command(stage, replica, life))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        // What is set for the driver is for the driver: a keytab, for one.
        builder.environment().keySet().removeIf(variable -> variable.startsWith("GHEE_"));
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put(Agent.DRIVER, server.endpoint());
        builder.environment().put(Agent.KEYS, keys.workers().encoded());
        builder.environment()
                .put(Agent.DRIVER_PID, Long.toString(ProcessHandle.current().pid()));
        server.expect(stage.index(), replica, life);
        Worker worker = new Worker(stage, replica, life, builder.start(), log);
        workers.put(name, worker);
        CompletableFuture<Void> watch = worker.process().onExit().thenAccept(process -> ended(worker));
        LOG.debug("{} started: {}", worker.name(), watch);
    }

    private List<String> command(PlannedStage stage, int replica, int life) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(WorkerCommand.arguments(driver.job(), stage, replica, life, Agent.class));
        return command;
    }

    /** A worker's process has ended. It does not end by itself before it is told to, so this is a loss unless it was. */
    private synchronized void ended(Worker worker) {
        if (stopping || driver.isDecided()) {
            return;
        }
        String end = silenced.remove(worker)
                ? " was killed: it has said nothing for " + options.silence().toSeconds() + " s"
                : " died: " + describe(worker.process().exitValue());
        boolean again = driver.lost(
                worker.stage().index(),
                worker.replica(),
                new InfrastructureException(
                        worker.name() + end + lastWords(worker.log()) + "; its log: " + worker.log()));
        if (again) {
            try {
                spawn(worker.stage(), worker.replica(), worker.life() + 1);
            } catch (IOException e) {
                driver.fail(cannotStart(e));
            }
        }
    }

    /** Its end is what counts then: {@link #ended} starts it again. */
    private synchronized void silent(int stage, int replica, InfrastructureException reason) {
        Worker worker = workers.get(driver.plan().stage(stage).name() + "-" + replica);
        if (worker != null && !stopping) {
            LOG.warn("{} is killed: {}", worker.name(), reason.reason());
            silenced.add(worker);
            worker.process().destroyForcibly();
        }
    }

    private static String describe(int code) {
        return switch (code) {
            case 3 -> "out of memory (exit code 3; give the stage more memory)";
            case 137 -> "killed by SIGKILL (exit code 137)";
            case 143 -> "killed by SIGTERM (exit code 143)";
            default -> "exit code " + code;
        };
    }

    /** The last lines of a log, which may be long; that the logging has no backend is not worth quoting. */
    private static String lastWords(Path log) {
        try (SeekableByteChannel file = Files.newByteChannel(log)) {
            ByteBuffer end = ByteBuffer.allocate((int) Math.min(LAST_BYTES, file.size()));
            file.position(file.size() - end.capacity());
            while (end.hasRemaining() && file.read(end) >= 0) {}
            List<String> lines = new String(end.array(), 0, end.position(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("SLF4J"))
                    .toList();
            List<String> last = lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
            return last.isEmpty() ? "" : "; its last words: " + String.join(" / ", last);
        } catch (IOException e) {
            return "; its log cannot be read: " + e;
        }
    }

    @Override
    public void stop(Duration grace) throws InterruptedException {
        boolean failed = !driver.hasSucceeded();
        List<Worker> running;
        synchronized (this) {
            stopping = true;
            running = List.copyOf(workers.values());
        }
        if (control != null) {
            control.stopWorkers();
        }
        // After a failure nothing is to be finished, and a worker that is still starting would not hear of the end.
        long deadline = System.nanoTime() + (failed ? 0 : grace.toNanos());
        for (Worker worker : running) {
            if (!worker.process().waitFor(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
                LOG.debug("{} has not ended in time and is killed", worker.name());
            }
        }
        running.forEach(worker -> worker.process().destroyForcibly());
        for (Worker worker : running) {
            if (!worker.process().waitFor(KILLED.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("{} is still there {} s after it was killed", worker.name(), KILLED.toSeconds());
            }
        }
        if (control != null) {
            control.close();
        }
        if (!failed && logs != null) {
            deleteLogs(logs);
        }
    }

    private static void deleteLogs(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            LOG.warn("the logs in {} cannot be deleted: {}", directory, e.toString());
        }
    }
}
