package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.VersionInfo;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.PodResource;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import java.net.HttpURLConnection;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A namespace of a cluster, by a client that is closed with it. Thread-safe. */
final class Cluster implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);
    private static final int CONNECT_MILLIS = 5_000;
    private static final Duration REQUEST = Duration.ofSeconds(15);
    private static final int RETRIES = 3;
    /** How long a server may be away in the midst of a job. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** How long what is in the way may take to be gone. */
    private static final Duration REMOVAL = Duration.ofSeconds(60);

    private static final long PAUSE_MILLIS = 500;
    /** The reason where a request came at the same time as another one. */
    private static final String CONFLICT = "Conflict";
    /** The minor version. */
    private static final int TELLS_EXITS = 26;

    private final KubernetesClient client;
    private final String namespace;
    private final Duration patience;

    private Cluster(KubernetesClient client, String namespace, Duration patience) {
        this.client = client;
        this.namespace = namespace;
        this.patience = patience;
    }

    /** For that of a client's configuration, whose requests are given up after some time. */
    static Cluster of(Config found, @Nullable String namespace, Duration request) {
        Config config = new ConfigBuilder(found)
                .withConnectionTimeout(CONNECT_MILLIS)
                .withRequestTimeout((int) request.toMillis())
                .withRequestRetryBackoffLimit(RETRIES)
                .build();
        KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build();
        String used = namespace != null ? namespace : config.getNamespace() == null ? "default" : config.getNamespace();
        return new Cluster(client, used, Duration.ZERO);
    }

    /**
     * For the cluster that {@code KUBECONFIG}, {@code ~/.kube/config} or the pod's service account names.
     *
     * @param namespace null for that of the context
     * @throws ConfigurationException if there is none of these
     */
    static Cluster open(@Nullable String namespace) {
        Config found = Config.autoConfigure(null);
        if (found.getFile() == null && System.getenv("KUBERNETES_SERVICE_HOST") == null) {
            throw new ConfigurationException("no cluster is configured (expected: KUBECONFIG, "
                    + Path.of(System.getProperty("user.home"), ".kube", "config") + ", or a pod's service account)");
        }
        return of(found, namespace, REQUEST);
    }

    /** The same, by the same client, which goes on asking a server that is away for up to a minute. */
    Cluster patient() {
        return new Cluster(client, namespace, PATIENCE);
    }

    KubernetesClient client() {
        return client;
    }

    String namespace() {
        return namespace;
    }

    /** Whether batch jobs tell apart with what exit code a pod has failed: since Kubernetes 1.26. */
    boolean tellsExits() {
        VersionInfo version = ask("to ask for its version", client::getKubernetesVersion);
        int minor = Integer.parseInt(version.getMinor().replaceAll("\\D", ""));
        return Integer.parseInt(version.getMajor()) > 1 || minor >= TELLS_EXITS;
    }

    NonNamespaceOperation<Pod, PodList, PodResource> pods() {
        MixedOperation<Pod, PodList, PodResource> all = client.pods();
        return all.inNamespace(namespace);
    }

    /**
     * Asks the API server something, up to three times more if it does not answer or is busy; longer if this is {@link #patient}.
     *
     * @param what what is asked, for the message
     * @throws GheeException with what the server said
     */
    <T> T ask(String what, Supplier<T> question) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return question.get();
            } catch (KubernetesClientException e) {
                GheeException said = explain(what, e);
                if (said.kind() != GheeException.Kind.INFRASTRUCTURE || System.nanoTime() - deadline >= 0) {
                    throw said;
                }
                LOG.warn("{}; it is asked again", said.reason());
                pause(what);
            }
        }
    }

    private static void pause(String what) {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GheeException(GheeException.Kind.CANCELLED, "interrupted while waiting " + what, e);
        }
    }

    /**
     * Asks several questions at once, and waits for all answers.
     *
     * @throws GheeException of the first question that failed, in their order
     */
    static <T> List<T> atOnce(List<Supplier<T>> questions) {
        ExecutorService threads = Executors.newFixedThreadPool(questions.size(), task -> {
            Thread thread = new Thread(task, "ghee-ask");
            thread.setDaemon(true);
            return thread;
        });
        try {
            List<CompletableFuture<T>> asked = questions.stream()
                    .map(question -> CompletableFuture.supplyAsync(question, threads))
                    .toList();
            return asked.stream().map(CompletableFuture::join).toList();
        } catch (CompletionException e) {
            throw e.getCause() instanceof GheeException said ? said : e;
        } finally {
            threads.shutdown();
        }
    }

    /**
     * Creates an object whose name says all about it: where it is there already, the answer to a first request was lost.
     *
     * @param what its kind, for the message
     * @throws GheeException with what the server said
     */
    void create(String what, HasMetadata object) {
        if (!tryToCreate(what, object)) {
            LOG.debug("{} {} is there already", what, object.getMetadata().getName());
        }
    }

    /**
     * Creates an object of a job. One that an earlier lease of the job has left is deleted first: the servers collect it, but
     * later.
     *
     * @param what its kind, for the message
     * @throws ConfigurationException if there is one of that name that is not the job's
     * @throws GheeException with what the server said
     */
    void createOwned(String what, HasMetadata object) {
        String name = what + " " + object.getMetadata().getName();
        long deadline = System.nanoTime() + REMOVAL.toNanos();
        while (!tryToCreate(what, object)) {
            Optional<HasMetadata> there = ask(
                    "to look at " + name,
                    () -> Optional.ofNullable(client.resource(object).get()));
            if (there.isPresent()) {
                HasMetadata old = there.get();
                if (!job(old).equals(job(object))) {
                    throw new ConfigurationException("namespace " + namespace + " of " + client.getMasterUrl() + ": "
                            + name + " is there already, and not this job's (expected: none of that name)");
                } else if (owners(old).equals(owners(object))) {
                    // The answer to a first request was lost.
                    return;
                } else if (System.nanoTime() - deadline > 0) {
                    throw new InfrastructureException("namespace " + namespace + " of " + client.getMasterUrl() + ": "
                            + name + " of an earlier driver is still there after " + REMOVAL.toSeconds() + " s");
                }
                ask(
                        "to delete " + name,
                        () -> client.resource(old).withGracePeriod(0).delete());
            }
            pause("to create " + name);
        }
    }

    private static String job(HasMetadata object) {
        Map<String, String> labels = object.getMetadata().getLabels();
        return labels == null ? "" : labels.getOrDefault(Manifests.JOB, "");
    }

    private static Set<String> owners(HasMetadata object) {
        return object.getMetadata().getOwnerReferences().stream()
                .map(OwnerReference::getUid)
                .collect(Collectors.toSet());
    }

    /** False if there is one of that name. */
    private boolean tryToCreate(String what, HasMetadata object) {
        return ask("to create " + what + " " + object.getMetadata().getName(), () -> {
            try {
                client.resource(object).create();
                return true;
            } catch (KubernetesClientException e) {
                // Two may not change a quota at the same time, either; that passes.
                if (e.getCode() == HttpURLConnection.HTTP_CONFLICT && !CONFLICT.equals(reason(e))) {
                    return false;
                }
                throw e;
            }
        });
    }

    private static @Nullable String reason(KubernetesClientException e) {
        return e.getStatus() == null ? null : e.getStatus().getReason();
    }

    GheeException explain(String what, KubernetesClientException e) {
        String said = e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : rootMessage(e);
        String where = "namespace " + namespace + " of " + client.getMasterUrl();
        return switch (e.getCode()) {
            case HttpURLConnection.HTTP_UNAUTHORIZED ->
                new ConfigurationException(
                        where + ": who asks is not known: " + said
                                + " (expected: a token or certificate that has not expired)",
                        e);
            case HttpURLConnection.HTTP_FORBIDDEN ->
                // What another job gives back may be counted as used for a moment.
                said.contains("exceeded quota")
                        ? new InfrastructureException(where + ": " + what + ": no room: " + said, e)
                        : new ConfigurationException(where + ": " + what + " is not allowed: " + said, e);
            case HttpURLConnection.HTTP_NOT_FOUND -> new ConfigurationException(where + ": " + what + ": " + said, e);
            case HttpURLConnection.HTTP_BAD_REQUEST, 422 ->
                new ConfigurationException(where + ": " + what + " is not taken: " + said, e);
            // The client has had no answer.
            case 0, -1 -> new InfrastructureException(where + ": " + what + ": no answer: " + said, e);
            default -> new InfrastructureException(where + ": " + what + " failed: " + e.getCode() + " " + said, e);
        };
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage() == null ? root.toString() : root.getMessage();
    }

    /** The address by which pods reach this JVM: its pod's, else the first of this machine that is not loopback. */
    static String ownAddress() {
        try {
            if (Files.exists(Path.of("/var/run/secrets/kubernetes.io/serviceaccount"))) {
                return InetAddress.getLocalHost().getHostAddress();
            }
            for (NetworkInterface each : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (each.isUp() && !each.isLoopback()) {
                    for (InetAddress address : Collections.list(each.getInetAddresses())) {
                        if (address instanceof Inet4Address && !address.isLinkLocalAddress()) {
                            return address.getHostAddress();
                        }
                    }
                }
            }
        } catch (SocketException | java.net.UnknownHostException e) {
            throw new InfrastructureException("the addresses of this machine cannot be read: " + e, e);
        }
        throw new ConfigurationException("driver host: none (expected: an address of this machine that pods reach)");
    }

    @Override
    public void close() {
        client.close();
    }
}
