package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import org.junit.jupiter.api.Test;

class NamesTest {
    @Test
    void aPodIsNamedByJobStageReplicaAndLife() {
        var plan = Samples.pipeline("clicks", "read").plan();
        assertThat(Names.pod(Names.job("clicks-1a2b3", plan), plan.stage(1), 0, 2))
                .isEqualTo("clicks-1a2b3-train-0-2");
    }

    @Test
    void whatWouldBeTooLongSaysSo() {
        var plan = Samples.pipeline("clicks", "read").plan();
        assertThatThrownBy(() -> Names.job("c".repeat(50), plan))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("names of up to 64 characters")
                .hasMessageContaining("at most 63: shorten the name of the pipeline or the stage");
    }

    @Test
    void whatKubernetesDoesNotTakeIsRefused() {
        assertThat(Names.label("namespace", "ml-2")).isEqualTo("ml-2");
        assertThatThrownBy(() -> Names.label("namespace", "ML")).hasMessageContaining("namespace: \"ML\" (expected:");
        assertThatThrownBy(() -> Names.label("queue", "-a")).hasMessageContaining("queue: \"-a\"");
        assertThat(Names.subdomain("pull secret", "a.b")).isEqualTo("a.b");
        assertThatThrownBy(() -> Names.subdomain("pull secret", "a..b")).hasMessageContaining("pull secret: \"a..b\"");
    }

    @Test
    void aJobIsAServiceTooAndNeedsALetterFirst() {
        assertThat(Names.job("Clicks-7")).isEqualTo("clicks-7");
        assertThatThrownBy(() -> Names.job("7-days"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("pipeline: \"7-days\" (expected: a letter at the beginning)");
        assertThatThrownBy(() -> Names.job("c".repeat(64)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith("(expected: lower-case letters, digits and hyphens, at most 63)");
    }
}
