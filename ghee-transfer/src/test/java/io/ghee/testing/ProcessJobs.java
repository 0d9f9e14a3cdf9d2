package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.process.ProcessLauncher;
import io.ghee.run.JobProgress;
import io.ghee.run.Launcher;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs pipelines in processes of their own, within a deadline, and looks at those processes. */
public final class ProcessJobs {
    public static final Duration DEADLINE = Duration.ofSeconds(90);

    private ProcessJobs() {}

    /** Runs to the end, which must be a good one. */
    public static JobProgress run(Pipeline pipeline) throws InterruptedException {
        return run(new ProcessLauncher(), pipeline);
    }

    /** Runs to the end, which must be a good one. */
    public static JobProgress run(Launcher launcher, Pipeline pipeline) throws InterruptedException {
        return end(launcher.launch(pipeline));
    }

    /** Waits for the end, which must be a good one, and after which no process may be left. */
    public static JobProgress end(Job job) throws InterruptedException {
        try {
            JobProgress progress = job.await(DEADLINE);
            assertThat(workers(job.name())).isEmpty();
            return progress;
        } finally {
            cleanUp(job);
        }
    }

    /** Runs to the end, which must be a failure. */
    public static GheeException fail(Pipeline pipeline) throws InterruptedException {
        return fail(new ProcessLauncher().launch(pipeline), DEADLINE);
    }

    /** Waits for the end, which must be a failure, and after which no process may be left. */
    public static GheeException fail(Job job, Duration within) throws InterruptedException {
        try {
            GheeException failure = catchThrowableOfType(GheeException.class, () -> job.await(within));
            assertThat(failure).isNotNull();
            assertThat(workers(job.name())).isEmpty();
            return failure;
        } finally {
            cleanUp(job);
        }
    }

    /** Ends a job, if it has not ended, and takes away its logs. */
    public static void cleanUp(Job job) throws InterruptedException {
        job.cancel();
        deleteLogs(job.name());
    }

    /** Deletes the logs of the jobs whose names begin like this: those of failed jobs stay for their user. */
    public static void deleteLogs(String job) {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (Path logs : all.filter(path -> path.getFileName().toString().startsWith("ghee-" + job))
                    .toList()) {
                try (Stream<Path> files = Files.walk(logs)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The workers of all jobs whose names begin like this, whoever started them. */
    public static List<ProcessHandle> workers(String job) {
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process).contains("-Dghee.job=" + job))
                .toList();
    }

    /** A worker, which may have to start first. */
    public static ProcessHandle worker(Job job, String stage, int replica) {
        return worker(job, "-Dghee.stage=" + stage + " -Dghee.replica=" + replica + " ");
    }

    /** One of the processes of a worker, which may have to start first; they are counted from 0. */
    public static ProcessHandle worker(Job job, String stage, int replica, int life) {
        return worker(job, "-Dghee.stage=" + stage + " -Dghee.replica=" + replica + " -Dghee.life=" + life + " ");
    }

    private static ProcessHandle worker(Job job, String who) {
        return await(who)
                .atMost(Duration.ofSeconds(60))
                .until(
                        () -> workers(job.name()).stream()
                                .filter(process -> commandLine(process).contains(who))
                                .toList(),
                        found -> found.size() == 1)
                .get(0);
    }

    public static String commandLine(ProcessHandle process) {
        return process.info().commandLine().orElse("");
    }

    /** Kills a process by SIGKILL, and waits until it is gone. */
    public static void kill(ProcessHandle process) {
        assertThat(process.destroyForcibly()).isTrue();
        await().atMost(Duration.ofSeconds(60)).until(() -> !process.isAlive());
    }

    /** Lets a process stand still, by SIGSTOP; the test is skipped where that cannot be. */
    public static void pause(ProcessHandle process) throws InterruptedException {
        Path status = Path.of("/proc", Long.toString(process.pid()), "status");
        assumeTrue(Files.exists(status), "no /proc here: it does not tell whether a process stands still");
        signal(process, "STOP");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Files.readAllLines(status).stream().anyMatch(line -> line.matches("State:\\s+T.*")));
    }

    /** Lets a process that stands still go on. */
    public static void resume(ProcessHandle process) throws InterruptedException {
        signal(process, "CONT");
    }

    private static void signal(ProcessHandle process, String name) throws InterruptedException {
        try {
            Process kill = new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).start();
            assertThat(kill.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(kill.exitValue()).isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
