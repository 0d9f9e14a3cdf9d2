package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.ghee.ConfigurationException;
import io.ghee.GheeException;
import io.ghee.Resources;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import java.math.BigDecimal;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** What can be known to fail before anything is created. */
final class Preflight {
    /** What a driver does. */
    private static final Map<String, List<String>> DRIVER = Map.of(
            "leases", List.of("create", "get", "update", "delete"),
            "pods", List.of("create", "get", "list", "watch", "delete", "deletecollection"),
            "secrets", List.of("create"),
            "configmaps", List.of("create", "get", "delete"),
            "services", List.of("create", "get", "delete"));

    /** What who hands a job over to a driver in the cluster does. */
    private static final Map<String, List<String>> SUBMITTER =
            Map.of("jobs", List.of("create", "get"), "pods", List.of("get", "list"), "pods/log", List.of("get"));

    private static final Map<String, String> GROUPS = Map.of("leases", "coordination.k8s.io", "jobs", "batch");

    private final Cluster cluster;
    private final Settings settings;

    Preflight(Cluster cluster, Settings settings) {
        this.cluster = cluster;
        this.settings = settings;
    }

    /**
     * Checks that a job may be started, that each of its pods fits some node, and that all of them fit the quota.
     *
     * @return what it found: nothing amiss
     * @throws ConfigurationException with what is missing
     */
    List<Boolean> check(Plan plan, List<Pod> pods) {
        return Cluster.atOnce(
                List.of(() -> require(DRIVER, "ghee-driver"), () -> checkNodes(plan), () -> checkQuotas(pods)));
    }

    private boolean checkNodes(Plan plan) {
        if (may("nodes", "list", false)) {
            List<Node> nodes = nodes();
            plan.stages().forEach(stage -> checkFits(stage, nodes));
        }
        return true;
    }

    private boolean checkQuotas(List<Pod> pods) {
        if (may("resourcequotas", "list", true)) {
            Quotas.check(
                    cluster.ask(
                                    "to list quotas",
                                    () -> cluster.client()
                                            .resourceQuotas()
                                            .inNamespace(cluster.namespace())
                                            .list())
                            .getItems(),
                    pods);
        }
        return true;
    }

    /**
     * Checks that a job may be handed over to a driver in the cluster.
     *
     * @throws ConfigurationException with what is missing
     */
    void checkSubmission() {
        require(SUBMITTER, "ghee-user");
    }

    private boolean require(Map<String, List<String>> needed, String role) {
        List<String> missing = missing(needed);
        if (!missing.isEmpty()) {
            throw new ConfigurationException(
                    where() + ": not allowed to " + String.join(", ", missing) + " (expected: the Role " + role + ")");
        }
        return true;
    }

    private String where() {
        return "namespace " + cluster.namespace() + " of " + cluster.client().getMasterUrl();
    }

    /** What ghee needs and may not do, such as "create pods". */
    private List<String> missing(Map<String, List<String>> needed) {
        List<Supplier<Optional<String>>> questions = new ArrayList<>();
        needed.forEach((resource, verbs) -> verbs.forEach(verb -> questions.add(
                () -> may(resource, verb, true) ? Optional.empty() : Optional.of(verb + " " + resource))));
        return Cluster.atOnce(questions).stream()
                .flatMap(Optional::stream)
                .sorted()
                .toList();
    }

    private boolean may(String resource, String verb, boolean namespaced) {
        int slash = resource.indexOf('/');
        SelfSubjectAccessReview review = new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withNamespace(namespaced ? cluster.namespace() : null)
                .withGroup(GROUPS.getOrDefault(resource, ""))
                .withResource(slash < 0 ? resource : resource.substring(0, slash))
                .withSubresource(slash < 0 ? null : resource.substring(slash + 1))
                .withVerb(verb)
                .endResourceAttributes()
                .endSpec()
                .build();
        return Boolean.TRUE.equals(cluster.ask(
                        "to ask for one's rights",
                        () -> cluster.client().resource(review).create())
                .getStatus()
                .getAllowed());
    }

    private List<Node> nodes() {
        return cluster.ask("to list nodes", () -> cluster.client().nodes().list())
                .getItems();
    }

    private void checkFits(PlannedStage stage, List<Node> nodes) {
        // Without any, there may be some as soon as there are pods.
        if (!nodes.isEmpty() && nodes.stream().noneMatch(node -> fits(stage.resources(), node))) {
            String most = nodes.stream().map(this::describe).distinct().toList().toString();
            throw new ConfigurationException("stage " + stage.name() + " asks for " + stage.resources()
                    + " each, which no node can hold, even an empty one (expected: at most one of " + most + ")");
        }
    }

    private boolean fits(Resources asked, Node node) {
        return asked.cpus() <= amount(node, "cpu").doubleValue()
                && asked.memory()
                        .map(memory -> BigDecimal.valueOf(memory.bytes()).compareTo(amount(node, "memory")) <= 0)
                        .orElse(true)
                && asked.gpus() <= amount(node, settings.gpuResource).intValue();
    }

    private static BigDecimal amount(Node node, String resource) {
        Quantity quantity = node.getStatus().getAllocatable().get(resource);
        return quantity == null ? BigDecimal.ZERO : quantity.getNumericalAmount();
    }

    private String describe(Node node) {
        return amount(node, "cpu").stripTrailingZeros().toPlainString() + " cpus, "
                + amount(node, "memory").longValue() / (1 << 20) + " MiB, "
                + amount(node, settings.gpuResource).intValue() + " " + settings.gpuResource;
    }

    /** All that jobs need of a cluster, found or not; one after the other until the server cannot be asked. */
    List<Finding> examine() {
        List<Finding> findings = new ArrayList<>();
        String version = "API server";
        findings.add(find(
                version,
                () -> cluster.client().getMasterUrl() + ", Kubernetes "
                        + cluster.ask("to ask for its version", cluster.client()::getKubernetesVersion)
                                .getGitVersion()));
        if (!findings.get(0).ok()) {
            return findings;
        }
        findings.add(find("namespace", () -> {
            require(DRIVER, "ghee-driver");
            return cluster.namespace() + ": a driver may do all it needs to";
        }));
        findings.add(find("namespace", () -> {
            checkSubmission();
            return cluster.namespace() + ": jobs may be handed over to drivers in the cluster";
        }));
        for (String account : List.of(settings.template.getSpec().getServiceAccountName(), settings.driverAccount)) {
            findings.add(find("service account", () -> serviceAccount(account)));
        }
        findings.add(find(
                "nodes",
                () -> may("nodes", "list", false)
                        ? nodes().stream().map(this::describe).toList().toString()
                        : "not allowed to list them: what no node can hold is found when it is tried"));
        return findings;
    }

    private String serviceAccount(String name) {
        try {
            if (cluster.client()
                            .serviceAccounts()
                            .inNamespace(cluster.namespace())
                            .withName(name)
                            .get()
                    == null) {
                throw new ConfigurationException(where() + ": service account " + name
                        + " is not there (expected: what the chart of ghee installs)");
            }
            return name;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_FORBIDDEN) {
                return name + ": not allowed to look whether it is there";
            }
            throw cluster.explain("to look at service account " + name, e);
        }
    }

    private static Finding find(String what, Supplier<String> check) {
        try {
            return new Finding(what, true, check.get());
        } catch (GheeException e) {
            return new Finding(what, false, e.reason());
        }
    }
}
