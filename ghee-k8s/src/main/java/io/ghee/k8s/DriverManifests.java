package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicy;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ghee.GheeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A driver that is itself a pod, as data: a batch job, which owns all that the driver makes and starts the driver again. */
final class DriverManifests {
    /** The job's name, for the driver in a pod. */
    static final String JOB_NAME = "GHEE_JOB";

    /** The uid of the batch job that the driver's pod belongs to. */
    static final String OWNER_UID = "GHEE_OWNER_UID";

    /** What users say of pods, as YAML. */
    static final String POD_TEMPLATE = "GHEE_POD_TEMPLATE";

    /** Jobs have it on their pods from the beginning; newer clusters have a longer name for it, too. */
    private static final String CONTROLLER_UID = "metadata.labels['controller-uid']";

    private static final long GRACE_SECONDS = 20;

    private final String job;
    private final String pipeline;
    private final String namespace;
    private final Settings settings;

    DriverManifests(String job, String pipeline, String namespace, Settings settings) {
        this.job = job;
        this.pipeline = pipeline;
        this.namespace = namespace;
        this.settings = settings;
    }

    /**
     * The batch job.
     *
     * @param restarts how often another pod is made of a driver that was lost
     * @param tellsExits whether the cluster tells exit codes apart: a driver that says that the job has failed is not run again
     */
    Job job(Class<?> main, List<String> arguments, int restarts, boolean tellsExits) {
        Map<String, String> labels = new TreeMap<>(
                Map.of(Manifests.MANAGED_BY, Manifests.GHEE, Manifests.JOB, job, Manifests.PIPELINE, pipeline));
        return new JobBuilder()
                .withNewMetadata()
                .withName(job)
                .withNamespace(namespace)
                .withLabels(labels)
                .endMetadata()
                .withNewSpec()
                .withBackoffLimit(restarts)
                .withTtlSecondsAfterFinished((int) settings.keepDriver.toSeconds())
                .withPodFailurePolicy(tellsExits ? finalExits() : null)
                .withTemplate(new PodTemplateSpecBuilder(settings.template)
                        .editMetadata()
                        .addToLabels(labels)
                        .endMetadata()
                        .editSpec()
                        .withServiceAccountName(settings.driverAccount)
                        .withRestartPolicy("Never")
                        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
                        .withEnableServiceLinks(false)
                        .withContainers(containers(main, arguments))
                        .endSpec()
                        .build())
                .endSpec()
                .build();
    }

    /** Exits by which a driver says how the job ended, infrastructure apart: that may be well again. */
    private static PodFailurePolicy finalExits() {
        return new PodFailurePolicyBuilder()
                .addNewRule()
                .withAction("FailJob")
                .withNewOnExitCodes()
                .withContainerName(PodTemplates.WORKER)
                .withOperator("In")
                .withValues(Stream.of(GheeException.Kind.values())
                        .filter(kind -> kind != GheeException.Kind.INFRASTRUCTURE)
                        .map(GheeException.Kind::exitCode)
                        .filter(code -> code != 0)
                        .distinct()
                        .sorted()
                        .toList())
                .endOnExitCodes()
                .endRule()
                .build();
    }

    private List<Container> containers(Class<?> main, List<String> arguments) {
        List<Container> containers = new ArrayList<>();
        for (Container container : settings.template.getSpec().getContainers()) {
            ContainerBuilder builder = new ContainerBuilder(container);
            if (PodTemplates.WORKER.equals(container.getName())) {
                fill(builder, main, arguments);
            }
            containers.add(builder.build());
        }
        return containers;
    }

    private void fill(ContainerBuilder driver, Class<?> main, List<String> arguments) {
        Quantity memory = new Quantity(Long.toString(settings.driverMemory.bytes()));
        driver.withImage(settings.image)
                .withCommand(Stream.concat(
                                Stream.of(
                                        "java",
                                        "-XX:MaxRAMPercentage=70",
                                        "-XX:+ExitOnOutOfMemoryError",
                                        main.getName()),
                                arguments.stream())
                        .toList())
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .addNewEnv()
                .withName(JOB_NAME)
                .withValue(job)
                .endEnv()
                .addNewEnv()
                .withName(OWNER_UID)
                .withNewValueFrom()
                .withNewFieldRef(null, CONTROLLER_UID)
                .endValueFrom()
                .endEnv()
                .addNewEnv()
                .withName(POD_TEMPLATE)
                .withValue(new KubernetesSerialization().asYaml(settings.template))
                .endEnv()
                .editOrNewResources()
                .addToLimits("memory", memory)
                .addToRequests("memory", memory)
                .addToRequests("cpu", new Quantity(settings.driverCpus))
                .endResources();
        if (driver.getImagePullPolicy() == null) {
            driver.withImagePullPolicy("IfNotPresent");
        }
    }

    /** What the driver in this pod makes belongs to, if this is one. */
    static Optional<OwnerReference> ownerOfThisDriver() {
        String name = System.getenv(JOB_NAME);
        String uid = System.getenv(OWNER_UID);
        return name == null || uid == null
                ? Optional.empty()
                : Optional.of(new OwnerReferenceBuilder()
                        .withApiVersion("batch/v1")
                        .withKind("Job")
                        .withName(name)
                        .withUid(uid)
                        .build());
    }

    /** What users say of pods, handed on by who started this driver. */
    static PodTemplateSpec template() {
        @Nullable String yaml = System.getenv(POD_TEMPLATE);
        return yaml == null
                ? PodTemplates.plain()
                : PodTemplates.complete(new KubernetesSerialization().unmarshal(yaml, PodTemplateSpec.class));
    }
}
