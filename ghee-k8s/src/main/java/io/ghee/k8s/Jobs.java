package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.k8s.JobStatus.State;
import io.ghee.k8s.JobStatus.WorkerStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of a namespace, whoever started them: what they are doing, what their pods say, and how they are stopped. Thread-safe.
 *
 * <pre>{@code
 * try (Jobs jobs = Kubernetes.namespace("ml").jobs()) {
 *     jobs.list().forEach(System.out::println);
 * }
 * }</pre>
 *
 * <p>All methods throw {@link ConfigurationException} if there is no such job, or one may not do that, and
 * {@link InfrastructureException} if the cluster does not answer.
 */
public final class Jobs implements AutoCloseable {
    private static final long POLL_MILLIS = 200;
    private static final String ANY = Manifests.MANAGED_BY + "=" + Manifests.GHEE;

    private final Cluster cluster;

    Jobs(Cluster cluster) {
        this.cluster = cluster;
    }

    /** All of them, by name. */
    public List<JobStatus> list() {
        return statuses(ANY);
    }

    /** One of them. */
    public JobStatus status(String job) {
        return statuses(ANY + "," + Manifests.JOB + "=" + Names.label("job", job)).stream()
                .findFirst()
                .orElseThrow(() -> new ConfigurationException("job " + job + ": none of that name in namespace "
                        + cluster.namespace() + " of " + cluster.client().getMasterUrl()
                        + " (expected: one that list-jobs shows)"));
    }

    private List<JobStatus> statuses(String selector) {
        Map<String, Lease> leases = byName(cluster.ask(
                        "to list leases",
                        () -> cluster.client()
                                .leases()
                                .inNamespace(cluster.namespace())
                                .withLabelSelector(selector)
                                .list())
                .getItems());
        Map<String, Job> drivers = byName(cluster.ask(
                        "to list jobs",
                        () -> cluster.client()
                                .batch()
                                .v1()
                                .jobs()
                                .inNamespace(cluster.namespace())
                                .withLabelSelector(selector)
                                .list())
                .getItems());
        Map<String, List<Pod>> pods =
                cluster
                        .ask(
                                "to list pods",
                                () -> cluster.pods().withLabelSelector(selector).list())
                        .getItems()
                        .stream()
                        .collect(Collectors.groupingBy(pod -> label(pod, Manifests.JOB)));
        return Stream.concat(leases.keySet().stream(), drivers.keySet().stream())
                .distinct()
                .sorted()
                .map(name -> status(name, leases.get(name), drivers.get(name), pods.getOrDefault(name, List.of())))
                .toList();
    }

    private static <T extends HasMetadata> Map<String, T> byName(List<T> items) {
        Map<String, T> named = new TreeMap<>();
        items.forEach(item -> named.put(item.getMetadata().getName(), item));
        return named;
    }

    private static String label(HasMetadata of, String name) {
        return Optional.ofNullable(of.getMetadata().getLabels().get(name)).orElse("");
    }

    private static JobStatus status(String name, @Nullable Lease lease, @Nullable Job driver, List<Pod> pods) {
        HasMetadata first = driver != null ? driver : Objects.requireNonNull(lease);
        List<WorkerStatus> workers = pods.stream()
                .filter(pod -> pod.getMetadata().getLabels().containsKey(Manifests.STAGE))
                .map(Jobs::worker)
                .sorted(Comparator.comparing(WorkerStatus::stage)
                        .thenComparing(WorkerStatus::replica)
                        .thenComparing(WorkerStatus::pod))
                .toList();
        String driverPod = pods.stream()
                .filter(pod -> !pod.getMetadata().getLabels().containsKey(Manifests.STAGE))
                .max(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
                .map(pod -> pod.getMetadata().getName())
                .orElse("");
        Duration age = Duration.between(Instant.parse(first.getMetadata().getCreationTimestamp()), Instant.now());
        return new JobStatus(name, label(first, Manifests.PIPELINE), state(lease, driver), age, driverPod, workers);
    }

    private static State state(@Nullable Lease lease, @Nullable Job driver) {
        if (lease != null) {
            return isRenewed(lease.getSpec()) ? State.RUNNING : State.DRIVERLESS;
        } else if (driver != null && holds(driver, "Complete")) {
            return State.SUCCEEDED;
        }
        return driver != null && holds(driver, "Failed") ? State.FAILED : State.STARTING;
    }

    private static boolean holds(Job job, String condition) {
        return job.getStatus() != null
                && job.getStatus().getConditions().stream()
                        .anyMatch(each -> condition.equals(each.getType()) && "True".equals(each.getStatus()));
    }

    /** By this machine's clock, which is good enough to look at; who takes over waits instead. */
    private static boolean isRenewed(LeaseSpec spec) {
        ZonedDateTime renewed = spec.getRenewTime();
        return renewed != null
                && renewed.plusSeconds(2L * Manifests.LEASE_SECONDS).isAfter(ZonedDateTime.now(renewed.getZone()));
    }

    private static WorkerStatus worker(Pod pod) {
        return new WorkerStatus(
                label(pod, Manifests.STAGE),
                Integer.parseInt(label(pod, Manifests.REPLICA)),
                pod.getMetadata().getName(),
                Optional.ofNullable(pod.getSpec().getNodeName()).orElse(""),
                Optional.ofNullable(pod.getStatus().getPhase()).orElse(""),
                pod.getStatus().getConditions().stream()
                        .anyMatch(each -> "Ready".equals(each.getType()) && "True".equals(each.getStatus())),
                PodTrouble.of(pod).map(PodTrouble::text).orElse(""));
    }

    /**
     * The last lines of a pod of a job.
     *
     * @param pod a pod's name, as {@link #status} tells
     * @param lines how many at most
     */
    public String logs(String pod, int lines) {
        return cluster.ask(
                "to read the log of pod " + pod,
                () -> cluster.pods().withName(pod).tailingLines(lines).getLog());
    }

    /**
     * Stops a job: what it had not committed is dropped. Returns when none of its pods is left.
     *
     * @param deadline how long that may take
     * @throws InfrastructureException if it takes longer; the cluster goes on with it
     */
    public void stop(String job, Duration deadline) throws InterruptedException {
        JobStatus status = status(job);
        long end = System.nanoTime() + deadline.toNanos();
        // The driver's first, or another would take over.
        cluster.ask(
                "to delete job " + job,
                () -> cluster.client()
                        .batch()
                        .v1()
                        .jobs()
                        .inNamespace(cluster.namespace())
                        .withName(job)
                        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                        .delete());
        cluster.ask(
                "to delete lease " + job,
                () -> cluster.client()
                        .leases()
                        .inNamespace(cluster.namespace())
                        .withName(job)
                        .withPropagationPolicy(DeletionPropagation.BACKGROUND)
                        .delete());
        String selector = ANY + "," + Manifests.JOB + "=" + status.name();
        while (true) {
            List<Pod> left = cluster.ask(
                            "to list pods",
                            () -> cluster.pods().withLabelSelector(selector).list())
                    .getItems();
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() - end > 0) {
                throw new InfrastructureException("job " + job + " is being stopped, but "
                        + left.stream()
                                .map(pod -> pod.getMetadata().getName())
                                .sorted()
                                .toList() + " are still there after " + deadline.toSeconds() + " s");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    @Override
    public void close() {
        cluster.close();
    }
}
