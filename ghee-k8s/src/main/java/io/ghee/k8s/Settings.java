package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.ghee.DataSize;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How jobs run on a cluster. Not changed once it is made. */
final class Settings {
    /** What a stage without an image of its own runs. */
    static final String DEFAULT_IMAGE = "ghee-agent:latest";

    static final String DEFAULT_GPU = "nvidia.com/gpu";
    static final String DEFAULT_ACCOUNT = "ghee-worker";
    private static final String DRIVER_ACCOUNT = "ghee-driver";

    /** Null for that of the context in use. */
    @Nullable
    String namespace;

    String image = DEFAULT_IMAGE;
    String gpuResource = DEFAULT_GPU;
    /** Null for an address of this machine. */
    @Nullable
    String driverHost;

    @Nullable
    String queue;

    Duration placement = Duration.ofMinutes(10);
    PodTemplateSpec template = DriverManifests.template();
    String driverAccount = DRIVER_ACCOUNT;
    DataSize driverMemory = new DataSize(1L << 30);
    String driverCpus = "250m";
    /** Null for as often as the cluster can be trusted with. */
    @Nullable
    Integer driverRestarts;

    Duration keepDriver = Duration.ofMinutes(10);

    Settings with(Consumer<Settings> change) {
        Settings copy = new Settings();
        copy.namespace = namespace;
        copy.image = image;
        copy.gpuResource = gpuResource;
        copy.driverHost = driverHost;
        copy.queue = queue;
        copy.placement = placement;
        copy.template = template;
        copy.driverAccount = driverAccount;
        copy.driverMemory = driverMemory;
        copy.driverCpus = driverCpus;
        copy.driverRestarts = driverRestarts;
        copy.keepDriver = keepDriver;
        change.accept(copy);
        return copy;
    }
}
