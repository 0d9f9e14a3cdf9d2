package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The object that stands for a job in the cluster: all others belong to it and are gone with it. Its driver renews it, and who
 * does not hold it may not commit. Not thread-safe.
 */
final class JobLease {
    /** A third of how long it lasts. */
    static final Duration RENEWAL = Duration.ofSeconds(Manifests.LEASE_SECONDS / 3);

    private static final Logger LOG = LoggerFactory.getLogger(JobLease.class);

    private final Cluster cluster;
    private final String holder = UUID.randomUUID().toString();
    private Lease lease;

    /** Creates it. */
    JobLease(Cluster cluster, Lease manifest) {
        this.cluster = cluster;
        this.lease = cluster.ask(
                "to create lease " + manifest.getMetadata().getName(),
                () -> cluster.client().resource(renewed(manifest)).create());
    }

    private Lease renewed(Lease last) {
        return new LeaseBuilder(last)
                .editSpec()
                .withHolderIdentity(holder)
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build();
    }

    OwnerReference owner() {
        return Manifests.owner(lease);
    }

    private Resource<Lease> resource() {
        return cluster.client().resource(lease);
    }

    /**
     * Renews it. A server that does not answer is put up with: only a worker without a driver looks when the lease runs out.
     *
     * @throws GheeException if it is deleted, or another driver has it
     */
    void renew() {
        try {
            check();
            lease = cluster.client().resource(renewed(lease)).update();
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                throw deleted();
            }
            LOG.warn("lease {} is not renewed: {}", lease.getMetadata().getName(), e.getMessage());
        }
    }

    /**
     * Throws if it is deleted, or another driver has it.
     *
     * @throws KubernetesClientException if the server does not answer
     */
    void check() {
        Lease now = resource().get();
        if (now == null
                || !now.getMetadata().getUid().equals(lease.getMetadata().getUid())) {
            throw deleted();
        } else if (!holder.equals(now.getSpec().getHolderIdentity())) {
            throw new InfrastructureException("job " + now.getMetadata().getName()
                    + " is another driver's by now; this one commits nothing any more");
        }
        lease = now;
    }

    private GheeException deleted() {
        return new GheeException(
                GheeException.Kind.CANCELLED,
                "job " + lease.getMetadata().getName() + " was stopped: its lease is deleted");
    }

    /** Deletes it, and with it what belongs to it. */
    void delete() {
        resource().withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
    }
}
