package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.ghee.Resources;
import io.ghee.agent.Agent;
import io.ghee.agent.JobCode;
import io.ghee.agent.JobKeys;
import io.ghee.agent.WorkerCommand;
import io.ghee.k8s.agent.PodAgent;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a job has in the cluster, as data: a lease that owns the rest, a secret with its keys, a config map with the settings of
 * Hadoop, a service without an address that gives the pods names, and a pod for each replica.
 */
final class Manifests {
    /** Of ghee's labels. */
    static final String PREFIX = "ghee.io/";

    static final String JOB = PREFIX + "job";
    static final String PIPELINE = PREFIX + "pipeline";
    static final String STAGE = PREFIX + "stage";
    static final String REPLICA = PREFIX + "replica";
    static final String LIFE = PREFIX + "life";
    static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    static final String GHEE = "ghee";

    /** A driver that has not renewed its lease for so long is gone. */
    static final int LEASE_SECONDS = 15;

    private static final String KEYS = "keys";
    private static final String HADOOP = "hadoop";
    private static final String HADOOP_DIRECTORY = "/etc/ghee/hadoop";
    /** A worker whose job is over, or which is unwanted, has nothing to finish. */
    private static final long GRACE_SECONDS = 5;

    private final String job;
    private final String namespace;
    private final Plan plan;
    private final Settings settings;
    private final Map<String, String> hadoop;

    /** What a job is made of in the cluster. */
    Manifests(String job, String namespace, Plan plan, Settings settings, Map<String, String> hadoop) {
        this.job = job;
        this.namespace = namespace;
        this.plan = plan;
        this.settings = settings;
        this.hadoop = hadoop;
    }

    /** The labels by which all that belongs to the job is found. */
    Map<String, String> labels() {
        return new TreeMap<>(Map.of(MANAGED_BY, GHEE, JOB, job, PIPELINE, plan.pipeline()));
    }

    private ObjectMeta metadata(String name, @Nullable OwnerReference owner) {
        return new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(namespace)
                .withLabels(labels())
                .withOwnerReferences(owner == null ? List.of() : List.of(owner))
                .build();
    }

    Lease lease() {
        return new LeaseBuilder()
                .withMetadata(metadata(job, DriverManifests.ownerOfThisDriver().orElse(null)))
                .withNewSpec()
                .withLeaseDurationSeconds(LEASE_SECONDS)
                .endSpec()
                .build();
    }

    static OwnerReference owner(Lease lease) {
        return new OwnerReferenceBuilder()
                .withApiVersion(lease.getApiVersion())
                .withKind(lease.getKind())
                .withName(lease.getMetadata().getName())
                .withUid(lease.getMetadata().getUid())
                .build();
    }

    /**
     * What a pod belongs to.
     *
     * @param owner the lease
     * @param secret the name of the secret with the keys of this driver
     * @param endpoint where this driver listens
     * @param code the digest of its class path
     */
    record Belonging(OwnerReference owner, String secret, String endpoint, String code) {}

    /** The keys of one driver, under its name. */
    Secret secret(String name, OwnerReference owner, JobKeys keys) {
        return new SecretBuilder()
                .withMetadata(metadata(name, owner))
                .withType("Opaque")
                .addToStringData(KEYS, keys.workers().encoded())
                .build();
    }

    /** Hadoop's settings as the driver has them, if it has any. */
    Optional<ConfigMap> configMap(OwnerReference owner) {
        return hadoop.isEmpty()
                ? Optional.empty()
                : Optional.of(new ConfigMapBuilder()
                        .withMetadata(metadata(job, owner))
                        .withData(hadoop)
                        .build());
    }

    Service service(OwnerReference owner) {
        return new ServiceBuilder()
                .withMetadata(metadata(job, owner))
                .withNewSpec()
                .withClusterIP("None")
                .withSelector(Map.of(JOB, job))
                .withPublishNotReadyAddresses(true)
                .endSpec()
                .build();
    }

    /** The pod of a replica. */
    Pod pod(Belonging to, PlannedStage stage, int replica, int life) {
        String name = Names.pod(job, stage, replica, life);
        ObjectMetaBuilder metadata = new ObjectMetaBuilder(settings.template.getMetadata())
                .withName(name)
                .withNamespace(namespace)
                .withOwnerReferences(to.owner())
                .addToLabels(labels())
                .addToLabels(STAGE, stage.name())
                .addToLabels(REPLICA, Integer.toString(replica))
                .addToLabels(LIFE, Integer.toString(life));
        if (settings.queue != null) {
            metadata.addToLabels("kueue.x-k8s.io/queue-name", settings.queue)
                    .addToLabels("kueue.x-k8s.io/pod-group-name", job)
                    .addToAnnotations("kueue.x-k8s.io/pod-group-total-count", Integer.toString(plan.workers()))
                    .addToAnnotations("scheduling.volcano.sh/queue-name", settings.queue);
        }
        return new PodBuilder()
                .withMetadata(metadata.build())
                .withSpec(spec(name, to, stage, replica, life))
                .build();
    }

    /** The pods of all replicas, as they are at first. */
    List<Pod> pods(Belonging to) {
        return plan.stages().stream()
                .flatMap(stage -> IntStream.range(0, stage.replicas()).mapToObj(replica -> pod(to, stage, replica, 0)))
                .toList();
    }

    private PodSpec spec(String name, Belonging to, PlannedStage stage, int replica, int life) {
        PodSpec template = settings.template.getSpec();
        PodSpecBuilder spec = new PodSpecBuilder(template)
                .withRestartPolicy("Never")
                .withHostname(name)
                .withSubdomain(job)
                .withEnableServiceLinks(false);
        if (template.getTerminationGracePeriodSeconds() == null) {
            spec.withTerminationGracePeriodSeconds(GRACE_SECONDS);
        }
        if (!hadoop.isEmpty()) {
            spec.addNewVolume()
                    .withName(HADOOP)
                    .withNewConfigMap()
                    .withName(job)
                    .endConfigMap()
                    .endVolume();
        }
        List<io.fabric8.kubernetes.api.model.Container> containers = new ArrayList<>();
        for (io.fabric8.kubernetes.api.model.Container container : template.getContainers()) {
            ContainerBuilder builder = new ContainerBuilder(container);
            if (PodTemplates.WORKER.equals(container.getName())) {
                fill(builder, to, stage, replica, life);
            }
            containers.add(builder.build());
        }
        return spec.withContainers(containers).build();
    }

    private void fill(ContainerBuilder worker, Belonging to, PlannedStage stage, int replica, int life) {
        Resources resources = stage.resources();
        List<String> command = new ArrayList<>(List.of("java"));
        command.addAll(WorkerCommand.arguments(job, stage, replica, life, PodAgent.class));
        worker.withImage(resources.image().orElse(settings.image))
                .withCommand(command)
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .addNewEnv()
                .withName(Agent.DRIVER)
                .withValue(to.endpoint())
                .endEnv()
                .addNewEnv()
                .withName(Agent.KEYS)
                .withNewValueFrom()
                .withNewSecretKeyRef(KEYS, to.secret(), false)
                .endValueFrom()
                .endEnv()
                .addNewEnv()
                .withName(Agent.HOST)
                .withNewValueFrom()
                .withNewFieldRef(null, "status.podIP")
                .endValueFrom()
                .endEnv()
                .addNewEnv()
                .withName(JobCode.DIGEST)
                .withValue(to.code())
                .endEnv()
                .addNewEnv()
                .withName(PodAgent.LEASE)
                .withValue(namespace + "/" + job)
                .endEnv();
        if (worker.getImagePullPolicy() == null) {
            worker.withImagePullPolicy("IfNotPresent");
        }
        if (!hadoop.isEmpty()) {
            worker.addNewEnv()
                    .withName("HADOOP_CONF_DIR")
                    .withValue(HADOOP_DIRECTORY)
                    .endEnv();
            worker.addNewVolumeMount()
                    .withName(HADOOP)
                    .withMountPath(HADOOP_DIRECTORY)
                    .withReadOnly(true)
                    .endVolumeMount();
        }
        limit(worker, resources);
        probe(worker);
    }

    /** Memory and GPUs are taken whole; of CPUs, so many are promised, and more are used where nobody else needs them. */
    private void limit(ContainerBuilder worker, Resources resources) {
        Map<String, Quantity> limits = new TreeMap<>();
        resources.memory().ifPresent(memory -> limits.put("memory", new Quantity(Long.toString(memory.bytes()))));
        if (resources.gpus() > 0) {
            limits.put(settings.gpuResource, new Quantity(Integer.toString(resources.gpus())));
        }
        BigDecimal millis = BigDecimal.valueOf(Math.ceil(resources.cpus() * 1000));
        worker.editOrNewResources()
                .addToLimits(limits)
                .addToRequests(limits)
                .addToRequests("cpu", new Quantity(millis.toBigInteger() + "m"))
                .endResources();
    }

    private static void probe(ContainerBuilder worker) {
        worker.withNewLivenessProbe()
                .withNewHttpGet()
                .withPath(PodAgent.LIVE)
                .withNewPort(PodAgent.HEALTH_PORT)
                .endHttpGet()
                .withInitialDelaySeconds(30)
                .withPeriodSeconds(10)
                .withTimeoutSeconds(5)
                .endLivenessProbe()
                .withNewReadinessProbe()
                .withNewHttpGet()
                .withPath(PodAgent.READY)
                .withNewPort(PodAgent.HEALTH_PORT)
                .endHttpGet()
                .withPeriodSeconds(5)
                .endReadinessProbe();
    }

    /** All of it as YAML, the keys left out. */
    String yaml(String endpoint) {
        OwnerReference owner = new OwnerReferenceBuilder(owner(lease()))
                .withUid("assigned-when-created")
                .build();
        String secret = Names.secret(job, owner.getUid(), 0);
        List<HasMetadata> all = new ArrayList<>();
        all.add(lease());
        all.add(new SecretBuilder()
                .withMetadata(metadata(secret, owner))
                .withType("Opaque")
                .addToStringData(KEYS, "made-when-created")
                .build());
        configMap(owner).ifPresent(all::add);
        all.add(service(owner));
        all.addAll(pods(new Belonging(owner, secret, endpoint, "known-when-created")));
        KubernetesSerialization serialization = new KubernetesSerialization();
        StringBuilder yaml = new StringBuilder();
        for (HasMetadata each : all) {
            yaml.append(serialization.asYaml(each));
        }
        return yaml.toString();
    }
}
