package io.ghee.testing;

import io.ghee.InfrastructureException;
import io.ghee.Job;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The worker processes of a job that this JVM has launched: finds them by their command lines, kills them, lets them stand
 * still, and tells how they are. For a launcher whose workers are processes on this machine, on a system with {@code sh} and
 * {@code kill}; memory and state are known on Linux alone. Thread-safe.
 *
 * <p>It looks anew each time: a worker that is started again is another process.
 */
public final class WorkerControl {
    private static final Duration SIGNALLED = Duration.ofSeconds(5);

    private final String job;

    private WorkerControl(String job) {
        this.job = job;
    }

    /** The processes of a running job. */
    public static WorkerControl of(Job job) {
        return named(job.name());
    }

    /** The processes of the job with this {@link Job#name}. */
    public static WorkerControl named(String job) {
        return new WorkerControl(job);
    }

    /** The process of one worker; it may have ended meanwhile. */
    public record Worker(String stage, int replica, ProcessHandle process) {
        public long pid() {
            return process.pid();
        }

        @Override
        public String toString() {
            return stage + "-" + replica + " (pid " + pid() + ")";
        }
    }

    /** The workers that live now, by stage and replica. */
    public List<Worker> workers() {
        try (Stream<ProcessHandle> children = ProcessHandle.current().children()) {
            return children.map(this::worker)
                    .filter(Objects::nonNull)
                    .sorted(Comparator.comparing(Worker::stage).thenComparing(Worker::replica))
                    .toList();
        }
    }

    private @Nullable Worker worker(ProcessHandle process) {
        List<String> arguments = Processes.arguments(process);
        String stage = property(arguments, "ghee.stage");
        String replica = property(arguments, "ghee.replica");
        return stage != null && replica != null && job.equals(property(arguments, "ghee.job"))
                ? new Worker(stage, Integer.parseInt(replica), process)
                : null;
    }

    private static @Nullable String property(List<String> arguments, String name) {
        String start = "-D" + name + "=";
        return arguments.stream()
                .filter(argument -> argument.startsWith(start))
                .map(argument -> argument.substring(start.length()))
                .findFirst()
                .orElse(null);
    }

    /** The process of a worker; empty while there is none: it has not been started, or is being started again. */
    public Optional<Worker> worker(String stage, int replica) {
        return workers().stream()
                .filter(worker -> worker.stage().equals(stage) && worker.replica() == replica)
                .findFirst();
    }

    /** Kills a worker by SIGKILL: it ends without a chance to do anything. False if it had ended. */
    public boolean kill(Worker worker) {
        return worker.process().isAlive() && worker.process().destroyForcibly();
    }

    /**
     * Lets a worker stand still, by SIGSTOP; returns when it does.
     *
     * @throws InfrastructureException if it does not, because it has ended for example
     */
    public void pause(Worker worker) throws InterruptedException {
        Processes.signal(worker.process(), "STOP");
        if (Files.isDirectory(Path.of("/proc/self")) && !Waiting.isSoon(SIGNALLED, () -> isPaused(worker))) {
            throw new InfrastructureException(worker + " does not stand still " + SIGNALLED.toSeconds()
                    + " s after SIGSTOP; its state is " + state(worker));
        }
    }

    /**
     * Lets a worker that stands still go on, by SIGCONT; nothing if it has ended.
     *
     * @throws InfrastructureException if the signal cannot be sent
     */
    public void resume(Worker worker) throws InterruptedException {
        try {
            Processes.signal(worker.process(), "CONT");
        } catch (InfrastructureException e) {
            if (worker.process().isAlive()) {
                throw e;
            }
        }
    }

    /** True while it stands still. */
    public boolean isPaused(Worker worker) {
        return state(worker).startsWith("T");
    }

    /** The state of its process as Linux names it: {@code S (sleeping)}; {@code gone} if it has ended. */
    public String state(Worker worker) {
        return Processes.status(worker.process(), "State").orElse("gone");
    }

    /** The memory that it occupies now, in bytes; empty if it has ended. */
    public OptionalLong residentBytes(Worker worker) {
        return Processes.statusBytes(worker.process(), "VmRSS");
    }

    /** The most memory that it has occupied, in bytes; empty if it has ended. */
    public OptionalLong peakResidentBytes(Worker worker) {
        return Processes.statusBytes(worker.process(), "VmHWM");
    }

    /** What its threads are at, as {@code jcmd} prints it; if that cannot be had within the deadline, why. */
    public String threadDump(Worker worker, Duration deadline) throws InterruptedException {
        return Processes.threadDump(worker.process(), deadline);
    }
}
