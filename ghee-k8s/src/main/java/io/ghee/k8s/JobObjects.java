package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.ghee.InfrastructureException;
import io.ghee.agent.ClassPathDigest;
import io.ghee.agent.JobKeys;
import io.ghee.plan.PlannedStage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a job has in the cluster: creates it and takes it away. What belongs to the driver alone is named after the lease and
 * how often that went from one driver to another; the rest may be there already. Thread-safe.
 */
final class JobObjects {
    private static final Logger LOG = LoggerFactory.getLogger(JobObjects.class);
    private static final Duration REMOVAL = Duration.ofSeconds(60);
    private static final long POLL_MILLIS = 100;

    private final String job;
    private final Cluster cluster;
    private final Manifests manifests;
    private final JobLease lease;
    private final String code = ClassPathDigest.ofThisJvm().brief();

    JobObjects(String job, Cluster cluster, Manifests manifests, JobLease lease) {
        this.job = job;
        this.cluster = cluster;
        this.manifests = manifests;
        this.lease = lease;
    }

    /** The workers' pods; the driver's, if it is one, is not among them. */
    FilterWatchListDeletable<Pod, PodList, PodResource> pods() {
        return cluster.pods().withLabel(Manifests.JOB, job).withLabel(Manifests.STAGE);
    }

    private String secret() {
        return Names.secret(job, lease.owner().getUid(), lease.transitions());
    }

    /** Creates what the pods share. */
    void createShared(JobKeys keys) {
        cluster.create("secret", manifests.secret(secret(), lease.owner(), keys));
        manifests.configMap(lease.owner()).ifPresent(map -> cluster.createOwned("config map", map));
        cluster.createOwned("service", manifests.service(lease.owner()));
    }

    /** Creates a pod of a driver that listens at {@code endpoint}. */
    void createPod(PlannedStage stage, int replica, int life, String endpoint) {
        cluster.createOwned(
                "the pod of stage " + stage.name() + ", replica " + replica + ":",
                manifests.pod(new Manifests.Belonging(lease.owner(), secret(), endpoint, code), stage, replica, life));
    }

    void deletePod(String name) {
        cluster.ask(
                "to delete pod " + name,
                () -> cluster.pods().withName(name).withGracePeriod(0).delete());
    }

    /**
     * Removes the pods of the driver before: none of them may be there when this one's begin.
     *
     * @return those that were there
     */
    List<Pod> removeAll() throws InterruptedException {
        List<Pod> all = cluster.ask("to list pods", () -> pods().list()).getItems();
        List<Pod> left = all;
        long deadline = System.nanoTime() + REMOVAL.toNanos();
        while (!left.isEmpty()) {
            if (System.nanoTime() - deadline > 0) {
                throw new InfrastructureException("job " + job + ": pods of the driver before are still there after "
                        + REMOVAL.toSeconds() + " s: "
                        + left.stream().map(pod -> pod.getMetadata().getName()).toList());
            }
            cluster.ask("to delete pods", () -> pods().withGracePeriod(0).delete());
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            left = cluster.ask("to list pods", () -> pods().list()).getItems();
        }
        return all;
    }

    /**
     * Removes everything, until nothing is left or time is up: the server may be away for a while. What another driver has taken
     * over is left to it.
     */
    void cleanUp() throws InterruptedException {
        long deadline = System.nanoTime() + REMOVAL.toNanos();
        String left = tryToCleanUp();
        while (left != null && System.nanoTime() - deadline < 0) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            left = tryToCleanUp();
        }
        if (left != null) {
            LOG.warn(
                    "job {}: not everything in the cluster could be taken away within {} s: {}",
                    job,
                    REMOVAL.toSeconds(),
                    left);
        }
    }

    private @Nullable String tryToCleanUp() {
        try {
            if (!lease.delete()) {
                LOG.info("job {}: another driver has it, and what it has in the cluster", job);
                return null;
            }
            pods().withGracePeriod(0).delete();
            int pods = pods().list().getItems().size();
            return pods == 0 ? null : pods + " pods are still there";
        } catch (KubernetesClientException e) {
            return String.valueOf(e.getMessage());
        }
    }
}
