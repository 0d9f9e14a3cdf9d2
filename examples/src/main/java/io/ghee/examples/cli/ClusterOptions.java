package io.ghee.examples.cli;

import io.ghee.ConfigurationException;
import io.ghee.k8s.Kubernetes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a job runs on Kubernetes. */
final class ClusterOptions {
    /** Of a pod template it gets the content, for the file is not there; and its address is its own. */
    private static final List<String> NOT_FOR_DRIVER =
            List.of("--deploy-mode", "--driver-restarts", "--pod-template", "--driver-host");

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

    @Option(
            names = "--deploy-mode",
            paramLabel = "client|cluster",
            defaultValue = "client",
            description = "Kubernetes: whether this process drives the job, or a pod does while this process looks on"
                    + " (default: ${DEFAULT-VALUE}).")
    private DeployMode deployMode = DeployMode.CLIENT;

    @Option(
            names = "--driver-restarts",
            paramLabel = "N",
            description = "Kubernetes: how often a driver that is a pod is started again (default: 3).")
    private @Nullable Integer driverRestarts;

    private enum DeployMode {
        CLIENT,
        CLUSTER
    }

    /** Whether the driver is to be a pod. */
    boolean isDeployed() {
        return deployMode == DeployMode.CLUSTER;
    }

    /** What a driver in a pod is called with: what this process was called with, less what is told to it otherwise. */
    static List<String> forDriver(List<String> arguments) {
        List<String> kept = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            boolean ours = NOT_FOR_DRIVER.stream()
                    .anyMatch(option -> argument.equals(option) || argument.startsWith(option + "="));
            if (!ours) {
                kept.add(argument);
            } else if (argument.indexOf('=') < 0) {
                i++;
            }
        }
        return kept;
    }

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
        launcher = driverRestarts == null ? launcher : launcher.driverRestarts(driverRestarts);
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
                || nodeSelector != null
                || driverRestarts != null
                || isDeployed();
        if (any) {
            throw new ConfigurationException(
                    "--launcher " + launcher + " with options of Kubernetes (expected: --launcher kubernetes)");
        }
    }
}
