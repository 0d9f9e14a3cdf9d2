package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.LogWatch;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A job whose driver is a pod. It does without whoever started it: this only looks on. Not thread-safe.
 */
public final class Submission implements AutoCloseable {
    private static final long POLL_MILLIS = 500;

    private final Cluster cluster;
    private final String job;
    private final Set<String> told = new HashSet<>();
    private final Set<String> read = new HashSet<>();

    Submission(Cluster cluster, String job) {
        this.cluster = cluster;
        this.job = job;
    }

    /** The job's name. */
    public String job() {
        return job;
    }

    /**
     * Tells line by line what the driver says, and what keeps it from starting, until it ends.
     *
     * @return the driver's exit code; {@code INFRASTRUCTURE}'s if it had too little memory
     * @throws GheeException of kind {@code CANCELLED} if the job is deleted
     * @throws InfrastructureException if the cluster does not answer any more; the job goes on
     */
    public int follow(Consumer<String> lines) throws InterruptedException {
        while (true) {
            io.fabric8.kubernetes.api.model.batch.v1.Job now = cluster.ask(
                            "to look at job " + job,
                            () -> Optional.ofNullable(cluster.client()
                                    .batch()
                                    .v1()
                                    .jobs()
                                    .inNamespace(cluster.namespace())
                                    .withName(job)
                                    .get()))
                    .orElseThrow(() -> new GheeException(
                            GheeException.Kind.CANCELLED, "job " + job + " was stopped: it is deleted"));
            List<Pod> drivers = drivers();
            for (Pod driver : drivers) {
                look(driver, lines);
            }
            boolean ended = now.getStatus() != null
                    && now.getStatus().getConditions().stream()
                            .anyMatch(each -> Set.of("Complete", "Failed").contains(each.getType())
                                    && "True".equals(each.getStatus()));
            if (ended) {
                return drivers.stream()
                        .reduce((first, second) -> second)
                        .flatMap(Submission::end)
                        .map(PodTrouble::exitCode)
                        .orElse(GheeException.Kind.INFRASTRUCTURE.exitCode());
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** In the order they came. */
    private List<Pod> drivers() {
        return cluster
                .ask(
                        "to list pods",
                        () -> cluster.pods()
                                .withLabel(Manifests.JOB, job)
                                .withoutLabel(Manifests.STAGE)
                                .list())
                .getItems()
                .stream()
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getCreationTimestamp()))
                .toList();
    }

    private static Optional<ContainerStateTerminated> end(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream()
                .filter(each -> PodTemplates.WORKER.equals(each.getName()))
                .flatMap(each -> Optional.ofNullable(each.getState().getTerminated()).stream())
                .findFirst();
    }

    private void look(Pod driver, Consumer<String> lines) throws InterruptedException {
        String name = driver.getMetadata().getName();
        boolean started =
                end(driver).isPresent() || "Running".equals(driver.getStatus().getPhase());
        if (started && !read.contains(name)) {
            readLog(name, lines);
            read.add(name);
        }
        PodTrouble.of(driver)
                .filter(trouble ->
                        end(driver).map(end -> end.getExitCode() != 0).orElse(true))
                .filter(trouble -> told.add(name + trouble.text()))
                .ifPresent(trouble -> lines.accept("ghee: the driver (pod " + name + ") " + trouble.text()));
    }

    /** All that a driver says until it ends; where the connection is lost, from there on. */
    private void readLog(String pod, Consumer<String> lines) throws InterruptedException {
        String last = "";
        while (true) {
            try (LogWatch log = cluster.pods().withName(pod).usingTimestamps().watchLog();
                    BufferedReader reader =
                            new BufferedReader(new InputStreamReader(log.getOutput(), StandardCharsets.UTF_8))) {
                String line;
                while ((line = reader.readLine()) != null) {
                    int space = line.indexOf(' ');
                    String stamp = space < 0 ? last : line.substring(0, space);
                    if (stamp.compareTo(last) > 0) {
                        last = stamp;
                        lines.accept(line.substring(space + 1));
                    }
                }
            } catch (KubernetesClientException | IOException e) {
                lines.accept("ghee: what the driver says is not heard for a while: " + e.getMessage());
            }
            Pod now = cluster.ask(
                            "to look at pod " + pod,
                            () -> Optional.ofNullable(
                                    cluster.pods().withName(pod).get()))
                    .orElse(null);
            if (now == null || end(now).isPresent()) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    @Override
    public void close() {
        cluster.close();
    }
}
