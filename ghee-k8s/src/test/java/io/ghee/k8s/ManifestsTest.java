package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestsTest {
    @TempDir
    private Path directory;

    private static String golden(String name) throws IOException {
        try (var in = ManifestsTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aJobIsALeaseASecretAServiceAndPods() throws IOException {
        String yaml = Kubernetes.namespace("ml")
                .image("registry/ghee:1")
                .driverHost("driver.example")
                .manifests(Samples.pipeline("clicks", "read"));
        assertThat(yaml).isEqualTo(golden("clicks.yaml"));
    }

    @Test
    void whatTheTemplateSaysIsKept() throws IOException {
        Path template = directory.resolve("pod.yaml");
        Files.writeString(template, """
                apiVersion: v1
                kind: Pod
                metadata: {labels: {team: ads}}
                spec:
                  priorityClassName: batch
                  tolerations: [{key: gpu, operator: Exists}]
                  containers:
                  - {name: logs, image: fluent}
                  - {name: worker, volumeMounts: [{name: data, mountPath: /data}]}
                  volumes: [{name: data, hostPath: {path: /data}}]
                """);
        String yaml = Kubernetes.namespace("ml")
                .podTemplate(template)
                .queue("nightly")
                .nodeSelector("zone", "a")
                .environment("TZ", "UTC")
                .pullSecret("registry")
                .gpuResource("nvidia.com/mig-1g.10gb")
                .manifests(Samples.pipeline("clicks", "read"));
        assertThat(yaml)
                .contains("team: \"ads\"", "priorityClassName: \"batch\"", "key: \"gpu\"", "image: \"fluent\"")
                .contains("mountPath: \"/data\"", "kueue.x-k8s.io/queue-name: \"nightly\"", "zone: \"a\"")
                .contains("name: \"TZ\"", "imagePullSecrets:\n  - name: \"registry\"")
                .contains("nvidia.com/mig-1g.10gb: \"1\"");
    }

    @Test
    void aTemplateThatIsNoneIsRefused() throws IOException {
        Path file = directory.resolve("pod.yaml");
        Kubernetes plain = Kubernetes.namespace("ml");
        assertThatThrownBy(() -> plain.podTemplate(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no such file");
        Files.writeString(file, "apiVersion: v1\nkind: Secret\n");
        assertThatThrownBy(() -> plain.podTemplate(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Secret (expected: YAML of kind Pod or PodTemplate)");
        Files.writeString(file, "{{{");
        assertThatThrownBy(() -> plain.podTemplate(file)).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void anAmountThatIsNoneIsRefused() throws IOException {
        Path file = directory.resolve("pod.yaml");
        Files.writeString(file, """
                apiVersion: v1
                kind: Pod
                spec:
                  containers:
                  - {name: logs, resources: {limits: {memory: 12Zi}}}
                """);
        Kubernetes plain = Kubernetes.namespace("ml");
        assertThatThrownBy(() -> plain.podTemplate(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("pod template: container logs: limits of memory: \"12Zi\""
                        + " (expected: an amount such as 500m or 2Gi)");
    }
}
