package io.ghee.examples.cli;

import io.ghee.k8s.JobStatus;
import io.ghee.k8s.JobStatus.WorkerStatus;
import io.ghee.k8s.Jobs;
import io.ghee.k8s.Kubernetes;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The commands that look after the jobs of a cluster: {@code list-jobs}, {@code status}, {@code logs}, {@code stop}. */
abstract class Operations implements Callable<Integer> {
    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--namespace",
            paramLabel = "NAME",
            description = "Where the jobs are (default: the context's namespace).")
    private @Nullable String namespace;

    static List<Operations> all() {
        return List.of(new ListJobs(), new Status(), new Logs(), new Stop());
    }

    @Override
    public Integer call() throws InterruptedException {
        Kubernetes cluster = namespace == null ? new Kubernetes() : Kubernetes.namespace(namespace);
        try (Jobs jobs = cluster.jobs()) {
            run(jobs, spec.commandLine().getOut());
        }
        return 0;
    }

    abstract void run(Jobs jobs, PrintWriter out) throws InterruptedException;

    private static String age(Duration age) {
        return age.toHours() > 0
                ? age.toHours() + "h" + age.toMinutesPart() + "m"
                : age.toMinutes() > 0 ? age.toMinutes() + "m" + age.toSecondsPart() + "s" : age.toSeconds() + "s";
    }

    @Command(name = "list-jobs", mixinStandardHelpOptions = true, description = "Lists the jobs on a cluster.")
    private static final class ListJobs extends Operations {
        private static final String LINE = "%-40s %-12s %-8s %s%n";

        @Override
        void run(Jobs jobs, PrintWriter out) {
            out.printf(LINE, "JOB", "STATE", "AGE", "WORKERS READY");
            for (JobStatus job : jobs.list()) {
                long ready = job.workers().stream().filter(WorkerStatus::ready).count();
                out.printf(
                        LINE,
                        job.name(),
                        job.state(),
                        age(job.age()),
                        ready + "/" + job.workers().size());
            }
        }
    }

    /** Those that are about one job. */
    private abstract static class OfOneJob extends Operations {
        @Parameters(paramLabel = "JOB", description = "The job's name, as list-jobs shows it.")
        private String job = "";

        String job() {
            return job;
        }
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = "Shows a job on a cluster, pod by pod.")
    private static final class Status extends OfOneJob {
        private static final String LINE = "%-12s %-8s %-48s %-16s %-10s %-6s %s%n";

        @Override
        void run(Jobs jobs, PrintWriter out) {
            JobStatus status = jobs.status(job());
            out.printf(
                    "%s: %s for %s%s%n",
                    status.name(),
                    status.state(),
                    age(status.age()),
                    status.driver().isEmpty() ? "" : ", driver " + status.driver());
            out.printf(LINE, "STAGE", "REPLICA", "POD", "NODE", "PHASE", "READY", "");
            for (WorkerStatus worker : status.workers()) {
                out.printf(
                        LINE,
                        worker.stage(),
                        worker.replica(),
                        worker.pod(),
                        worker.node(),
                        worker.phase(),
                        worker.ready() ? "yes" : "no",
                        worker.trouble());
            }
        }
    }

    @Command(
            name = "logs",
            mixinStandardHelpOptions = true,
            description = "Shows what the pods of a job on a cluster say, the driver's included.")
    private static final class Logs extends OfOneJob {
        @Option(names = "--stage", paramLabel = "NAME", description = "Only that stage's.")
        private @Nullable String stage;

        @Option(
                names = "--lines",
                paramLabel = "N",
                defaultValue = "100",
                description = "The last N lines of each (default: ${DEFAULT-VALUE}).")
        private int lines;

        @Override
        void run(Jobs jobs, PrintWriter out) {
            JobStatus status = jobs.status(job());
            Stream<String> workers = status.workers().stream()
                    .filter(worker -> stage == null || stage.equals(worker.stage()))
                    .filter(worker -> !worker.phase().equals("Pending"))
                    .map(WorkerStatus::pod);
            Stream<String> driver =
                    stage != null || status.driver().isEmpty() ? Stream.empty() : Stream.of(status.driver());
            Stream.concat(driver, workers)
                    .forEach(pod -> jobs.logs(pod, lines).lines().forEach(line -> out.println(pod + ": " + line)));
        }
    }

    @Command(
            name = "stop",
            mixinStandardHelpOptions = true,
            description = "Stops a job on a cluster: what it has not committed is dropped.")
    private static final class Stop extends OfOneJob {
        @Option(
                names = "--timeout",
                paramLabel = "SECONDS",
                defaultValue = "60",
                description = "How long it may take until no pod is left (default: ${DEFAULT-VALUE}).")
        private long seconds;

        @Override
        void run(Jobs jobs, PrintWriter out) throws InterruptedException {
            jobs.stop(job(), Duration.ofSeconds(seconds));
            out.println(job() + " is stopped");
        }
    }
}
