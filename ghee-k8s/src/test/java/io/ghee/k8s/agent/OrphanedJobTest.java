package io.ghee.k8s.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ghee.k8s.MockApi;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
class OrphanedJobTest {
    private static final String LEASES = "/namespaces/ml/leases/clicks";

    private final MockApi api = new MockApi();
    private final OrphanedJob job = new OrphanedJob(api.client(), MockApi.NAMESPACE, "clicks");

    @AfterEach
    void close() {
        api.close();
    }

    private void create(int seconds) {
        api.client()
                .resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName("clicks")
                        .withNamespace(MockApi.NAMESPACE)
                        .endMetadata()
                        .withNewSpec()
                        .withLeaseDurationSeconds(seconds)
                        .endSpec()
                        .build())
                .create();
    }

    private Lease onServer() {
        return api.client()
                .leases()
                .inNamespace(MockApi.NAMESPACE)
                .withName("clicks")
                .get();
    }

    private void renew() {
        api.client()
                .resource(new LeaseBuilder(onServer())
                        .editSpec()
                        .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                        .endSpec()
                        .build())
                .update();
    }

    @Test
    void aJobThatADriverStillRenewsIsNotEnded() throws InterruptedException {
        create(60);
        ScheduledExecutorService driver = Executors.newSingleThreadScheduledExecutor();
        ScheduledFuture<?> renewing = driver.scheduleWithFixedDelay(this::renew, 0, 100, TimeUnit.MILLISECONDS);
        try {
            assertThat(job.end()).isFalse();
            assertThat(renewing.isDone()).isFalse();
        } finally {
            driver.shutdownNow();
        }
        assertThat(onServer()).isNotNull();
    }

    @Test
    void aJobThatNobodyRenewsIsEnded() throws InterruptedException {
        create(1);
        assertThat(job.end()).isTrue();
        assertThat(onServer()).isNull();
    }

    @Test
    void aLeaseThatChangesAsItIsDeletedIsLookedAtAgain() throws InterruptedException {
        create(1);
        String version = onServer().getMetadata().getResourceVersion();
        api.refuse("DELETE", LEASES, 1, 409, "the object has been modified");
        assertThat(job.end()).isTrue();
        assertThat(api.asked("DELETE", LEASES))
                .hasSize(2)
                .allMatch(options -> options.contains("\"resourceVersion\":\"" + version + "\""));
    }

    @Test
    void aJobThatIsGoneAlreadyIsEnded() throws InterruptedException {
        assertThat(job.end()).isTrue();
    }

    @Test
    void whoMayNotEndItIsTold() {
        create(1);
        api.refuse("DELETE", LEASES, 1, 403, "leases \"clicks\" is forbidden");
        assertThatThrownBy(job::end)
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("leases \"clicks\" is forbidden");
    }
}
