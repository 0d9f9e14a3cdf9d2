package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.ghee.ConfigurationException;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a namespace allows its pods to take together. */
final class Quotas {
    private static final String REQUESTS = "requests.";
    private static final String LIMITS = "limits.";

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
            pod.getSpec().getContainers().forEach(container -> {
                if (container.getResources() != null) {
                    add(asked, REQUESTS, container.getResources().getRequests());
                    add(asked, LIMITS, container.getResources().getLimits());
                }
            });
        }
        // The short names mean the requests.
        for (String resource : List.of("cpu", "memory")) {
            Optional.ofNullable(asked.get(REQUESTS + resource)).ifPresent(sum -> asked.put(resource, sum));
        }
        return asked;
    }

    private static void add(Map<String, BigDecimal> asked, String prefix, Map<String, Quantity> amounts) {
        if (amounts != null) {
            amounts.forEach((resource, amount) -> add(asked, prefix + resource, amount.getNumericalAmount()));
        }
    }

    private static void add(Map<String, BigDecimal> asked, String resource, BigDecimal amount) {
        asked.merge(resource, amount, BigDecimal::add);
    }
}
