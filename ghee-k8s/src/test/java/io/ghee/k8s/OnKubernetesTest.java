package io.ghee.k8s;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ghee.DataSize;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.io.file.Text;
import io.ghee.testing.OutputComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * Jobs on a real cluster, with the rights of the chart and no more; see {@link TestNamespace}. Skipped without one.
 *
 * <p>{@code -Dghee.cluster.faults=100} strikes a hundred jobs instead of 3, {@code -Dghee.cluster.faults.seed=42} begins with
 * that seed.
 */
@EnabledIfEnvironmentVariable(named = "KUBECONFIG", matches = ".+", disabledReason = "no cluster is given")
@EnabledIfEnvironmentVariable(named = "GHEE_TEST_IMAGE", matches = ".+", disabledReason = "no image is given")
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class OnKubernetesTest {
    private static final int JOBS = Integer.getInteger("ghee.cluster.faults", 3);
    private static final long FIRST_SEED = Long.getLong("ghee.cluster.faults.seed", 1);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration LONGEST = Duration.ofSeconds(240);

    private static TestNamespace namespace;
    private static Path numbers;

    @BeforeEach
    void driver() throws IOException {
        namespace.actAs(TestNamespace.DRIVER);
    }

    @BeforeAll
    static void open() throws IOException {
        namespace = new TestNamespace();
        numbers = namespace.shared().resolve("numbers");
        Numbers.write(numbers);
    }

    @AfterEach
    void nothingIsLeft() {
        namespace.awaitNothingLeft("after the test");
    }

    @AfterAll
    static void close() throws IOException {
        namespace.close();
    }

    private static Pipeline pipeline(Path output) {
        return Numbers.pipeline(numbers, output);
    }

    private static void checkOutput(Path output) {
        OutputComparison.of(Numbers.expected(), OutputComparison.lines(output)).check();
    }

    @TestFactory
    Stream<DynamicTest> everyRecordOnceWhateverBefallsThePods() {
        return IntStream.range(0, JOBS).mapToObj(k -> {
            long seed = FIRST_SEED + k;
            return DynamicTest.dynamicTest("seed " + seed, () -> disturb(seed));
        });
    }

    private void disturb(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        // All kinds in turn, so that a few seeds have them all.
        List<PodFault> faults = IntStream.range(0, 1 + random.nextInt(3))
                .mapToObj(k -> PodFault.values()[Math.floorMod(5 * seed + k, PodFault.values().length)])
                .toList();
        Path output = namespace.shared().resolve("out-" + seed);
        long began = System.nanoTime();
        boolean driven = faults.contains(PodFault.DRIVER_KILLED);
        try (DisturbedJob job = driven
                ? DisturbedJob.submit(namespace, numbers, output, Numbers.Fate.NONE)
                : DisturbedJob.launch(namespace, pipeline(output))) {
            List<String> struck = new ArrayList<>();
            boolean writer = driven;
            long at = 0;
            for (PodFault fault : faults) {
                at += random.nextInt(Numbers.ROWS / 4);
                long moment = at;
                await("seed " + seed + ", record " + moment)
                        .atMost(LONGEST)
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> job.read() >= moment || job.hasEnded());
                List<Pod> running = (fault == PodFault.DRIVER_KILLED ? namespace.drivers() : namespace.pods())
                        .stream()
                                .filter(pod -> "Running".equals(pod.getStatus().getPhase()))
                                .toList();
                if (job.hasEnded()) {
                    break;
                } else if (running.isEmpty()) {
                    continue;
                }
                Pod victim = running.get(random.nextInt(running.size()));
                struck.add(fault + " " + victim.getMetadata().getName() + " at " + moment);
                writer |= fault == PodFault.DRAINED
                        || "write".equals(victim.getMetadata().getLabels().get(Manifests.STAGE))
                                && fault != PodFault.SERVER_STOPPED;
                try {
                    fault.strike(namespace.admin(), victim);
                } catch (KubernetesClientException e) {
                    if (!PodFault.isGone(e)) {
                        throw e;
                    }
                }
            }
            List<String> restarts = job.await(LONGEST);
            System.out.printf(
                    "seed %d: %s, %d restarts, %d ms%n",
                    seed, struck, restarts.size(), (System.nanoTime() - began) / 1_000_000);
            restarts.forEach(each -> System.out.println("  " + each));
            checkOutput(output);
            if (!writer) {
                assertThat(restarts).as("seed %s", seed).noneMatch(each -> each.contains("stage write"));
            }
        }
        namespace.awaitNothingLeft("seed " + seed);
    }

    @Test
    void aPodThatCannotBePlacedIsNamedWithTheReason() throws Exception {
        Pipeline big = pipeline(namespace.shared().resolve("unplaced"))
                .withResources("write", resources -> resources.memory(DataSize.parse("900Gi")));
        Job job = namespace.launcher().placement(Duration.ofSeconds(3)).launch(big);
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("stage write, replica 0")
                .hasMessageContaining("Insufficient memory");
    }

    @Test
    void anImageThatIsMissingIsNamed() throws Exception {
        Job job = namespace
                .launcher()
                .image("localhost/none-of-that-name:1")
                .launch(pipeline(namespace.shared().resolve("no-image")));
        List<String> said = new ArrayList<>();
        await().atMost(SOON).pollInterval(Duration.ofMillis(200)).until(() -> {
            namespace.actAs(TestNamespace.USER);
            try (Jobs jobs = Kubernetes.namespace(namespace.name()).jobs()) {
                jobs.status(job.name()).workers().forEach(worker -> said.add(worker.trouble()));
            }
            return said.stream().anyMatch(line -> line.contains("has no image localhost/none-of-that-name:1"));
        });
        job.cancel();
    }

    @Test
    void aStageWithTooLittleMemoryEndsTheJobWithItsLimit() throws Exception {
        Pipeline small = Pipeline.named("hungry")
                .readFrom(Text.lines(numbers.toString(), Integer::parseInt).splitSize(new DataSize(65_536)))
                .stage("eat", replicas(1).cpus(0.1).memory("256Mi"))
                .map(OnKubernetesTest::hoard)
                .writeTo(Text.to(namespace.shared().resolve("hungry").toString()))
                .withRestarts(1);
        Job job = namespace.launcher().launch(small);
        assertThatThrownBy(() -> job.await(Duration.ofSeconds(90)))
                .isInstanceOf(GheeException.class)
                .hasMessageContaining("stage eat, replica 0")
                .hasMessageContaining("memory");
    }

    private static final List<byte[]> HOARD = new ArrayList<>();

    private static int hoard(int n) {
        HOARD.add(new byte[1 << 20]);
        return n;
    }

    @Test
    void twoJobsThatEachNeedAllGpusRunOneAfterTheOther() throws Exception {
        List<Job> jobs = new ArrayList<>();
        for (int k = 0; k < 2; k++) {
            Pipeline both = pipeline(namespace.shared().resolve("gpus-" + k))
                    .withResources(
                            "write", resources -> resources.withReplicas(2).gpus(1));
            jobs.add(namespace.launcher().placement(Duration.ofMinutes(3)).launch(both));
        }
        for (int k = 0; k < 2; k++) {
            jobs.get(k).await(LONGEST);
            checkOutput(namespace.shared().resolve("gpus-" + k));
        }
    }

    /** The next one makes a lease of its own: it must not take what is left of the first one's for its own. */
    @Test
    void aDriverThatHasFailedIsFollowedByAnotherOne() throws Exception {
        Path output = namespace.shared().resolve("driver-failed");
        try (DisturbedJob job = DisturbedJob.submit(namespace, numbers, output, Numbers.Fate.FAILED)) {
            job.await(LONGEST);
        }
        checkOutput(output);
    }

    @Test
    void aJobWhoseDriverIsLostAfterTheCommitEndsWell() throws Exception {
        Path output = namespace.shared().resolve("driver-lost");
        try (DisturbedJob job = DisturbedJob.submit(namespace, numbers, output, Numbers.Fate.LOST_AFTER_COMMIT)) {
            job.await(LONGEST);
        }
        checkOutput(output);
    }

    @Test
    void aJobThatIsStoppedIsGone() throws Exception {
        Path output = namespace.shared().resolve("stopped");
        Job job = namespace.launcher().launch(pipeline(output));
        await().atMost(LONGEST).until(() -> Numbers.read(job) > 1000);
        namespace.actAs(TestNamespace.USER);
        try (Jobs jobs = Kubernetes.namespace(namespace.name()).jobs()) {
            assertThat(jobs.list()).singleElement().satisfies(status -> {
                assertThat(status.name()).isEqualTo(job.name());
                assertThat(status.state()).isEqualTo(JobStatus.State.RUNNING);
                assertThat(status.workers()).hasSize(3);
            });
            jobs.stop(job.name(), Duration.ofSeconds(60));
        }
        assertThatThrownBy(() -> job.await(SOON)).hasMessageContaining("was stopped: its lease is deleted");
        assertThat(output).doesNotExist();
    }
}
