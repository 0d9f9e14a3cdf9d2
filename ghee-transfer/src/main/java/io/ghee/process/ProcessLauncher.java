package io.ghee.process;

import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.agent.ControlServer;
import io.ghee.run.JobDriver;
import io.ghee.run.Launcher;
import io.ghee.run.LocalLauncher;
import io.ghee.run.RunningJob;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * Runs a job on this machine, each replica a JVM of its own, over ZeroMQ on loopback: what pods do on a cluster. The
 * workers get the class path of this JVM.
 */
public final class ProcessLauncher implements Launcher {
    private final ControlServer.Options options;

    /** As {@link io.ghee.Ghee#processes} does. */
    public ProcessLauncher() {
        this(ControlServer.Options.loopback());
    }

    private ProcessLauncher(ControlServer.Options options) {
        this.options = options;
    }

    /** The same, with the frames of data encrypted: they need not be on loopback. */
    public ProcessLauncher sealed() {
        return new ProcessLauncher(options.withSealed(true));
    }

    /** The same, taking a worker for lost that has said nothing for this long: its process may be stopped. 30 s at first. */
    public ProcessLauncher silence(Duration time) {
        return new ProcessLauncher(options.withSilence(time));
    }

    /** The same, with workers told {@code through} of another's endpoint in its place: for a proxy between them. */
    public ProcessLauncher route(UnaryOperator<String> through) {
        return new ProcessLauncher(options.withRoute(through));
    }

    @Override
    public String name() {
        return "processes";
    }

    @Override
    public Job launch(Pipeline pipeline) {
        JobDriver driver = JobDriver.open(LocalLauncher.uniqueName(pipeline), pipeline.plan());
        return RunningJob.start(driver, new WorkerProcesses(driver, options));
    }
}
