package io.ghee.k8s;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.ghee.GheeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
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
        /** The same, and the worker has never run. */
        REFUSED,
        /** Another one would fare no better. */
        HOPELESS
    }

    /** Of a JVM with {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    /** A container whose configuration is wrong, and one whose secrets are not at hand for a moment, are not told apart. */
    private static final Set<String> HOPELESS_REASONS = Set.of("InvalidImageName", "ErrImageNeverPull");

    /** The reason where a node tries again what has failed. */
    private static final String SANDBOX_AGAIN = "SandboxChanged";

    /** Of containers that have ended without having begun. */
    private static final Set<String> NOT_STARTED = Set.of("StartError", "ContainerCannotRun");

    /** Of pods that their nodes have sent away; those whose names begin with {@code OutOf} as well. */
    private static final Set<String> NOT_ADMITTED =
            Set.of("UnexpectedAdmissionError", "NodeAffinity", "NodeName", "NodePorts", "NodeUnschedulable");

    /** As {@code kubectl} would show it, with what helps; none if the pod is well, or on its way. */
    static Optional<PodTrouble> of(Pod pod) {
        PodStatus status = pod.getStatus();
        if (status == null) {
            return Optional.empty();
        }
        ContainerState state = workerState(status);
        if (state != null && state.getTerminated() != null) {
            Kind kind = isStartFailure(state.getTerminated()) ? Kind.REFUSED : Kind.LOST;
            return Optional.of(new PodTrouble(kind, ended(pod, state.getTerminated())));
        }
        if ("Failed".equals(status.getPhase()) || "NodeLost".equals(status.getReason())) {
            return Optional.of(new PodTrouble(isNotAdmitted(status) ? Kind.REFUSED : Kind.LOST, failed(status)));
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return Optional.of(new PodTrouble(Kind.LOST, disrupted(status)));
        }
        if (state != null && state.getWaiting() != null && isTrouble(state.getWaiting())) {
            return Optional.of(waiting(pod, state.getWaiting()));
        }
        return unplaced(status);
    }

    /** What the last event of a pod says that has its place, if that is a warning; what went on after one is over. */
    static Optional<PodTrouble> ofEvents(List<Event> events) {
        return events.stream()
                .filter(event -> !SANDBOX_AGAIN.equals(event.getReason()))
                .reduce((first, second) -> time(second).isBefore(time(first)) ? first : second)
                .filter(last -> "Warning".equals(last.getType()))
                .map(last -> new PodTrouble(
                        Kind.WAITING, "does not start (" + last.getReason() + because(last.getMessage()) + ")"));
    }

    /** When it was seen last; old and new servers say that in different fields. */
    private static Instant time(Event event) {
        MicroTime again = event.getSeries() == null ? null : event.getSeries().getLastObservedTime();
        return Stream.of(
                        Optional.ofNullable(event.getLastTimestamp()),
                        Optional.ofNullable(again).map(MicroTime::getTime),
                        Optional.ofNullable(event.getEventTime()).map(MicroTime::getTime))
                .flatMap(Optional::stream)
                .map(Instant::parse)
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
    }

    private static @Nullable ContainerState workerState(PodStatus status) {
        return status.getContainerStatuses().stream()
                .filter(each -> PodTemplates.WORKER.equals(each.getName()))
                .map(ContainerStatus::getState)
                .findFirst()
                .orElse(null);
    }

    private static boolean isStartFailure(ContainerStateTerminated end) {
        return NOT_STARTED.contains(String.valueOf(end.getReason()));
    }

    private static boolean isNotAdmitted(PodStatus status) {
        String reason = String.valueOf(status.getReason());
        return NOT_ADMITTED.contains(reason) || reason.startsWith("OutOf");
    }

    private static String ended(Pod pod, ContainerStateTerminated end) {
        int code = end.getExitCode() == null ? 0 : end.getExitCode();
        if (isStartFailure(end)) {
            return "could not be started by its node (" + end.getReason() + because(end.getMessage()) + ")";
        } else if ("ContainerStatusUnknown".equals(end.getReason())) {
            return "was lost by its node (" + end.getReason() + because(end.getMessage()) + ")";
        }
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
        String why = because(status.getMessage());
        if (isNotAdmitted(status)) {
            return "was not admitted by its node: " + status.getReason() + why;
        }
        return switch (String.valueOf(status.getReason())) {
            case "Evicted" -> "was evicted by its node" + why;
            case "NodeLost" -> "is on a node that is lost" + why;
            case "Preempting", "Preempted" -> "had to make room for a pod of higher priority" + why;
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
        String why = because(waiting.getMessage());
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

    private static String because(@Nullable String message) {
        return message == null || message.isBlank() ? "" : ": " + message.strip();
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
