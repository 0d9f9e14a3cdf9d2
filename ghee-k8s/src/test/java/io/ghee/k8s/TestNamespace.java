package io.ghee.k8s;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.ghee.k8s.image.AgentImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * A namespace of a real cluster, with what the chart puts there, and nothing else. Jobs of this JVM act in it as the chart's
 * driver, not as whom {@code KUBECONFIG} names.
 *
 * <p>The nodes must have the image that {@code GHEE_TEST_IMAGE} names; and a directory of this machine must be theirs under
 * the same path: {@code GHEE_TEST_SHARED}, or that for temporary files if the only node is this machine.
 */
final class TestNamespace implements AutoCloseable {
    /** As Helm renders the chart: see {@link ChartTest}. Its Go runtime would take over the signals of this JVM. */
    private static final Path CHART = Path.of("src/test/resources/io/ghee/k8s/chart.yaml");
    /** Who may drive jobs. */
    static final String DRIVER = "ghee-driver";
    /** Who may hand them over, look at them, and stop them. */
    static final String USER = "ann";

    private static final String ACT_AS = "kubeconfig";
    private static final Duration GONE = Duration.ofSeconds(60);

    private final KubernetesClient admin = open();
    private final String name =
            "ghee-test-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 30), 36);
    private final Path shared;

    TestNamespace() throws IOException {
        String directory = System.getenv("GHEE_TEST_SHARED");
        shared = Files.createTempDirectory(
                Path.of(directory == null ? System.getProperty("java.io.tmpdir") : directory), name);
        shared.toFile().setReadable(true, false);
        admin.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        String chart = Files.readString(CHART).replace("namespace: ml", "namespace: " + name);
        admin.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withName(USER)
                        .endMetadata()
                        .build())
                .inNamespace(name)
                .create();
        for (HasMetadata each : admin.load(new ByteArrayInputStream(chart.getBytes(StandardCharsets.UTF_8)))
                .items()) {
            admin.resource(each).inNamespace(name).create();
        }
        actAs(DRIVER);
    }

    /** As whom {@code KUBECONFIG} names, and not as whom this JVM acts. */
    private static KubernetesClient open() throws IOException {
        String file = System.getenv("KUBECONFIG");
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(Path.of(file))))
                .build();
    }

    KubernetesClient admin() {
        return admin;
    }

    String name() {
        return name;
    }

    /** Seen by pods under the same path. */
    Path shared() {
        return shared;
    }

    /** From now on this JVM acts as that service account: {@link #DRIVER} or {@link #USER}. */
    void actAs(String account) throws IOException {
        System.setProperty(ACT_AS, configFor(account).toString());
    }

    private Path configFor(String account) throws IOException {
        TokenRequest token = admin.serviceAccounts()
                .inNamespace(name)
                .withName(account)
                .tokenRequest(new TokenRequestBuilder()
                        .withNewSpec()
                        .withExpirationSeconds(7200L)
                        .endSpec()
                        .build());
        Config config = admin.getConfiguration();
        Path file = shared.resolve("kubeconfig-" + account);
        Files.writeString(
                file, """
                apiVersion: v1
                kind: Config
                current-context: test
                contexts: [{name: test, context: {cluster: test, user: test, namespace: %s}}]
                users: [{name: test, user: {token: %s}}]
                clusters: [{name: test, cluster: {server: "%s", %s}}]
                """.formatted(name, token.getStatus().getToken(), config.getMasterUrl(), certificate(config)));
        return file;
    }

    private static String certificate(Config config) {
        return config.getCaCertData() != null
                ? "certificate-authority-data: " + config.getCaCertData()
                : config.getCaCertFile() != null
                        ? "certificate-authority: " + config.getCaCertFile()
                        : "insecure-skip-tls-verify: true";
    }

    /** A launcher into it, of pods that see {@link #shared} and have 1 GiB of memory to fill under {@code /fill}. */
    Kubernetes launcher() throws IOException {
        Path template = shared.resolve("pod.yaml");
        Files.writeString(template, """
                apiVersion: v1
                kind: Pod
                spec:
                  containers:
                  - name: worker
                    volumeMounts:
                    - {name: shared, mountPath: %1$s}
                    - {name: fill, mountPath: /fill}
                  volumes:
                  - {name: shared, hostPath: {path: %1$s}}
                  - {name: fill, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
                """.formatted(shared));
        return Kubernetes.namespace(name).podTemplate(template).image(image());
    }

    String image() {
        return System.getenv("GHEE_TEST_IMAGE");
    }

    /** The same, with a class of the tests before the jars of the image, so that it may be a driver's main class. */
    Kubernetes launcherWith(Class<?> main) throws IOException {
        Path classes = shared.resolve("classes");
        Path from =
                Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath());
        Path inside = Path.of(main.getPackageName().replace('.', '/'));
        Files.createDirectories(classes.resolve(inside));
        try (Stream<Path> all = Files.list(from.resolve(inside))) {
            for (Path each : all.filter(file -> file.getFileName().toString().startsWith(main.getSimpleName()))
                    .toList()) {
                Files.copy(
                        each, classes.resolve(inside).resolve(each.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return launcher().environment("JDK_JAVA_OPTIONS", "-cp " + classes + ":" + AgentImage.HOME + "/*");
    }

    List<Pod> pods() {
        return admin.pods().inNamespace(name).withLabel(Manifests.STAGE).list().getItems();
    }

    /** The pods that drive jobs. */
    List<Pod> drivers() {
        return admin.pods()
                .inNamespace(name)
                .withLabel(Manifests.JOB)
                .withoutLabel(Manifests.STAGE)
                .list()
                .getItems();
    }

    /** The names of all that belongs to jobs. */
    List<String> left() {
        return Stream.of(
                        admin.pods()
                                .inNamespace(name)
                                .withLabel(Manifests.JOB)
                                .list()
                                .getItems(),
                        admin.services()
                                .inNamespace(name)
                                .withLabel(Manifests.JOB)
                                .list()
                                .getItems(),
                        admin.secrets()
                                .inNamespace(name)
                                .withLabel(Manifests.JOB)
                                .list()
                                .getItems(),
                        admin.configMaps()
                                .inNamespace(name)
                                .withLabel(Manifests.JOB)
                                .list()
                                .getItems(),
                        admin.leases()
                                .inNamespace(name)
                                .withLabel(Manifests.JOB)
                                .list()
                                .getItems())
                .flatMap(List::stream)
                .map(each -> each.getKind() + " " + each.getMetadata().getName())
                .toList();
    }

    /** Waits until nothing that belongs to jobs is left. */
    void awaitNothingLeft(String of) {
        await(of + ": nothing left")
                .atMost(GONE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> left().isEmpty());
    }

    @Override
    public void close() throws IOException {
        System.clearProperty(ACT_AS);
        admin.namespaces().withName(name).delete();
        admin.close();
        try (Stream<Path> all = Files.walk(shared)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
