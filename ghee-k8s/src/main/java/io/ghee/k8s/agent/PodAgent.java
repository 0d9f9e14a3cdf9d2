package io.ghee.k8s.agent;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ghee.InfrastructureException;
import io.ghee.agent.Agent;
import io.ghee.agent.JobCode;
import io.ghee.agent.Pulse;
import java.io.IOException;

/**
 * The main class of a worker's pod: {@link Agent} with what Kubernetes wants of a process. It answers the kubelet's probes on
 * port {@value #HEALTH_PORT}. And when the driver is gone, it ends the job: it deletes the lease that owns all that the job
 * has in the cluster, unless a driver still renews it, so that Kubernetes takes away the rest.
 */
public final class PodAgent {
    /** The port of the probes. */
    public static final int HEALTH_PORT = 8086;

    /** What the kubelet asks whether the agent turns its rounds. */
    public static final String LIVE = "/livez";

    /** What the kubelet asks whether the driver has let the worker in. */
    public static final String READY = "/readyz";

    /** The lease that owns the job's objects: its namespace and name, with a slash between. */
    public static final String LEASE = "GHEE_LEASE";

    private PodAgent() {}

    /** Runs the worker of this pod, with the code of its job, and exits with how it ended. */
    public static void main(String[] args) {
        int exit = start();
        String lease = System.getenv(LEASE);
        // The driver may have gone before this worker had its code.
        if (exit == Agent.ORPHANED && lease != null) {
            endJob(lease);
        }
        Runtime.getRuntime().halt(exit);
    }

    private static int start() {
        try {
            ClassLoader code = JobCode.load();
            Thread.currentThread().setContextClassLoader(code);
            Class<?> agent = Class.forName(PodAgent.class.getName(), true, code);
            return (int) agent.getMethod("work").invoke(null);
        } catch (InfrastructureException e) {
            // To the error output and not to the log, which may have no backend here: the kubelet quotes it.
            System.err.println(e.reason());
            return Agent.ORPHANED;
        } catch (ReflectiveOperationException | InterruptedException | RuntimeException e) {
            e.printStackTrace();
            return Agent.CRASHED;
        }
    }

    /**
     * The work of {@link #main}, by the class that is loaded from the job's code.
     *
     * @return the exit code
     * @throws IOException if the port of the probes is taken
     */
    public static int work() throws IOException {
        Pulse pulse = new Pulse();
        HealthServer.start(pulse, HEALTH_PORT);
        return Agent.run(pulse);
    }

    private static void endJob(String name) {
        String[] parts = name.split("/", 2);
        try (KubernetesClient client = new KubernetesClientBuilder().build()) {
            OrphanedJob job = new OrphanedJob(client, parts[0], parts[1]);
            if (job.end()) {
                System.err.println("the driver is gone: job " + parts[1] + " is ended");
            }
        } catch (KubernetesClientException | InterruptedException e) {
            System.err.println(
                    "the driver is gone, and job " + parts[1] + " cannot be ended from here: " + e.getMessage());
        }
    }
}
