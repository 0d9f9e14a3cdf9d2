package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.time.ZonedDateTime;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class JobLeaseTest {
    private static final String LEASES = "/namespaces/ml/leases";
    private static final int LONG = 3600;

    private final MockApi api = new MockApi();
    private final Cluster cluster = api.cluster();

    @AfterEach
    void close() {
        cluster.close();
        api.close();
    }

    private static Lease manifest(int seconds) {
        return new LeaseBuilder()
                .withNewMetadata()
                .withName("clicks")
                .withNamespace(MockApi.NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withLeaseDurationSeconds(seconds)
                .endSpec()
                .build();
    }

    private Lease onServer() {
        return api.client().leases().inNamespace("ml").withName("clicks").get();
    }

    private void isAnothers(JobLease lease) {
        assertThatThrownBy(lease::check)
                .isInstanceOf(InfrastructureException.class)
                .hasMessage("job clicks is another driver's by now; this one commits nothing any more");
    }

    @Test
    void thereIsOneJobOfAName() {
        JobLease.create(cluster, manifest(LONG));
        assertThatThrownBy(() -> JobLease.create(cluster, manifest(LONG)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("job clicks: there is one of that name in namespace ml (expected: a name of its own)");
    }

    @Test
    void itsOwnIsKnownWhereTheFirstAnswerWasLost() {
        api.loseAnswer("POST", LEASES);
        JobLease lease = JobLease.create(cluster, manifest(LONG));
        assertThat(api.asked("POST", LEASES)).hasSize(2);
        lease.check();
    }

    @Test
    void aJobWhoseLeaseIsDeletedIsCancelled() {
        JobLease lease = JobLease.create(cluster, manifest(LONG));
        api.client().resource(onServer()).delete();
        assertThatThrownBy(lease::renew)
                .isInstanceOfSatisfying(
                        GheeException.class, e -> assertThat(e.kind()).isEqualTo(GheeException.Kind.CANCELLED))
                .hasMessage("job clicks was stopped: its lease is deleted");
    }

    @Test
    void aServerThatDoesNotRenewItIsPutUpWith() {
        JobLease lease = JobLease.create(cluster, manifest(LONG));
        String version = onServer().getMetadata().getResourceVersion();
        api.refuse("PUT", LEASES, 4, 500, "etcd is away");
        lease.renew();
        assertThat(onServer().getMetadata().getResourceVersion()).isEqualTo(version);
        lease.renew();
        assertThat(onServer().getMetadata().getResourceVersion()).isNotEqualTo(version);
    }

    @Test
    void whoStoppedRenewingIsRelievedAndCommitsNothingAndDeletesNothing() throws InterruptedException {
        JobLease before = JobLease.create(cluster, manifest(1));
        JobLease now = JobLease.takeOver(cluster, manifest(1));
        assertThat(now.transitions()).isEqualTo(1);
        isAnothers(before);
        assertThatThrownBy(before::renew).isInstanceOf(InfrastructureException.class);
        assertThat(before.delete()).isFalse();
        now.check();
        now.renew();
        assertThat(now.delete()).isTrue();
        assertThat(onServer()).isNull();
        assertThat(api.asked("DELETE", LEASES)).singleElement().asString().contains("\"resourceVersion\"");
    }

    @Test
    void aRenewalThatCrossesATakeoverChangesNothing() throws InterruptedException {
        JobLease before = JobLease.create(cluster, manifest(1));
        Lease old = onServer();
        JobLease now = JobLease.takeOver(cluster, manifest(1));
        // It looks, sees itself, and writes too late.
        api.answer("GET", LEASES, 1, request -> MockApi.json(200, old));
        before.renew();
        now.check();
        isAnothers(before);
    }

    @Test
    void whoGoesOnRenewingIsNotRelieved() {
        JobLease holder = JobLease.create(cluster, manifest(1));
        ZonedDateTime created = onServer().getSpec().getRenewTime();
        holder.renew();
        Lease renewed = onServer();
        assertThat(renewed.getSpec().getRenewTime()).isNotEqualTo(created);
        // Whenever one looks, it has been renewed again: a thread that does it might be held up for longer than it
        // lasts.
        AtomicInteger renewals = new AtomicInteger();
        api.answer(
                "GET",
                LEASES,
                Integer.MAX_VALUE,
                request -> MockApi.json(
                        200,
                        new LeaseBuilder(renewed)
                                .editSpec()
                                .withRenewTime(created.plusSeconds(renewals.incrementAndGet()))
                                .endSpec()
                                .build()));
        assertThatThrownBy(() -> JobLease.takeOver(cluster, manifest(1)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("job clicks has a driver, ")
                .hasMessageEndingWith("that still renews its lease after 4 s; this one does not take it over");
        assertThat(renewals).hasPositiveValue();
        assertThat(api.asked("PUT", LEASES)).as("the renewal alone").hasSize(1);
    }

    @Test
    void whosePodHasEndedIsRelievedAtOnce() throws InterruptedException {
        Pod ended = new PodBuilder()
                .withNewMetadata()
                .withName("clicks-driver")
                .withNamespace(MockApi.NAMESPACE)
                .endMetadata()
                .withNewStatus()
                .withPhase("Failed")
                .endStatus()
                .build();
        api.client().resource(ended).create();
        api.client()
                .resource(new LeaseBuilder(manifest(LONG))
                        .editSpec()
                        .withHolderIdentity("clicks-driver_1")
                        .endSpec()
                        .build())
                .create();
        JobLease.takeOver(cluster, manifest(LONG)).check();
    }

    @Test
    void aTakeoverWhoseAnswerWasLostHasBeenOne() throws InterruptedException {
        JobLease before = JobLease.create(cluster, manifest(1));
        api.loseAnswer("PUT", LEASES);
        assertThat(JobLease.takeOver(cluster, manifest(1)).transitions()).isEqualTo(1);
        isAnothers(before);
    }

    @Test
    void aServerThatIsAwayForAWhileDelaysATakeover() throws InterruptedException {
        JobLease.create(cluster, manifest(1));
        api.refuse("PUT", LEASES, 6, 503, "the server is starting");
        JobLease.takeOver(cluster, manifest(1)).check();
    }

    @Test
    void whoMayNotTakeItOverIsTold() throws InterruptedException {
        JobLease.create(cluster, manifest(1));
        api.refuse("PUT", LEASES, 1, 403, "leases \"clicks\" is forbidden");
        assertThatThrownBy(() -> JobLease.takeOver(cluster, manifest(1)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("to take over lease clicks is not allowed: leases \"clicks\" is forbidden");
    }

    @Test
    void whereThereIsNoneItIsCreatedUnlessAnotherDriverIsFaster() throws InterruptedException {
        JobLease other = JobLease.create(cluster, manifest(1));
        // As it was before that.
        api.refuse("GET", LEASES, 1, 404, "leases \"clicks\" not found");
        assertThat(JobLease.takeOver(cluster, manifest(1)).transitions()).isEqualTo(1);
        isAnothers(other);
        assertThat(api.asked("POST", LEASES)).hasSize(2);
    }
}
