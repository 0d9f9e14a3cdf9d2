package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.ghee.ConfigurationException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Of a job of two readers with half a CPU each, and a trainer with a GPU, 2 CPUs and 1 GiB. */
class QuotasTest {
    private static final List<Pod> PODS = new Manifests(
                    "clicks-1", "ml", Samples.pipeline("clicks", "read").plan(), new Settings(), Map.of())
            .pods(new Manifests.Belonging(new OwnerReference(), "keys", "tcp://driver:0", ""));

    private static ResourceQuota quota(String resource, String hard, String used) {
        return new ResourceQuotaBuilder()
                .withNewMetadata()
                .withName("team")
                .withNamespace("ml")
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .withNewStatus()
                .addToHard(resource, new Quantity(hard))
                .addToUsed(resource, new Quantity(used))
                .endStatus()
                .build();
    }

    private static void isRefused(ResourceQuota quota, String message) {
        assertThatThrownBy(() -> Quotas.check(List.of(quota), PODS))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("quota team of namespace ml: the job asks for " + message + " are left (expected: less)");
    }

    private static void isTaken(ResourceQuota quota) {
        assertThatCode(() -> Quotas.check(List.of(quota), PODS)).doesNotThrowAnyException();
    }

    @Test
    void whatIsLeftMayBeTakenToTheLast() {
        isTaken(quota("requests.cpu", "4", "1"));
        isTaken(quota("limits.memory", "2Gi", "1Gi"));
        isTaken(quota("requests.nvidia.com/gpu", "8", "7"));
        isTaken(quota("pods", "3", "0"));
    }

    @Test
    void moreIsRefused() {
        isRefused(quota("requests.cpu", "4", "1500m"), "3.000 requests.cpu, 2.500 of 4");
        isRefused(quota("cpu", "2", "0"), "3.000 cpu, 2 of 2");
        isRefused(quota("limits.memory", "2Gi", "1025Mi"), "1073741824 limits.memory, 1072693248 of 2Gi");
        isRefused(quota("requests.nvidia.com/gpu", "8", "8"), "1 requests.nvidia.com/gpu, 0 of 8");
        isRefused(quota("count/pods", "10", "8"), "3 count/pods, 2 of 10");
    }

    private static Container container(String name, String request, String limit) {
        ResourceRequirementsBuilder resources = new ResourceRequirementsBuilder();
        if (request != null) {
            resources.addToRequests("cpu", new Quantity(request));
        }
        if (limit != null) {
            resources.addToLimits("cpu", new Quantity(limit));
        }
        return new ContainerBuilder()
                .withName(name)
                .withResources(resources.build())
                .build();
    }

    /** The server counts 4 + 1: an init container is over when the worker begins, and so are those before it. */
    @Test
    void whatIsBesideTheWorkerInItsPodCounts() {
        Pod pod = new PodBuilder()
                .withNewSpec()
                .withInitContainers(
                        container("fetch", "3", null),
                        new ContainerBuilder(container("proxy", "1", "2"))
                                .withRestartPolicy("Always")
                                .build(),
                        container("warm", "4", null))
                .withContainers(container("worker", "2", null), container("logs", null, "500m"))
                .endSpec()
                .build();
        assertThatCode(() -> Quotas.check(
                        List.of(quota("requests.cpu", "5", "0"), quota("limits.cpu", "2500m", "0")), List.of(pod)))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> Quotas.check(List.of(quota("requests.cpu", "4900m", "0")), List.of(pod)))
                .hasMessageContaining("the job asks for 5 requests.cpu");
        assertThatThrownBy(() -> Quotas.check(List.of(quota("limits.cpu", "2", "0")), List.of(pod)))
                .hasMessageContaining("the job asks for 2.500 limits.cpu");
        Pod light =
                new PodBuilder(pod).editSpec().withInitContainers().endSpec().build();
        assertThatThrownBy(() -> Quotas.check(List.of(quota("requests.cpu", "2", "0")), List.of(light)))
                .hasMessageContaining("the job asks for 2.500 requests.cpu");
    }

    @Test
    void aQuotaThatIsOverrunByOthersDoesNotMatterWhereNothingIsAsked() {
        isTaken(quota("services.loadbalancers", "1", "2"));
    }

    @Test
    void aQuotaForSomePodsIsLeftToTheServer() {
        ResourceQuota all = quota("pods", "0", "0");
        isRefused(all, "3 pods, 0 of 0");
        isTaken(new ResourceQuotaBuilder(all)
                .editSpec()
                .withScopes("BestEffort")
                .endSpec()
                .build());
        isTaken(new ResourceQuotaBuilder(all).withStatus(null).build());
    }
}
