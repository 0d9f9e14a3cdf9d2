package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.plan.Plan;
import io.ghee.testing.Numbers;
import io.ghee.testing.Written;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlanBytesTest {
    private static Plan plan() {
        int factor = 3;
        return Pipeline.named("plan")
                .readFrom(new Numbers(10, 1).epochs(2))
                .stage("read", replicas(2).memory("1Gi"))
                .map(number -> number * factor)
                .filter(number -> number > 0)
                .batch(4, Duration.ofMillis(5))
                .stage("write", replicas(1))
                .writeTo(new Written<Integer>("somewhere"))
                .plan();
    }

    @Test
    void aPlanComesBack() {
        Plan plan = PlanBytes.of(plan()).plan();

        assertThat(plan.source()).isEqualTo(plan().source());
        assertThat(plan.sink()).isEqualTo(plan().sink());
        assertThat(plan.stages())
                .extracting(stage -> stage.resources().toString())
                .containsExactly("2 replicas, 1 cpu, 1 GiB", "1 replica, 1 cpu");
        assertThat(plan.stage(0).steps()).hasSize(3);
        assertThat(plan.stage(1).input()).isEqualTo(plan().stage(1).input());
    }

    @Test
    void aClassThatTheDriverDidNotWriteIsRefused() {
        PlanBytes whole = PlanBytes.of(plan());
        Set<String> fewer = new TreeSet<>(whole.classes());
        assertThat(fewer.remove(Numbers.class.getName())).isTrue();

        assertThatThrownBy(() -> new PlanBytes(whole.bytes(), fewer).plan())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("the pipeline cannot be read here");
    }

    @Test
    void damagedBytesAreRefused() {
        PlanBytes whole = PlanBytes.of(plan());
        byte[] cut = Arrays.copyOf(whole.bytes(), whole.bytes().length / 2);

        assertThatThrownBy(() -> new PlanBytes(cut, whole.classes()).plan()).isInstanceOf(ConfigurationException.class);
    }
}
