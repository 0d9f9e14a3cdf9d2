package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.ghee.ConfigurationException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PreflightTest {
    @Test
    void whatOneMayNotDoIsNamedByVerbAndResource() {
        Set<String> forbidden = Set.of("create pods", "update leases", "list nodes");
        try (MockApi api = new MockApi();
                Cluster cluster = api.cluster()) {
            api.answer("POST", "/selfsubjectaccessreviews", 100, request -> {
                SelfSubjectAccessReview asked =
                        Serialization.unmarshal(request.getUtf8Body(), SelfSubjectAccessReview.class);
                ResourceAttributes what = asked.getSpec().getResourceAttributes();
                return MockApi.json(
                        201,
                        new SelfSubjectAccessReviewBuilder(asked)
                                .withNewStatus()
                                .withAllowed(!forbidden.contains(what.getVerb() + " " + what.getResource()))
                                .endStatus()
                                .build());
            });
            assertThatThrownBy(() -> new Preflight(cluster, new Settings())
                            .check(Samples.pipeline("clicks", "read").plan(), List.of()))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("not allowed to create pods, update leases (expected: the Role ghee-driver)");
        }
    }
}
