package io.ghee.examples.cli;

import io.ghee.ConfigurationException;
import io.ghee.k8s.Kubernetes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a job runs on Kubernetes. */
final class ClusterOptions {
    @Option(
            names = "--namespace",
            paramLabel = "NAME",
            description = "Kubernetes: where the pods are (default: the context's namespace).")
    private @Nullable String namespace;

    @Option(
            names = "--image",
            paramLabel = "REF",
            description = "Kubernetes: what the pods run; ghee image makes one (default: ghee-agent:latest).")
    private @Nullable String image;

    @Option(
            names = "--pod-template",
            paramLabel = "FILE",
            description = "Kubernetes: what else the pods are to be, as YAML of kind Pod or PodTemplate.")
    private @Nullable Path podTemplate;

    @Option(
            names = "--service-account",
            paramLabel = "NAME",
            description = "Kubernetes: whom the pods act as (default: ghee-worker).")
    private @Nullable String serviceAccount;

    @Option(
            names = "--node-selector",
            paramLabel = "LABEL=VALUE",
            split = ",",
            description = "Kubernetes: labels that the nodes must have.")
    private @Nullable Map<String, String> nodeSelector;

    @Option(
            names = "--gpu-resource",
            paramLabel = "NAME",
            description = "Kubernetes: what is counted as a GPU (default: nvidia.com/gpu).")
    private @Nullable String gpuResource;

    @Option(
            names = "--queue",
            paramLabel = "NAME",
            description = "Kubernetes: the queue of Kueue or Volcano that the pods wait in.")
    private @Nullable String queue;

    @Option(
            names = "--driver-host",
            paramLabel = "ADDRESS",
            description = "Kubernetes: the address by which pods reach this process (default: found).")
    private @Nullable String driverHost;

    @Option(
            names = "--placement",
            paramLabel = "SECONDS",
            description = "Kubernetes: how long to wait for room for all pods (default: 600).")
    private @Nullable Long placementSeconds;

    /** The launcher with these options. */
    Kubernetes kubernetes() {
        // Before the others, which add to it.
        Kubernetes launcher = podTemplate == null ? new Kubernetes() : new Kubernetes().podTemplate(podTemplate);
        launcher = namespace == null ? launcher : launcher.inNamespace(namespace);
        launcher = image == null ? launcher : launcher.image(image);
        launcher = serviceAccount == null ? launcher : launcher.serviceAccount(serviceAccount);
        launcher = gpuResource == null ? launcher : launcher.gpuResource(gpuResource);
        launcher = queue == null ? launcher : launcher.queue(queue);
        launcher = driverHost == null ? launcher : launcher.driverHost(driverHost);
        launcher = placementSeconds == null ? launcher : launcher.placement(Duration.ofSeconds(placementSeconds));
        for (Map.Entry<String, String> each :
                (nodeSelector == null ? Map.<String, String>of() : nodeSelector).entrySet()) {
            launcher = launcher.nodeSelector(each.getKey(), each.getValue());
        }
        return launcher;
    }

    /** Throws if one of them is given for a launcher that has no use for it. */
    void refuseFor(String launcher) {
        boolean any = namespace != null
                || image != null
                || podTemplate != null
                || serviceAccount != null
                || gpuResource != null
                || queue != null
                || driverHost != null
                || placementSeconds != null
                || nodeSelector != null;
        if (any) {
            throw new ConfigurationException(
                    "--launcher " + launcher + " with options of Kubernetes (expected: --launcher kubernetes)");
        }
    }
}
