package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.ghee.ConfigurationException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** What a namespace allows its pods to take together. */
final class Quotas {
    private static final String REQUESTS = "requests.";
    private static final String LIMITS = "limits.";
    /** The restart policy of an init container that runs beside the others: a sidecar. */
    private static final String ALWAYS = "Always";

    private Quotas() {}

    /**
     * Checks that pods fit what is left.
     *
     * @throws ConfigurationException with the quota, what the job asks for, and what is left
     */
    static void check(List<ResourceQuota> quotas, List<Pod> pods) {
        Map<String, BigDecimal> asked = asked(pods);
        for (ResourceQuota quota : quotas) {
            Map<String, Quantity> hard =
                    quota.getStatus() == null ? null : quota.getStatus().getHard();
            Map<String, Quantity> used =
                    quota.getStatus() == null ? null : quota.getStatus().getUsed();
            if (hard == null || !isForAll(quota)) {
                continue;
            }
            hard.forEach((resource, most) -> {
                BigDecimal wanted = asked.getOrDefault(resource, BigDecimal.ZERO);
                BigDecimal taken = Optional.ofNullable(used)
                        .map(all -> all.get(resource))
                        .map(Quantity::getNumericalAmount)
                        .orElse(BigDecimal.ZERO);
                BigDecimal left = most.getNumericalAmount().subtract(taken);
                if (wanted.signum() > 0 && wanted.compareTo(left) > 0) {
                    throw new ConfigurationException("quota "
                            + quota.getMetadata().getName() + " of namespace "
                            + quota.getMetadata().getNamespace() + ": the job asks for " + wanted.toPlainString() + " "
                            + resource + ", " + left.toPlainString() + " of " + most + " are left (expected: less)");
                }
            });
        }
    }

    private static boolean isForAll(ResourceQuota quota) {
        return quota.getSpec() == null
                || (quota.getSpec().getScopes().isEmpty() && quota.getSpec().getScopeSelector() == null);
    }

    private static Map<String, BigDecimal> asked(List<Pod> pods) {
        Map<String, BigDecimal> asked = new TreeMap<>();
        for (Pod pod : pods) {
            add(asked, "pods", BigDecimal.ONE);
            add(asked, "count/pods", BigDecimal.ONE);
            add(asked, REQUESTS, atMost(pod.getSpec(), Quotas::requests));
            add(asked, LIMITS, atMost(pod.getSpec(), Quotas::limits));
        }
        // The short names mean the requests.
        for (String resource : List.of("cpu", "memory")) {
            Optional.ofNullable(asked.get(REQUESTS + resource)).ifPresent(sum -> asked.put(resource, sum));
        }
        return asked;
    }

    /**
     * What a pod takes as it starts or later, as the servers count it: all of its containers together, or an init container
     * with the sidecars that have begun before it.
     */
    private static Map<String, BigDecimal> atMost(
            PodSpec pod, Function<ResourceRequirements, Map<String, Quantity>> amounts) {
        Map<String, BigDecimal> beside = new TreeMap<>();
        Map<String, BigDecimal> most = new TreeMap<>();
        for (Container container : pod.getInitContainers()) {
            Map<String, BigDecimal> now = new TreeMap<>(beside);
            add(now, container, amounts);
            now.forEach((resource, amount) -> most.merge(resource, amount, BigDecimal::max));
            if (ALWAYS.equals(container.getRestartPolicy())) {
                beside = now;
            }
        }
        for (Container container : pod.getContainers()) {
            add(beside, container, amounts);
        }
        beside.forEach((resource, amount) -> most.merge(resource, amount, BigDecimal::max));
        if (pod.getOverhead() != null) {
            pod.getOverhead()
                    .forEach((resource, amount) ->
                            most.computeIfPresent(resource, (r, sum) -> sum.add(amount.getNumericalAmount())));
        }
        return most;
    }

    private static void add(
            Map<String, BigDecimal> sum,
            Container container,
            Function<ResourceRequirements, Map<String, Quantity>> amounts) {
        if (container.getResources() != null) {
            amounts.apply(container.getResources())
                    .forEach((resource, amount) -> add(sum, resource, amount.getNumericalAmount()));
        }
    }

    /** Those that are not said are the limits. */
    private static Map<String, Quantity> requests(ResourceRequirements resources) {
        Map<String, Quantity> requests = new TreeMap<>(limits(resources));
        if (resources.getRequests() != null) {
            requests.putAll(resources.getRequests());
        }
        return requests;
    }

    private static Map<String, Quantity> limits(ResourceRequirements resources) {
        return resources.getLimits() == null ? Map.of() : resources.getLimits();
    }

    private static void add(Map<String, BigDecimal> asked, String prefix, Map<String, BigDecimal> amounts) {
        amounts.forEach((resource, amount) -> add(asked, prefix + resource, amount));
    }

    private static void add(Map<String, BigDecimal> asked, String resource, BigDecimal amount) {
        asked.merge(resource, amount, BigDecimal::add);
    }
}
