package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.dsl.ScalableResource;
import io.ghee.Job;
import io.ghee.Pipeline;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A job that faults befall, whoever drives it: this JVM, or a pod. */
interface DisturbedJob extends AutoCloseable {
    /** How many records the readers have had, as far as is known. */
    long read() throws IOException;

    boolean hasEnded();

    /** Waits until it has succeeded, and tells who was started again. */
    List<String> await(Duration timeout) throws InterruptedException;

    /** Takes away what is left of it after its end. */
    @Override
    void close();

    /** Driven by this JVM. */
    static DisturbedJob launch(TestNamespace namespace, Pipeline pipeline) throws IOException {
        namespace.actAs(TestNamespace.DRIVER);
        return new Launched(namespace, namespace.launcher().launch(pipeline));
    }

    /** Driven by a pod. */
    static DisturbedJob submit(TestNamespace namespace, Path input, Path output, Numbers.Fate first)
            throws IOException {
        Path progress = output.resolveSibling(output.getFileName() + "-progress");
        namespace.actAs(TestNamespace.USER);
        Submission submission = namespace
                .launcherWith(Numbers.class)
                // The tests' cluster is older than 1.26.
                .driverRestarts(5)
                .submit(
                        "numbers",
                        Numbers.class,
                        List.of(
                                namespace.name(),
                                namespace.image(),
                                input.toString(),
                                output.toString(),
                                progress.toString(),
                                first.name()));
        return new Submitted(namespace, submission, progress);
    }

    /** See {@link #launch}. */
    record Launched(TestNamespace namespace, Job job) implements DisturbedJob {
        @Override
        public long read() {
            return Numbers.read(job);
        }

        @Override
        public boolean hasEnded() {
            return namespace
                            .admin()
                            .leases()
                            .inNamespace(namespace.name())
                            .withName(job.name())
                            .get()
                    == null;
        }

        @Override
        public List<String> await(Duration timeout) throws InterruptedException {
            return job.await(timeout).restarts();
        }

        @Override
        public void close() {}
    }

    /** See {@link #submit}. */
    record Submitted(TestNamespace namespace, Submission submission, Path progress) implements DisturbedJob {
        private ScalableResource<io.fabric8.kubernetes.api.model.batch.v1.Job> driver() {
            return namespace
                    .admin()
                    .batch()
                    .v1()
                    .jobs()
                    .inNamespace(namespace.name())
                    .withName(submission.job());
        }

        @Override
        public long read() throws IOException {
            return Numbers.told(progress);
        }

        @Override
        public boolean hasEnded() {
            return driver().get().getStatus().getConditions().stream()
                    .anyMatch(each -> List.of("Complete", "Failed").contains(each.getType()));
        }

        @Override
        public List<String> await(Duration timeout) throws InterruptedException {
            try {
                Awaitility.await("the end of job " + submission.job())
                        .atMost(timeout)
                        .pollInterval(Duration.ofMillis(200))
                        .until(this::hasEnded);
            } catch (ConditionTimeoutException e) {
                throw new AssertionError(e.getMessage() + "; its drivers:\n" + driverLogs(), e);
            }
            List<String> said = new ArrayList<>();
            assertThat(submission.follow(said::add)).as("%s", said).isZero();
            return said.stream()
                    .filter(line -> line.startsWith(Numbers.RESTARTED))
                    .toList();
        }

        private String driverLogs() {
            PodList pods = namespace
                    .admin()
                    .pods()
                    .inNamespace(namespace.name())
                    .withLabel("job-name", submission.job())
                    .list();
            return pods.getItems().stream()
                    .map(pod -> pod.getMetadata().getName() + ", "
                            + pod.getStatus().getPhase() + ":\n"
                            + namespace.admin().pods().resource(pod).getLog())
                    .collect(Collectors.joining("\n"));
        }

        @Override
        public void close() {
            driver().withPropagationPolicy(DeletionPropagation.BACKGROUND).delete();
            submission.close();
        }
    }
}
