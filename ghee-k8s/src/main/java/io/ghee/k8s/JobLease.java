package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The object that stands for a job in the cluster: all others belong to it and are gone with it. Its driver renews it, and who
 * does not hold it may not commit. Thread-safe.
 */
final class JobLease {
    /** A third of how long it lasts. */
    static final Duration RENEWAL = Duration.ofSeconds(Manifests.LEASE_SECONDS / 3);

    private static final Logger LOG = LoggerFactory.getLogger(JobLease.class);
    /** How many times as long as it lasts another driver may go on renewing it. */
    private static final int PATIENCE = 4;

    private static final long POLL_MILLIS = 500;
    /** Between the holder's pod and what makes it the only one of that name. */
    private static final String OF = "_";

    private final Cluster cluster;
    private final String holder;
    private volatile Lease lease;

    private JobLease(Cluster cluster, String holder, Lease lease) {
        this.cluster = cluster;
        this.holder = holder;
        this.lease = lease;
    }

    private static String newHolder() {
        return Optional.ofNullable(System.getenv("HOSTNAME")).orElse("") + OF + UUID.randomUUID();
    }

    /**
     * Creates it.
     *
     * @throws ConfigurationException if there is a job of that name
     */
    static JobLease create(Cluster cluster, Lease manifest) {
        return tryToCreate(cluster, manifest, newHolder())
                .orElseThrow(() -> new ConfigurationException(
                        "job " + manifest.getMetadata().getName() + ": there is one of that name in namespace "
                                + cluster.namespace() + " (expected: a name of its own)"));
    }

    /** None if there is one that another driver has created. */
    private static Optional<JobLease> tryToCreate(Cluster cluster, Lease manifest, String holder) {
        return cluster.ask("to create lease " + manifest.getMetadata().getName(), () -> {
            Lease made;
            try {
                made = cluster.client().resource(held(manifest, holder)).create();
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                made = cluster.client().resource(manifest).get();
            }
            // Where this driver holds it, the answer to a first request was lost.
            return Optional.ofNullable(made)
                    .filter(there -> holder.equals(holderOf(there)))
                    .map(there -> new JobLease(cluster, holder, there));
        });
    }

    /**
     * Takes it over from a driver that is gone: its pod has ended, or it has not renewed it for as long as it lasts. Creates it
     * where there is none. Clocks of other machines do not matter.
     *
     * @throws InfrastructureException if another driver goes on renewing it
     */
    static JobLease takeOver(Cluster cluster, Lease manifest) throws InterruptedException {
        String name = manifest.getMetadata().getName();
        Resource<Lease> resource = cluster.client().resource(manifest);
        String holder = newHolder();
        Duration lasts = Duration.ofSeconds(manifest.getSpec().getLeaseDurationSeconds());
        long began = System.nanoTime();
        long seen = began;
        Lease last = null;
        while (System.nanoTime() - began < PATIENCE * lasts.toNanos()) {
            try {
                Lease now = cluster.ask("to get lease " + name, () -> Optional.ofNullable(resource.get()))
                        .orElse(null);
                if (now == null) {
                    Optional<JobLease> created = tryToCreate(cluster, manifest, holder);
                    if (created.isPresent()) {
                        return created.get();
                    }
                    continue;
                }
                if (holder.equals(holderOf(now))) {
                    // The answer to a first request was lost.
                    return new JobLease(cluster, holder, now);
                }
                boolean renewed = last == null
                        || !Objects.equals(
                                last.getSpec().getRenewTime(), now.getSpec().getRenewTime());
                seen = renewed ? System.nanoTime() : seen;
                last = now;
                long unseenNanos = System.nanoTime() - seen;
                if (unseenNanos > lasts.toNanos() || isGone(cluster, now)) {
                    Lease taken = new LeaseBuilder(held(now, holder))
                            .editSpec()
                            .withLeaseTransitions(transitions(now) + 1)
                            .endSpec()
                            .build();
                    return new JobLease(
                            cluster, holder, cluster.client().resource(taken).update());
                }
            } catch (KubernetesClientException e) {
                GheeException said = cluster.explain("to take over lease " + name, e);
                boolean passes = e.getCode() == HttpURLConnection.HTTP_NOT_FOUND
                        || said.kind() == GheeException.Kind.INFRASTRUCTURE;
                if (!passes) {
                    throw said;
                }
                LOG.debug("lease {} is not taken over yet: {}", name, e.getMessage());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        throw new InfrastructureException("job " + name + " has a driver, " + (last == null ? "" : holderOf(last))
                + ", that still renews its lease after " + PATIENCE * lasts.toSeconds()
                + " s; this one does not take it over");
    }

    private static String holderOf(Lease lease) {
        return String.valueOf(lease.getSpec().getHolderIdentity());
    }

    /** Whether the holder was a pod that has ended. */
    private static boolean isGone(Cluster cluster, Lease lease) {
        String identity = holderOf(lease);
        String name = identity.substring(0, Math.max(0, identity.indexOf(OF)));
        if (!name.startsWith(lease.getMetadata().getName())) {
            return false;
        }
        Pod pod = cluster.pods().withName(name).get();
        return pod == null
                || Set.of("Failed", "Succeeded")
                        .contains(String.valueOf(pod.getStatus().getPhase()));
    }

    private static int transitions(Lease lease) {
        return Optional.ofNullable(lease.getSpec().getLeaseTransitions()).orElse(0);
    }

    private static Lease held(Lease last, String holder) {
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

    /** How often it went from one driver to another. */
    int transitions() {
        return transitions(lease);
    }

    private Resource<Lease> resource() {
        return cluster.client().resource(lease);
    }

    /**
     * Renews it. A server that does not answer is put up with: only a worker without a driver looks when the lease runs out.
     *
     * @throws GheeException if it is deleted, or another driver has it
     */
    synchronized void renew() {
        try {
            check();
            lease = cluster.client().resource(held(lease, holder)).update();
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
    synchronized void check() {
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

    /**
     * Deletes it, and with it what belongs to it, unless another driver has it.
     *
     * @return false if another driver has it
     * @throws KubernetesClientException if the server does not answer, or it is changed at the same time
     */
    synchronized boolean delete() {
        Lease now = resource().get();
        if (now != null && !holder.equals(holderOf(now))) {
            return false;
        } else if (now != null) {
            cluster.client()
                    .resource(now)
                    .lockResourceVersion(now.getMetadata().getResourceVersion())
                    .delete();
        }
        return true;
    }
}
