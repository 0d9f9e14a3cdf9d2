package io.ghee.process;

import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.JobDriver;
import io.ghee.run.Launcher;
import io.ghee.run.LocalLauncher;
import io.ghee.run.RunningJob;

/**
 * Runs a job on this machine, each replica a JVM of its own, over ZeroMQ on loopback: what pods do on a cluster. The
 * workers get the class path of this JVM.
 */
public final class ProcessLauncher implements Launcher {
    @Override
    public String name() {
        return "processes";
    }

    @Override
    public Job launch(Pipeline pipeline) {
        JobDriver driver = JobDriver.open(LocalLauncher.uniqueName(pipeline), pipeline.plan());
        return RunningJob.start(driver, new WorkerProcesses(driver));
    }
}
