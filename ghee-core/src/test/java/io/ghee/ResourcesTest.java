package io.ghee;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ResourcesTest {
    @Test
    void byDefaultAReplicaHasOneCpuAndNothingElse() {
        Resources resources = replicas(3);

        assertThat(resources.replicas()).isEqualTo(3);
        assertThat(resources.cpus()).isEqualTo(1);
        assertThat(resources.gpus()).isZero();
        assertThat(resources.memory()).isEmpty();
        assertThat(resources.image()).isEmpty();
        assertThat(resources).hasToString("3 replicas, 1 cpu");
    }

    @Test
    void everyChangeKeepsTheRest() {
        Resources resources =
                replicas(1).image("ghee/agent").gpus(2).memory("32Gi").cpus(0.5).withReplicas(4);

        assertThat(resources).hasToString("4 replicas, 0.5 cpus, 32 GiB, 2 gpus, ghee/agent");
        assertThat(resources.memory()).contains(DataSize.parse("32Gi"));
        assertThat(resources.image()).contains("ghee/agent");
    }

    @Test
    void aChangeLeavesTheOriginalAlone() {
        Resources one = replicas(1);

        assertThat(one.gpus(1)).hasToString("1 replica, 1 cpu, 1 gpu");
        assertThat(one).hasToString("1 replica, 1 cpu");
    }

    @Test
    void valuesThatCannotBeAreRefusedWithWhatWasExpected() {
        assertRefused(() -> replicas(0), "replicas: 0 (expected: >= 1)");
        assertRefused(() -> replicas(1).withReplicas(-2), "replicas: -2 (expected: >= 1)");
        assertRefused(() -> replicas(1).cpus(0), "cpus: 0.0 (expected: > 0 and <= 4096)");
        assertRefused(() -> replicas(1).cpus(Double.NaN), "cpus: NaN (expected: > 0 and <= 4096)");
        assertRefused(() -> replicas(1).cpus(5000), "cpus: 5000.0 (expected: > 0 and <= 4096)");
        assertRefused(() -> replicas(1).gpus(-1), "gpus: -1 (expected: >= 0)");
        assertRefused(() -> replicas(1).memory("1Mi"), "memory: 1 MiB (expected: >= 64 MiB)");
        assertRefused(() -> replicas(1).image(" "), "image: \" \" (expected: an image reference)");
        assertRefused(
                () -> replicas(1).memory("lots"),
                "size: \"lots\" (expected: a whole number with k, M, G, T, Ki, Mi, Gi, Ti or no unit)");
    }

    private static void assertRefused(Supplier<Resources> resources, String message) {
        assertThatThrownBy(resources::get)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }
}
