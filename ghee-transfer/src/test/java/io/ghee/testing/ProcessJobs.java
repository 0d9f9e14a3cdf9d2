package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Runs pipelines in processes of their own, within a deadline, and looks at those processes. */
public final class ProcessJobs {
    public static final Duration DEADLINE = Duration.ofSeconds(40);

    private ProcessJobs() {}

    /** Runs to the end, which must be a good one. */
    public static JobProgress run(Pipeline pipeline) throws InterruptedException {
        Job job = Ghee.processes().launch(pipeline);
        try {
            return job.await(DEADLINE);
        } finally {
            end(job);
        }
    }

    /** Runs to the end, which must be a failure. */
    public static GheeException fail(Pipeline pipeline) throws InterruptedException {
        return fail(Ghee.processes().launch(pipeline), DEADLINE);
    }

    /** Waits for the end, which must be a failure, and after which no process may be left. */
    public static GheeException fail(Job job, Duration within) throws InterruptedException {
        try {
            GheeException failure = catchThrowableOfType(GheeException.class, () -> job.await(within));
            assertThat(failure).isNotNull();
            assertThat(workers(job.name())).isEmpty();
            return failure;
        } finally {
            end(job);
        }
    }

    private static void end(Job job) throws InterruptedException {
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
        return await().atMost(Duration.ofSeconds(20))
                .until(
                        () -> workers(job.name()).stream()
                                .filter(process -> commandLine(process).contains("-Dghee.stage=" + stage + " "))
                                .filter(process -> commandLine(process).contains("-Dghee.replica=" + replica + " "))
                                .toList(),
                        found -> found.size() == 1)
                .get(0);
    }

    public static String commandLine(ProcessHandle process) {
        return process.info().commandLine().orElse("");
    }
}
