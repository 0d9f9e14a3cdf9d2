package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ghee.ConfigurationException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PreflightTest {
    private final MockApi api = new MockApi();
    private final Cluster cluster = api.cluster();

    @AfterEach
    void close() {
        cluster.close();
        api.close();
    }

    private void forbid(String... forbidden) {
        api.answer("POST", "/selfsubjectaccessreviews", 100, request -> {
            SelfSubjectAccessReview asked =
                    Serialization.unmarshal(request.getUtf8Body(), SelfSubjectAccessReview.class);
            ResourceAttributes what = asked.getSpec().getResourceAttributes();
            return MockApi.json(
                    201,
                    new SelfSubjectAccessReviewBuilder(asked)
                            .withNewStatus()
                            .withAllowed(!List.of(forbidden).contains(what.getVerb() + " " + what.getResource()))
                            .endStatus()
                            .build());
        });
    }

    private void check() {
        new Preflight(cluster, new Settings())
                .check(Samples.pipeline("clicks", "read").plan(), List.of());
    }

    @Test
    void whatOneMayNotDoIsNamedByVerbAndResource() {
        forbid("create pods", "update leases", "list nodes");
        assertThatThrownBy(this::check)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not allowed to create pods, update leases (expected: the Role ghee-driver)");
    }

    @Test
    void whatNoNodeCanHoldIsRefusedUnlessNoneIsKnown() {
        forbid("list resourcequotas");
        assertThatCode(this::check).doesNotThrowAnyException();
        api.client()
                .resource(new NodeBuilder()
                        .withNewMetadata()
                        .withName("small")
                        .endMetadata()
                        .withNewStatus()
                        .addToAllocatable("cpu", new Quantity("64"))
                        .addToAllocatable("memory", new Quantity("256Gi"))
                        .endStatus()
                        .build())
                .create();
        assertThatThrownBy(this::check)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("stage train asks for")
                .hasMessageContaining("which no node can hold");
    }
}
