package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.ghee.GheeException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What keeps a pod from working, in words for its user.
 *
 * @param kind what is to be done about it
 * @param text what happened, and what helps
 */
record PodTrouble(Kind kind, String text) {
    /** What comes of it. */
    enum Kind {
        /** It may still come right by itself. */
        WAITING,
        /** The cluster has no room for it now. */
        UNPLACED,
        /** The pod is gone, another one may do. */
        LOST,
        /** Another one would fare no better. */
        HOPELESS
    }

    /** Of a JVM with {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    private static final Set<String> HOPELESS_REASONS =
            Set.of("InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError");

    /** As {@code kubectl} would show it, with what helps; none if the pod is well, or on its way. */
    static Optional<PodTrouble> of(Pod pod) {
        PodStatus status = pod.getStatus();
        if (status == null) {
            return Optional.empty();
        }
        ContainerState state = workerState(status);
        if (state != null && state.getTerminated() != null) {
            return Optional.of(new PodTrouble(Kind.LOST, ended(pod, state.getTerminated())));
        }
        if ("Failed".equals(status.getPhase()) || "NodeLost".equals(status.getReason())) {
            return Optional.of(new PodTrouble(Kind.LOST, failed(status)));
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return Optional.of(new PodTrouble(Kind.LOST, disrupted(status)));
        }
        if (state != null && state.getWaiting() != null && isTrouble(state.getWaiting())) {
            return Optional.of(waiting(pod, state.getWaiting()));
        }
        return unplaced(status);
    }

    private static @Nullable ContainerState workerState(PodStatus status) {
        return status.getContainerStatuses().stream()
                .filter(each -> PodTemplates.WORKER.equals(each.getName()))
                .map(ContainerStatus::getState)
                .findFirst()
                .orElse(null);
    }

    private static String ended(Pod pod, ContainerStateTerminated end) {
        int code = end.getExitCode() == null ? 0 : end.getExitCode();
        String said = lastWords(end.getMessage());
        if ("OOMKilled".equals(end.getReason())) {
            return "was killed for want of memory: it took all of its limit of " + memoryLimit(pod)
                    + " (give it more memory)" + said;
        }
        if (ranOutOfMemory(end)) {
            return "ran out of heap or direct memory (exit code 3; give it more memory)" + said;
        }
        return switch (code) {
            case 137 -> "was killed by SIGKILL (exit code 137)" + said;
            case 143 -> "was killed by SIGTERM (exit code 143)" + said;
            default -> "ended with exit code " + code + said;
        };
    }

    /** Whether the JVM has ended itself. A driver exits with 3 for other reasons, too. */
    private static boolean ranOutOfMemory(ContainerStateTerminated end) {
        return Objects.equals(end.getExitCode(), OUT_OF_MEMORY)
                && lastWords(end.getMessage()).contains("Terminating due to java.lang.OutOfMemoryError");
    }

    /** What a driver's end means to who started it: for want of memory, that of a failed machine. */
    static int exitCode(ContainerStateTerminated end) {
        return ranOutOfMemory(end) ? GheeException.Kind.INFRASTRUCTURE.exitCode() : end.getExitCode();
    }

    private static String memoryLimit(Pod pod) {
        return pod.getSpec().getContainers().stream()
                .filter(each -> PodTemplates.WORKER.equals(each.getName()))
                .map(each -> each.getResources())
                .filter(each -> each != null
                        && each.getLimits() != null
                        && each.getLimits().containsKey("memory"))
                .map(each -> each.getLimits().get("memory").getNumericalAmount().longValue() / (1 << 20) + " MiB")
                .findFirst()
                .orElse("the node's memory, as it has no limit of its own");
    }

    private static String failed(PodStatus status) {
        String why =
                status.getMessage() == null ? "" : ": " + status.getMessage().strip();
        return switch (String.valueOf(status.getReason())) {
            case "Evicted" -> "was evicted by its node" + why;
            case "NodeLost" -> "is on a node that is lost" + why;
            case "Preempting", "Preempted" -> "had to make room for a pod of higher priority" + why;
            case "UnexpectedAdmissionError", "OutOfcpu", "OutOfmemory", "OutOfpods" ->
                "was not admitted by its node: " + status.getReason() + why;
            default -> "failed" + (status.getReason() == null ? "" : " (" + status.getReason() + ")") + why;
        };
    }

    /** Newer clusters say why a pod is being deleted. */
    private static String disrupted(PodStatus status) {
        return "is being deleted"
                + status.getConditions().stream()
                        .filter(each -> "DisruptionTarget".equals(each.getType()))
                        .map(each -> " (" + each.getReason() + ": " + each.getMessage() + ")")
                        .findFirst()
                        .orElse("");
    }

    private static boolean isTrouble(ContainerStateWaiting waiting) {
        return waiting.getReason() != null
                && !waiting.getReason().equals("ContainerCreating")
                && !waiting.getReason().equals("PodInitializing");
    }

    private static PodTrouble waiting(Pod pod, ContainerStateWaiting waiting) {
        String why =
                waiting.getMessage() == null ? "" : ": " + waiting.getMessage().strip();
        String reason = waiting.getReason();
        if (reason.toLowerCase(Locale.ROOT).contains("image")) {
            String image = pod.getSpec().getContainers().stream()
                    .filter(each -> PodTemplates.WORKER.equals(each.getName()))
                    .map(each -> String.valueOf(each.getImage()))
                    .findFirst()
                    .orElse("");
            return new PodTrouble(
                    HOPELESS_REASONS.contains(reason) ? Kind.HOPELESS : Kind.WAITING,
                    "has no image " + image + " (" + reason + why
                            + "; check the name, and the pull secrets if the registry is private)");
        }
        return new PodTrouble(
                HOPELESS_REASONS.contains(reason) ? Kind.HOPELESS : Kind.WAITING,
                "does not start (" + reason + why + ")");
    }

    private static Optional<PodTrouble> unplaced(PodStatus status) {
        return status.getConditions().stream()
                .filter(each -> "PodScheduled".equals(each.getType()) && "False".equals(each.getStatus()))
                .findFirst()
                .map(PodTrouble::unplaced);
    }

    private static PodTrouble unplaced(PodCondition condition) {
        String why =
                condition.getMessage() == null ? "" : condition.getMessage().strip();
        return "Unschedulable".equals(condition.getReason())
                ? new PodTrouble(Kind.UNPLACED, "cannot be placed: " + why + " (ask for less, or wait for room)")
                : new PodTrouble(Kind.WAITING, "is not placed yet: " + condition.getReason() + " " + why);
    }

    private static String lastWords(@Nullable String message) {
        if (message == null) {
            return "";
        }
        String last = Arrays.stream(message.split("\n"))
                .filter(line -> !line.isBlank() && !line.startsWith("SLF4J"))
                .reduce((first, second) -> second)
                .map(String::strip)
                .orElse("");
        return last.isEmpty() ? "" : "; its last words: " + last;
    }

    /** Whether a node has been found for the pod. */
    static boolean isPlaced(Pod pod) {
        return pod.getSpec().getNodeName() != null;
    }
}
