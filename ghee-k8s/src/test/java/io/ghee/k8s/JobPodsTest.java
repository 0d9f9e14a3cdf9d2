package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResource;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.WatchEvent;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.plan.Plan;
import io.ghee.run.JobDriver;
import io.ghee.run.RunningJob;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs whose pods do nothing, on an API server that does what a real one cannot be made to do. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class JobPodsTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String JOB = "clicks-1";
    private static final String PODS = "/namespaces/ml/pods";

    private final MockApi api = new MockApi();

    @AfterEach
    void close() {
        api.close();
    }

    private RunningJob launch() {
        return launch(Map.of());
    }

    private RunningJob launch(Map<String, String> hadoop) {
        return launch(hadoop, new Settings().placement);
    }

    private RunningJob launch(Map<String, String> hadoop, Duration placement) {
        Plan plan = Samples.pipeline("clicks", "read").plan();
        Settings settings = new Settings().with(all -> {
            all.driverHost = "127.0.0.1";
            all.placement = placement;
        });
        Cluster cluster = api.cluster();
        Manifests manifests = new Manifests(JOB, MockApi.NAMESPACE, plan, settings, hadoop);
        JobLease lease = JobLease.create(cluster, manifests.lease());
        JobDriver driver = JobDriver.open(JOB, plan);
        return RunningJob.start(driver, new JobPods(driver, cluster, settings, manifests, lease));
    }

    private List<String> pods() {
        return api.client().pods().inNamespace(MockApi.NAMESPACE).list().getItems().stream()
                .map(pod -> pod.getMetadata().getName())
                .toList();
    }

    private void awaitPods(String... names) {
        await(String.join(", ", names)).atMost(SOON).until(() -> pods().containsAll(List.of(names)));
    }

    @Test
    void podsThatMayNotBeCreatedFailTheJob() {
        api.refuse("POST", PODS, 1, 403, "pods is forbidden: User \"ann\" cannot create resource \"pods\"");
        RunningJob job = launch();
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("to create the pod of stage read, replica 0: clicks-1-read-0-0 is not allowed:"
                        + " pods is forbidden: User \"ann\" cannot create resource \"pods\"");
        assertThat(pods()).isEmpty();
    }

    @Test
    void aPodWhoseFirstAnswerWasLostIsTaken() throws InterruptedException {
        api.loseAnswer("POST", PODS);
        RunningJob job = launch();
        awaitPods("clicks-1-read-0-0", "clicks-1-read-1-0", "clicks-1-train-0-0");
        assertThat(api.asked("DELETE", PODS)).isEmpty();
        job.cancel();
    }

    @Test
    void aPodOfSomebodyElseIsLeftAlone() {
        api.client()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("clicks-1-read-1-0")
                        .withNamespace(MockApi.NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        RunningJob job = launch();
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the pod of stage read, replica 1: clicks-1-read-1-0 is there already,"
                        + " and not this job's");
        assertThat(pods()).containsExactly("clicks-1-read-1-0");
    }

    /** As Kubernetes' batch job starts a driver anew: its first one has deleted its lease. */
    @Test
    void whatADriverBeforeHasLeftIsRemoved() throws InterruptedException {
        Plan plan = Samples.pipeline("clicks", "read").plan();
        Manifests manifests = new Manifests(JOB, MockApi.NAMESPACE, plan, new Settings(), Map.of("a", "b"));
        OwnerReference before = new OwnerReferenceBuilder()
                .withUid("11111111-before")
                .withName(JOB)
                .build();
        Pod pod = manifests.pod(new Manifests.Belonging(before, "its keys", "tcp://gone:1", ""), plan.stage(0), 1, 2);
        for (HasMetadata left :
                List.of(manifests.service(before), manifests.configMap(before).orElseThrow(), pod)) {
            api.client().resource(left).create();
        }
        RunningJob job = launch(Map.of("a", "b"));
        awaitPods("clicks-1-read-0-0", "clicks-1-read-1-3", "clicks-1-train-0-0");
        assertThat(pods()).doesNotContain("clicks-1-read-1-2");
        String lease = api.client()
                .leases()
                .inNamespace(MockApi.NAMESPACE)
                .withName(JOB)
                .get()
                .getMetadata()
                .getUid();
        assertThat(List.of(
                        api.client()
                                .services()
                                .inNamespace(MockApi.NAMESPACE)
                                .withName(JOB)
                                .get(),
                        api.client()
                                .configMaps()
                                .inNamespace(MockApi.NAMESPACE)
                                .withName(JOB)
                                .get()))
                .allSatisfy(each -> assertThat(each.getMetadata().getOwnerReferences())
                        .extracting(OwnerReference::getUid)
                        .containsExactly(lease));
        assertThat(api.client().secrets().inNamespace(MockApi.NAMESPACE).list().getItems())
                .extracting(secret -> secret.getMetadata().getName())
                .containsExactly(Names.secret(JOB, lease, 0));
        job.cancel();
    }

    /** Says of a pod what a kubelet would. */
    private void report(String name, PodStatus status) {
        api.client()
                .pods()
                .inNamespace(MockApi.NAMESPACE)
                .withName(name)
                .edit(pod -> new PodBuilder(pod)
                        .editSpec()
                        .withNodeName("node-1")
                        .endSpec()
                        .withStatus(status)
                        .build());
    }

    private static PodStatus waiting(String reason, String message) {
        return new PodStatusBuilder()
                .withPhase("Pending")
                .addNewContainerStatus()
                .withName(PodTemplates.WORKER)
                .withNewState()
                .withNewWaiting(message, reason)
                .endState()
                .endContainerStatus()
                .build();
    }

    @Test
    void aSecretThatIsNotAtHandForAMomentEndsNothing() throws InterruptedException {
        RunningJob job = launch();
        String name = "clicks-1-read-0-0";
        awaitPods(name);
        report(name, waiting("CreateContainerConfigError", "failed to sync secret cache: timed out"));
        report(name, new PodStatusBuilder().withPhase("Running").build());
        report(
                name,
                new PodStatusBuilder().withPhase("Failed").withReason("Evicted").build());
        awaitPods("clicks-1-read-0-1");
        assertThat(job.progress().restarts()).singleElement().asString().contains("was evicted by its node");
        job.cancel();
    }

    @Test
    void whatAQueueHoldsBackHasAsLongAsTheJobMayWaitForRoom() {
        api.admit(pod -> pod.getMetadata().getName().equals("clicks-1-read-0-0")
                ? new PodBuilder(pod)
                        .editStatus()
                        .addNewCondition()
                        .withType("PodScheduled")
                        .withStatus("False")
                        .withReason("SchedulingGated")
                        .withMessage("Scheduling is blocked due to non-empty scheduling gates")
                        .endCondition()
                        .endStatus()
                        .build()
                : pod);
        RunningJob job = launch(Map.of(), Duration.ofSeconds(1));
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("stage read, replica 0")
                .hasMessageContaining("is not placed yet: SchedulingGated Scheduling is blocked");
    }

    @Test
    void aPodThatItsNodeSendsAwayCostsNoRestart() throws InterruptedException {
        RunningJob job = launch();
        awaitPods("clicks-1-read-0-0");
        report(
                "clicks-1-read-0-0",
                new PodStatusBuilder()
                        .withPhase("Failed")
                        .withReason("UnexpectedAdmissionError")
                        .withMessage("Allocate failed due to no healthy devices present")
                        .build());
        awaitPods("clicks-1-read-0-1");
        assertThat(job.progress().restarts()).isEmpty();
        job.cancel();
    }

    /** The first watch of pods is the test's: it tells what the test has it tell. */
    private CompletableFuture<WebSocket> takeWatch() {
        CompletableFuture<WebSocket> watch = new CompletableFuture<>();
        api.answer(
                "GET",
                "watch=true",
                1,
                request -> new MockResponse().withWebSocketUpgrade(new WebSocketListener() {
                    @Override
                    public void onOpen(WebSocket socket, Response response) {
                        watch.complete(socket);
                    }
                }));
        return watch;
    }

    private static void tell(CompletableFuture<WebSocket> watch, KubernetesResource what, String type)
            throws Exception {
        watch.get(SOON.toSeconds(), TimeUnit.SECONDS).send(Serialization.asJson(new WatchEvent(what, type)));
    }

    @Test
    void nothingIsLostWithAWatchThatHasExpired() throws Exception {
        CompletableFuture<WebSocket> watch = takeWatch();
        RunningJob job = launch();
        awaitPods("clicks-1-read-0-0", "clicks-1-read-1-0", "clicks-1-train-0-0");
        Pod reader = reader().get();
        tell(watch, reader, "ADDED");
        reader().delete();
        Status expired = new StatusBuilder().withCode(410).withReason("Expired").build();
        tell(watch, expired, "ERROR");
        awaitPods("clicks-1-read-0-1");
        job.cancel();
    }

    @Test
    void aPodThatCameAndWentUnwatchedIsReplaced() throws Exception {
        CompletableFuture<WebSocket> watch = takeWatch();
        RunningJob job = launch();
        awaitPods("clicks-1-read-0-0", "clicks-1-read-1-0", "clicks-1-train-0-0");
        reader().delete();
        awaitPods("clicks-1-read-0-1");
        assertThat(watch.isDone()).isTrue();
        job.cancel();
    }

    private PodResource reader() {
        return api.client().pods().inNamespace(MockApi.NAMESPACE).withName("clicks-1-read-0-0");
    }

    @Test
    void aJobWhoseLeaseIsDeletedIsCancelled() {
        RunningJob job = launch();
        awaitPods("clicks-1-train-0-0");
        api.client().leases().inNamespace(MockApi.NAMESPACE).withName(JOB).delete();
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOfSatisfying(
                        GheeException.class, e -> assertThat(e.kind()).isEqualTo(GheeException.Kind.CANCELLED))
                .hasMessage("job clicks-1 was stopped: its lease is deleted");
        assertThat(pods()).isEmpty();
    }

    @Test
    void whatAnotherDriverHasTakenOverIsLeftToIt() {
        RunningJob job = launch();
        awaitPods("clicks-1-train-0-0");
        api.client()
                .leases()
                .inNamespace(MockApi.NAMESPACE)
                .withName(JOB)
                .edit(lease -> new LeaseBuilder(lease)
                        .editSpec()
                        .withHolderIdentity("another")
                        .endSpec()
                        .build());
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("is another driver's by now; this one commits nothing any more");
        assertThat(pods()).contains("clicks-1-train-0-0");
        assertThat(api.client()
                        .leases()
                        .inNamespace(MockApi.NAMESPACE)
                        .withName(JOB)
                        .get())
                .isNotNull();
    }
}
