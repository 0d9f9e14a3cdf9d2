package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.ghee.ConfigurationException;
import io.ghee.Resources;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What can be known to fail before anything is created. */
final class Preflight {
    private static final Map<String, List<String>> NEEDED = Map.of(
            "leases", List.of("create", "get", "update", "delete"),
            "pods", List.of("create", "get", "list", "watch", "delete", "deletecollection"),
            "secrets", List.of("create"),
            "configmaps", List.of("create"),
            "services", List.of("create"));

    private final Cluster cluster;
    private final Settings settings;

    Preflight(Cluster cluster, Settings settings) {
        this.cluster = cluster;
        this.settings = settings;
    }

    /**
     * Checks that a job may be started, and that each of its pods fits some node.
     *
     * @throws ConfigurationException with what is missing
     */
    void check(Plan plan) {
        List<String> missing = missing();
        if (!missing.isEmpty()) {
            throw new ConfigurationException("namespace " + cluster.namespace() + " of "
                    + cluster.client().getMasterUrl() + ": not allowed to " + String.join(", ", missing)
                    + " (expected: the Role ghee-driver)");
        }
        if (may("nodes", "list", false)) {
            List<Node> nodes = cluster.ask(
                            "to list nodes", () -> cluster.client().nodes().list())
                    .getItems();
            plan.stages().forEach(stage -> checkFits(stage, nodes));
        }
    }

    /** What ghee needs and may not do, such as "create pods". */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        NEEDED.forEach((resource, verbs) -> verbs.stream()
                .filter(verb -> !may(resource, verb, true))
                .forEach(verb -> missing.add(verb + " " + resource)));
        missing.sort(String::compareTo);
        return missing;
    }

    private boolean may(String resource, String verb, boolean namespaced) {
        SelfSubjectAccessReview review = new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withNamespace(namespaced ? cluster.namespace() : null)
                .withGroup(resource.equals("leases") ? "coordination.k8s.io" : "")
                .withResource(resource)
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

    private void checkFits(PlannedStage stage, List<Node> nodes) {
        if (nodes.stream().noneMatch(node -> fits(stage.resources(), node))) {
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
}
