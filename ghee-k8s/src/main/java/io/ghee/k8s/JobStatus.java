package io.ghee.k8s;

import java.time.Duration;
import java.util.List;

/**
 * A job as the cluster knows it.
 *
 * @param name the job's
 * @param pipeline its pipeline's
 * @param state what it is doing
 * @param age since it was started
 * @param driver the driver's pod; empty if the driver is not one
 * @param workers its pods, by stage and replica, those that failed included
 */
public record JobStatus(
        String name, String pipeline, State state, Duration age, String driver, List<WorkerStatus> workers) {
    public JobStatus {
        workers = List.copyOf(workers);
    }

    /** What a job is doing. */
    public enum State {
        /** Its driver is on its way. */
        STARTING,
        /** Its driver says that it lives. */
        RUNNING,
        /** Its driver has not been heard of for some time: another takes over, or a worker takes the job away. */
        DRIVERLESS,
        /** Its driver's pod has ended well. */
        SUCCEEDED,
        /** Its driver's pod has failed as often as it may. */
        FAILED
    }

    /**
     * A pod of a job.
     *
     * @param stage its stage
     * @param replica which of the stage's
     * @param pod its name
     * @param node where it runs; empty if it is not placed
     * @param phase such as {@code Running}
     * @param ready whether the driver has let it in
     * @param trouble what keeps it from working; empty if nothing does
     */
    public record WorkerStatus(
            String stage, int replica, String pod, String node, String phase, boolean ready, String trouble) {}
}
