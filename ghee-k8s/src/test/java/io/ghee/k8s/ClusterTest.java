package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is made of an API server that refuses, is busy, or says nothing. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterTest {
    private static final String SERVICES = "/api/v1/namespaces/ml/services";
    private static final Service SERVICE = new ServiceBuilder()
            .withNewMetadata()
            .withName("clicks")
            .withNamespace(MockApi.NAMESPACE)
            .addToLabels(Manifests.JOB, "clicks")
            .addNewOwnerReference()
            .withUid("now")
            .endOwnerReference()
            .endMetadata()
            .build();

    private final MockApi api = new MockApi();
    private final Cluster cluster = api.cluster();

    @AfterEach
    void close() {
        cluster.close();
        api.close();
    }

    @Test
    void whatIsForbiddenIsNamed() {
        api.refuse("POST", SERVICES, 1, 403, "services is forbidden: User \"ann\" cannot create resource \"services\"");
        assertThatThrownBy(() -> cluster.create("service", SERVICE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("namespace ml of http://localhost:")
                .hasMessageContaining("to create service clicks is not allowed: services is forbidden: User \"ann\""
                        + " cannot create resource \"services\"");
    }

    @Test
    void aTokenThatHasExpiredIsToldApart() {
        api.refuse("GET", "/pods", 9, 401, "Unauthorized");
        assertThatThrownBy(
                        () -> cluster.ask("to list pods", () -> cluster.pods().list()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("who asks is not known: Unauthorized"
                        + " (expected: a token or certificate that has not expired)");
    }

    @Test
    void aNamespaceThatIsNotThereIsNamed() {
        api.refuse("POST", SERVICES, 1, 404, "namespaces \"ml\" not found");
        assertThatThrownBy(() -> cluster.create("service", SERVICE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("to create service clicks: namespaces \"ml\" not found");
    }

    @Test
    void whatIsThereAlreadyIsTheAnswerToALostRequest() {
        api.loseAnswer("POST", SERVICES);
        cluster.create("service", SERVICE);
        assertThat(api.asked("POST", SERVICES)).hasSize(2);
        assertThat(api.client().services().inNamespace("ml").withName("clicks").get())
                .isNotNull();
    }

    @Test
    void theJobsOwnIsTaken() {
        api.loseAnswer("POST", SERVICES);
        cluster.createOwned("service", SERVICE);
        assertThat(api.asked("POST", SERVICES)).hasSize(2);
        assertThat(api.asked("DELETE", SERVICES)).isEmpty();
    }

    @Test
    void whatAnEarlierLeaseOfTheJobHasLeftIsReplaced() {
        api.client().resource(before().build()).create();
        cluster.createOwned("service", SERVICE);
        assertThat(api.asked("DELETE", SERVICES)).hasSize(1);
        assertThat(api.client()
                        .services()
                        .inNamespace("ml")
                        .withName("clicks")
                        .get()
                        .getMetadata()
                        .getOwnerReferences())
                .extracting(OwnerReference::getUid)
                .containsExactly("now");
    }

    @Test
    void whatIsNotTheJobsIsLeftAlone() {
        api.client()
                .resource(before().editMetadata()
                        .withLabels(Map.of())
                        .endMetadata()
                        .build())
                .create();
        assertThatThrownBy(() -> cluster.createOwned("service", SERVICE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("namespace ml of http://localhost:")
                .hasMessageEndingWith(
                        "service clicks is there already, and not this job's (expected: none of that name)");
        assertThat(api.asked("DELETE", SERVICES)).isEmpty();
    }

    private static ServiceBuilder before() {
        return new ServiceBuilder(SERVICE)
                .editMetadata()
                .editFirstOwnerReference()
                .withUid("before")
                .endOwnerReference()
                .endMetadata();
    }

    @Test
    void aQuotaThatIsChangedAtTheSameTimeIsNotTakenForTheObject() {
        api.answer(
                "POST",
                SERVICES,
                1,
                request -> MockApi.json(
                        409,
                        new StatusBuilder()
                                .withStatus("Failure")
                                .withCode(409)
                                .withReason("Conflict")
                                .withMessage("Operation cannot be fulfilled on resourcequotas \"team\"")
                                .build()));
        cluster.patient().createOwned("service", SERVICE);
        assertThat(api.asked("POST", SERVICES)).hasSize(2);
    }

    @Test
    void aQuotaThatIsFullMayHaveRoomAgain() {
        String full = "services \"clicks\" is forbidden: exceeded quota: team, requested: services=1";
        api.refuse("POST", SERVICES, 2, 403, full);
        assertThatThrownBy(() -> cluster.create("service", SERVICE))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageEndingWith("to create service clicks: no room: " + full);
        cluster.patient().create("service", SERVICE);
        assertThat(api.asked("POST", SERVICES)).hasSize(3);
    }

    @Test
    void inTheMidstOfAJobAServerMayBeAwayForLonger() {
        api.refuse("POST", SERVICES, 6, 503, "the server is starting");
        cluster.patient().create("service", SERVICE);
        assertThat(api.asked("POST", SERVICES)).hasSize(7);
    }

    @Test
    void aServerThatIsBusyForAWhileIsAskedAgain() {
        api.refuse("POST", SERVICES, 2, 429, "too many requests");
        api.refuse("POST", SERVICES, 1, 500, "etcd is away");
        cluster.create("service", SERVICE);
        assertThat(api.asked("POST", SERVICES)).hasSize(4);
    }

    @Test
    void aServerThatStaysBusyIsGivenUp() {
        api.refuse("POST", SERVICES, 100, 500, "etcd is away");
        assertThatThrownBy(() -> cluster.create("service", SERVICE))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("to create service clicks failed: 500 etcd is away");
        assertThat(api.asked("POST", SERVICES)).hasSize(4);
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                Cluster asked = Cluster.of(MockApi.config(silent.getLocalPort()), "ml", Duration.ofMillis(300))) {
            assertThatThrownBy(
                            () -> asked.ask("to list pods", () -> asked.pods().list()))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("namespace ml of http://localhost:" + silent.getLocalPort())
                    .hasMessageContaining("to list pods: no answer: ");
        }
    }
}
