package io.ghee.examples.cli;

import io.ghee.ConfigurationException;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.k8s.Kubernetes;
import io.ghee.k8s.Submission;
import io.ghee.run.JobDriver;
import io.ghee.run.JobProgress;
import io.ghee.run.Launcher;
import io.ghee.run.LocalLauncher;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code ghee run JOB}: runs a job, shows how far it is, and sums up. */
@Command
final class RunJob implements Callable<Integer> {
    private final PackagedJob job;

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private CommonOptions options = new CommonOptions();

    @ArgGroup(exclusive = false)
    private @Nullable HadoopLogin hadoop;

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Option(
            names = "--launcher",
            paramLabel = "local|processes|kubernetes",
            defaultValue = "processes",
            description = "Where the workers run: threads of this JVM, a JVM each, or a pod each"
                    + " (default: ${DEFAULT-VALUE}).")
    private String launcherName = "processes";

    @Option(names = "--report", paramLabel = "FILE", description = "Write what happened as JSON.")
    private @Nullable Path report;

    @Option(names = "--dry-run", description = "Check what can be checked, show what would be run, and run nothing.")
    private boolean dryRun;

    private boolean stopped;

    RunJob(PackagedJob job) {
        this.job = job;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Launcher launcher = launcher();
        if (hadoop != null && !cluster.isDeployed()) {
            hadoop.login();
        }
        if (dryRun) {
            return show(launcher);
        } else if (launcher instanceof Kubernetes kubernetes && cluster.isDeployed()) {
            return submit(kubernetes);
        }
        // What cannot be is told before anything is made for it.
        boolean commits = options.pipeline(job).plan().commits();
        try (Closeable prepared = job.prepare()) {
            Job running = launcher.launch(options.pipeline(job));
            JobProgress end = await(running, commits);
            // Of a job that was stopped on the way, not everything has come out yet.
            List<Result> results = stopped ? List.of() : job.results(end);
            LossCurve.write(end, job.output());
            Summary.print(job, end, results, spec.commandLine().getOut());
            writeReport("succeeded", end, results);
        }
        return 0;
    }

    private int show(Launcher launcher) {
        PrintWriter out = spec.commandLine().getOut();
        Pipeline pipeline = options.pipeline(job);
        if (launcher instanceof Kubernetes kubernetes) {
            kubernetes.preflight(pipeline);
            out.print(kubernetes.manifests(pipeline));
        } else {
            JobDriver.check(LocalLauncher.uniqueName(pipeline), pipeline.plan());
            out.println(pipeline.explain().stripTrailing());
        }
        out.flush();
        return 0;
    }

    /** Hands the job over to a driver in the cluster, and looks on. */
    private int submit(Kubernetes kubernetes) throws InterruptedException {
        Pipeline pipeline = options.pipeline(job);
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        try (Submission submission =
                kubernetes.submit(pipeline.name(), Main.class, ClusterOptions.forDriver(arguments))) {
            PrintWriter err = spec.commandLine().getErr();
            err.println("ghee: job " + submission.job() + " is driven by a pod; it goes on without this process");
            return submission.follow(line -> spec.commandLine().getOut().println(line));
        }
    }

    private Launcher launcher() {
        if (launcherName.equals("kubernetes")) {
            job.makesHere().ifPresent(what -> {
                throw new ConfigurationException("--launcher kubernetes without --input: " + job.name()
                        + " makes its input itself, " + what
                        + " of this machine, which pods do not reach (expected: --input and --output)");
            });
            return cluster.kubernetes();
        }
        cluster.refuseFor(launcherName);
        return Ghee.launcher(launcherName);
    }

    private JobProgress await(Job running, boolean commits) throws IOException, InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        try (LiveProgress live = LiveProgress.of(running, err);
                Interrupts interrupts = commits ? Interrupts.of(running, err) : null) {
            JobProgress end = running.await();
            stopped = interrupts != null && interrupts.any();
            return end;
        } catch (GheeException e) {
            writeReport("failed", running.progress(), List.of());
            throw e;
        }
    }

    private void writeReport(String status, JobProgress progress, List<Result> results) throws IOException {
        if (report != null) {
            Report.of(job, status, launcherName, progress, results).write(report);
        }
    }
}
