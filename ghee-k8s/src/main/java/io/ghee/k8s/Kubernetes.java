package io.ghee.k8s;

import static io.ghee.ConfigurationException.check;

import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ghee.DataSize;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.agent.ClassPathDigest;
import io.ghee.plan.Plan;
import io.ghee.run.JobDriver;
import io.ghee.run.Launcher;
import io.ghee.run.LocalLauncher;
import io.ghee.run.RunningJob;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs a job on Kubernetes, a pod for every replica; the driver is this JVM, and the pods must be able to reach it.
 *
 * <pre>{@code
 * Job job = Kubernetes.namespace("ml").image("registry/ghee-agent:1").launch(pipeline);
 * }</pre>
 *
 * <p>Whom to talk to, and who one is, comes from {@code KUBECONFIG}, {@code ~/.kube/config}, or inside a cluster from the pod's
 * service account.
 *
 * <p>All that a job has in the cluster belongs to one object, a {@code Lease} of the job's name, which the driver renews. When the
 * job ends, it is deleted, and Kubernetes takes away the rest. When the driver is gone, a worker does that.
 *
 * <p>No GPU is held while another one is missing: the pods of a job are placed all or none ({@link #placement}).
 *
 * <p>A value: every method returns a changed copy. Thread-safe.
 */
public final class Kubernetes implements Launcher {
    /** How often a driver that is a pod is started again. */
    private static final int DRIVER_RESTARTS = 3;
    /** The name that a driver's pod is given is that of the first job it runs. */
    private static final AtomicBoolean NAME_IS_TAKEN = new AtomicBoolean();

    /** What pods do not belong to yet. */
    private static final Manifests.Belonging UNKNOWN = new Manifests.Belonging(
            new OwnerReferenceBuilder().withUid("assigned-when-created").build(), "keys", "tcp://driver:0", "");

    private final Settings settings;

    /** For the namespace of the context in use. */
    public Kubernetes() {
        this(new Settings());
    }

    private Kubernetes(Settings settings) {
        this.settings = settings;
    }

    private Kubernetes with(Consumer<Settings> change) {
        return new Kubernetes(settings.with(change));
    }

    private Kubernetes withPod(UnaryOperator<PodTemplateSpecBuilder> change) {
        return with(all -> all.template =
                change.apply(new PodTemplateSpecBuilder(all.template)).build());
    }

    /** Runs jobs in a namespace, which must be there. */
    public static Kubernetes namespace(String name) {
        return new Kubernetes().inNamespace(name);
    }

    /** The same in another namespace. */
    public Kubernetes inNamespace(String name) {
        return with(all -> all.namespace = Names.label("namespace", name));
    }

    /** What stages run that have no image of their own ({@link io.ghee.Resources#image}): {@code ghee-agent:latest} at first. */
    public Kubernetes image(String reference) {
        check(!reference.isBlank(), "image", '"' + reference + '"', "an image reference");
        return with(all -> all.image = reference);
    }

    /** What {@link io.ghee.Resources#gpus} counts: {@code nvidia.com/gpu}, or such as {@code nvidia.com/mig-1g.10gb}. */
    public Kubernetes gpuResource(String name) {
        check(name.indexOf('/') > 0, "GPU resource", '"' + name + '"', "a name such as " + Settings.DEFAULT_GPU);
        return with(all -> all.gpuResource = name);
    }

    /** The address by which pods reach this JVM; the pod's own, or one of this machine's, if it is not said. */
    public Kubernetes driverHost(String address) {
        check(!address.isBlank(), "driver host", '"' + address + '"', "an address that pods reach");
        return with(all -> all.driverHost = address);
    }

    /** The queue of Kueue, and of Volcano, that the pods are labelled for. */
    public Kubernetes queue(String name) {
        return with(all -> all.queue = Names.label("queue", name));
    }

    /**
     * How long the job may wait until the cluster has room for all its pods at once; ten minutes at first. While it waits it
     * holds none.
     */
    public Kubernetes placement(Duration deadline) {
        check(!deadline.isNegative() && !deadline.isZero(), "placement", deadline, "> 0");
        return with(all -> all.placement = deadline);
    }

    /**
     * What else a pod is to be: tolerations, affinity, volumes, priority class, sidecars, security. What ghee sets is added to
     * it; of the containers, it fills in the one that is named {@code worker}. Replaces what the methods below have said.
     */
    public Kubernetes podTemplate(PodTemplateSpec template) {
        return with(all -> all.template = PodTemplates.complete(template));
    }

    /**
     * The same from a file of YAML: a Pod, or a PodTemplate.
     *
     * @throws io.ghee.ConfigurationException if it cannot be read, or is neither
     */
    public Kubernetes podTemplate(Path file) {
        return with(all -> all.template = PodTemplates.read(file));
    }

    /**
     * The service account of the workers, {@code ghee-worker} at first. It may get and delete leases, so that a worker whose
     * driver is gone can end the job.
     */
    public Kubernetes serviceAccount(String name) {
        Names.subdomain("service account", name);
        return withPod(pod -> pod.editSpec().withServiceAccountName(name).endSpec());
    }

    /** The service account of drivers that are pods, {@code ghee-driver} at first; the one that may create pods. */
    public Kubernetes driverServiceAccount(String name) {
        return with(all -> all.driverAccount = Names.subdomain("service account", name));
    }

    /** What a driver that is a pod may take: {@code 1Gi} at first. */
    public Kubernetes driverMemory(DataSize size) {
        return with(all -> all.driverMemory = size);
    }

    /**
     * How often a driver that is a pod is started again when it is lost. At first 3; 0 where the cluster is older than
     * Kubernetes 1.26, as it would run again what has failed for good.
     */
    public Kubernetes driverRestarts(int times) {
        check(times >= 0, "driver restarts", times, ">= 0");
        return with(all -> all.driverRestarts = times);
    }

    /** How long a driver that is a pod can be looked at after its end: ten minutes at first. */
    public Kubernetes keepDriver(Duration time) {
        check(!time.isNegative(), "keep driver", time, ">= 0");
        return with(all -> all.keepDriver = time);
    }

    /** A secret by which images are pulled, in addition. */
    public Kubernetes pullSecret(String name) {
        Names.subdomain("pull secret", name);
        return withPod(pod -> pod.editSpec()
                .addNewImagePullSecret()
                .withName(name)
                .endImagePullSecret()
                .endSpec());
    }

    /** A label that nodes must have, in addition. */
    public Kubernetes nodeSelector(String label, String value) {
        return withPod(pod -> pod.editSpec().addToNodeSelector(label, value).endSpec());
    }

    /** A label of the pods, in addition. */
    public Kubernetes label(String name, String value) {
        check(!name.startsWith(Manifests.PREFIX), "label", name, "none of ghee's own");
        return withPod(pod -> pod.editMetadata().addToLabels(name, value).endMetadata());
    }

    /** An environment variable of the workers, in addition. */
    public Kubernetes environment(String name, String value) {
        check(!name.startsWith("GHEE_"), "environment variable", name, "none of ghee's own");
        return withPod(pod -> pod.editSpec()
                .editMatchingContainer(container -> PodTemplates.WORKER.equals(container.getName()))
                .addNewEnv()
                .withName(name)
                .withValue(value)
                .endEnv()
                .endContainer()
                .endSpec());
    }

    @Override
    public String name() {
        return "kubernetes";
    }

    /**
     * Starts a job and returns at once.
     *
     * @throws io.ghee.ConfigurationException if the pipeline cannot run here: it names what the cluster does not let one do, does
     *     not have, or cannot hold
     * @throws io.ghee.InfrastructureException if the cluster does not answer
     * @throws io.ghee.InputException if the source is missing, unreadable or empty
     */
    @Override
    public Job launch(Pipeline pipeline) {
        Cluster cluster = Cluster.open(settings.namespace);
        try {
            // A driver in the cluster that gives up is one that is lost: there are few of them.
            boolean isPod = System.getenv(DriverManifests.JOB_NAME) != null;
            return launch(pipeline, isPod ? cluster.patient() : cluster);
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        } catch (InterruptedException e) {
            cluster.close();
            Thread.currentThread().interrupt();
            throw new GheeException(
                    GheeException.Kind.CANCELLED, "pipeline " + pipeline.name() + " was cancelled as it began", e);
        }
    }

    private Job launch(Pipeline pipeline, Cluster cluster) throws InterruptedException {
        Plan plan = pipeline.plan();
        @Nullable String given = NAME_IS_TAKEN.getAndSet(true) ? null : System.getenv(DriverManifests.JOB_NAME);
        String name = Names.job(given == null ? LocalLauncher.uniqueName(pipeline) : given, plan);
        Manifests manifests = new Manifests(name, cluster.namespace(), plan, settings, HadoopSettings.ofThisProcess());
        Preflight preflight = new Preflight(cluster, settings);
        // The pods are told the digest, which takes as long to make as the checks.
        Cluster.atOnce(List.of(() -> preflight.check(plan, manifests.pods(UNKNOWN)), ClassPathDigest::ofThisJvm));
        JobLease lease = given == null
                ? JobLease.create(cluster, manifests.lease())
                : JobLease.takeOver(cluster, manifests.lease());
        try {
            JobDriver driver = JobDriver.open(name, plan);
            return RunningJob.start(driver, new JobPods(driver, cluster, settings, manifests, lease));
        } catch (RuntimeException e) {
            try {
                lease.delete();
            } catch (KubernetesClientException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /**
     * Starts a job whose driver is a pod, too, and returns at once: the job goes on without this JVM. A driver that is lost is
     * started again, and takes the job over. The pipeline is made in that pod, by a main class which launches one with this
     * launcher, and exits as {@code ghee run} does; the image must have it.
     *
     * @param name of the pipeline; the job's is made of it
     * @param main has a main method
     * @param arguments what it is called with
     * @throws io.ghee.ConfigurationException if one may not do that, or it cannot be named so
     * @throws io.ghee.InfrastructureException if the cluster does not answer
     */
    public Submission submit(String name, Class<?> main, List<String> arguments) {
        Cluster cluster = Cluster.open(settings.namespace);
        try {
            String job = Names.job(LocalLauncher.uniqueName(name));
            new Preflight(cluster, settings).checkSubmission();
            boolean tellsExits = cluster.tellsExits();
            int restarts = settings.driverRestarts == null ? tellsExits ? DRIVER_RESTARTS : 0 : settings.driverRestarts;
            DriverManifests driver = new DriverManifests(job, name, cluster.namespace(), settings);
            cluster.create("job", driver.job(main, arguments, restarts, tellsExits));
            return new Submission(cluster, job);
        } catch (RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    /**
     * Checks all that can be known of a job beforehand: that it may be started and has room, that its input is there, and that
     * its output can be written. Creates nothing.
     *
     * @throws io.ghee.GheeException as {@link #launch} does
     */
    public void preflight(Pipeline pipeline) {
        try (Cluster cluster = Cluster.open(settings.namespace)) {
            Plan plan = pipeline.plan();
            String name = Names.job(LocalLauncher.uniqueName(pipeline), plan);
            Manifests manifests =
                    new Manifests(name, cluster.namespace(), plan, settings, HadoopSettings.ofThisProcess());
            new Preflight(cluster, settings).check(plan, manifests.pods(UNKNOWN));
            JobDriver.check(name, plan);
        }
    }

    /** Looks whether the cluster has what jobs need. */
    public List<Finding> examine() {
        try (Cluster cluster = Cluster.open(settings.namespace)) {
            return new Preflight(cluster, settings).examine();
        }
    }

    /** The jobs of the namespace, whoever started them. To be closed. */
    public Jobs jobs() {
        return new Jobs(Cluster.open(settings.namespace));
    }

    /**
     * What would be created for a job, as YAML, without the keys; nothing is asked of a cluster.
     *
     * @throws io.ghee.ConfigurationException if the pipeline cannot run on Kubernetes
     */
    public String manifests(Pipeline pipeline) {
        Plan plan = pipeline.plan();
        String name = Names.job(pipeline.name() + "-00000", plan);
        String namespace = Optional.ofNullable(settings.namespace).orElse("default");
        String host = Optional.ofNullable(settings.driverHost).orElse("DRIVER");
        return new Manifests(name, namespace, plan, settings, HadoopSettings.ofThisProcess())
                .yaml("tcp://" + host + ":PORT");
    }
}
