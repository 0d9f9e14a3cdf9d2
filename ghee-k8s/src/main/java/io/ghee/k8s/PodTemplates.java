package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ghee.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What users say of pods; ghee adds its own to it. */
final class PodTemplates {
    /** The container that ghee fills in. */
    static final String WORKER = "worker";

    private PodTemplates() {}

    /** Nothing but the container, and the service account that ends a job without a driver. */
    static PodTemplateSpec plain() {
        return complete(new PodTemplateSpecBuilder().build());
    }

    /**
     * The same with all that ghee fills in later.
     *
     * @throws ConfigurationException if an amount of a resource is none
     */
    static PodTemplateSpec complete(PodTemplateSpec template) {
        PodTemplateSpecBuilder builder =
                template == null ? new PodTemplateSpecBuilder() : new PodTemplateSpecBuilder(template);
        builder.editOrNewMetadata().endMetadata();
        builder.editOrNewSpec().endSpec();
        PodTemplateSpec complete = builder.build();
        List<Container> containers = complete.getSpec().getContainers();
        containers.forEach(PodTemplates::checkAmounts);
        if (containers.stream().noneMatch(container -> WORKER.equals(container.getName()))) {
            builder.editSpec().addNewContainer().withName(WORKER).endContainer().endSpec();
        }
        if (complete.getSpec().getServiceAccountName() == null) {
            builder.editSpec().withServiceAccountName(Settings.DEFAULT_ACCOUNT).endSpec();
        }
        return builder.build();
    }

    private static void checkAmounts(Container container) {
        if (container.getResources() != null) {
            checkAmounts(
                    container.getName(), "requests", container.getResources().getRequests());
            checkAmounts(container.getName(), "limits", container.getResources().getLimits());
        }
    }

    private static void checkAmounts(String container, String what, Map<String, Quantity> amounts) {
        amounts.forEach((resource, amount) -> {
            try {
                amount.getNumericalAmount();
            } catch (IllegalArgumentException e) {
                throw new ConfigurationException(
                        "pod template: container " + container + ": " + what + " of " + resource + ": \"" + amount
                                + "\" (expected: an amount such as 500m or 2Gi)",
                        e);
            }
        });
    }

    /** From a file of YAML: a Pod, or a PodTemplate. */
    static PodTemplateSpec read(Path file) {
        try {
            HasMetadata read = new KubernetesSerialization().unmarshal(Files.readString(file));
            if (read instanceof Pod pod) {
                return complete(new PodTemplateSpecBuilder()
                        .withMetadata(pod.getMetadata())
                        .withSpec(pod.getSpec())
                        .build());
            } else if (read instanceof io.fabric8.kubernetes.api.model.PodTemplate template) {
                return complete(template.getTemplate());
            }
            throw unfit(file, read == null ? "nothing" : read.getKind());
        } catch (NoSuchFileException e) {
            throw new ConfigurationException("pod template " + file + ": no such file", e);
        } catch (IOException | RuntimeException e) {
            if (e instanceof ConfigurationException already) {
                throw already;
            }
            throw new ConfigurationException(unfit(file, e.toString()).reason(), e);
        }
    }

    private static ConfigurationException unfit(Path file, String what) {
        return new ConfigurationException(
                "pod template " + file + ": " + what + " (expected: YAML of kind Pod or PodTemplate)");
    }
}
