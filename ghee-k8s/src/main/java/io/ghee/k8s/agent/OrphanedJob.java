package io.ghee.k8s.agent;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A job that has lost its driver, or seems to have. */
final class OrphanedJob {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final Resource<Lease> lease;

    OrphanedJob(KubernetesClient client, String namespace, String name) {
        this.lease = client.leases().inNamespace(namespace).withName(name);
    }

    /**
     * Deletes the lease, if nobody renews it for as long as it lasts. Clocks of other machines do not matter.
     *
     * @return true if the lease is gone; false if a driver renews it: this worker has lost its driver, but the job has not
     * @throws KubernetesClientException if the API server does not let it, or did not answer in time
     */
    boolean end() throws InterruptedException {
        long began = System.nanoTime();
        Lease first = null;
        while (true) {
            Duration waited = Duration.ofNanos(System.nanoTime() - began);
            try {
                Lease now = lease.get();
                if (now == null) {
                    return true;
                }
                first = first == null ? now : first;
                if (!Objects.equals(
                        now.getSpec().getRenewTime(), first.getSpec().getRenewTime())) {
                    return false;
                } else if (waited.compareTo(Duration.ofSeconds(now.getSpec().getLeaseDurationSeconds())) > 0) {
                    // As it was seen: a driver may be taking over at this moment.
                    lease.lockResourceVersion(now.getMetadata().getResourceVersion())
                            .delete();
                    return true;
                }
            } catch (KubernetesClientException e) {
                if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN || waited.compareTo(PATIENCE) > 0) {
                    throw e;
                }
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }
}
