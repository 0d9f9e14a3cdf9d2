package io.ghee.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import org.junit.jupiter.api.Test;

/** As API servers have been seen to say it. */
class PodTroubleTest {
    private static Pod pod(PodStatus status) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("p")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("worker")
                .withImage("no/such:1")
                .withNewResources()
                .addToLimits("memory", new Quantity("512Mi"))
                .endResources()
                .endContainer()
                .endSpec()
                .withStatus(status)
                .build();
    }

    private static Pod pod(ContainerState state) {
        return pod(new PodStatusBuilder()
                .withPhase("Pending")
                .addNewContainerStatus()
                .withName("worker")
                .withState(state)
                .endContainerStatus()
                .build());
    }

    private static Pod ended(int code, String reason, String message) {
        return pod(new ContainerStateBuilder()
                .withNewTerminated()
                .withExitCode(code)
                .withReason(reason)
                .withMessage(message)
                .endTerminated()
                .build());
    }

    private static PodTrouble of(Pod pod) {
        return PodTrouble.of(pod).orElseThrow();
    }

    @Test
    void aPodOnItsWayHasNoTrouble() {
        assertThat(PodTrouble.of(pod(new PodStatus()))).isEmpty();
        assertThat(PodTrouble.of(pod(new ContainerStateBuilder()
                        .withNewWaiting()
                        .withReason("ContainerCreating")
                        .endWaiting()
                        .build())))
                .isEmpty();
        assertThat(PodTrouble.of(pod(new ContainerStateBuilder()
                        .withNewRunning()
                        .endRunning()
                        .build())))
                .isEmpty();
    }

    @Test
    void noRoomIsTheSchedulersWord() {
        PodTrouble trouble = of(pod(new PodStatusBuilder()
                .withPhase("Pending")
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")
                .endCondition()
                .build()));
        assertThat(trouble)
                .isEqualTo(new PodTrouble(
                        PodTrouble.Kind.UNPLACED,
                        "cannot be placed: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu."
                                + " (ask for less, or wait for room)"));
    }

    @Test
    void anImageThatIsNotThereMayStillCome() {
        PodTrouble trouble = of(pod(new ContainerStateBuilder()
                .withNewWaiting()
                .withReason("ImagePullBackOff")
                .withMessage("Back-off pulling image \"no/such:1\"")
                .endWaiting()
                .build()));
        assertThat(trouble.kind()).isEqualTo(PodTrouble.Kind.WAITING);
        assertThat(trouble.text()).contains("has no image no/such:1 (ImagePullBackOff: Back-off pulling");
    }

    @Test
    void aNameThatIsNoneNever() {
        PodTrouble trouble = of(pod(new ContainerStateBuilder()
                .withNewWaiting()
                .withReason("InvalidImageName")
                .endWaiting()
                .build()));
        assertThat(trouble.kind()).isEqualTo(PodTrouble.Kind.HOPELESS);
    }

    @Test
    void aSecretThatIsNotAtHandMayStillCome() {
        assertThat(of(pod(new ContainerStateBuilder()
                        .withNewWaiting()
                        .withReason("CreateContainerConfigError")
                        .withMessage("failed to sync secret cache: timed out waiting for the condition")
                        .endWaiting()
                        .build())))
                .isEqualTo(new PodTrouble(
                        PodTrouble.Kind.WAITING,
                        "does not start (CreateContainerConfigError: failed to sync secret cache: timed out waiting"
                                + " for the condition)"));
    }

    @Test
    void whatHasNotBegunHasNoLastWords() {
        assertThat(of(ended(128, "StartError", "failed to create containerd task: context canceled\n")))
                .isEqualTo(new PodTrouble(
                        PodTrouble.Kind.REFUSED,
                        "could not be started by its node (StartError: failed to create containerd task: context"
                                + " canceled)"));
        assertThat(of(ended(137, "ContainerStatusUnknown", "The container could not be located")))
                .isEqualTo(new PodTrouble(
                        PodTrouble.Kind.LOST,
                        "was lost by its node (ContainerStatusUnknown: The container could not be located)"));
        assertThat(of(pod(new PodStatusBuilder()
                        .withPhase("Failed")
                        .withReason("OutOfnvidia.com/gpu")
                        .withMessage("Node didn't have enough resource: nvidia.com/gpu")
                        .build())))
                .isEqualTo(new PodTrouble(
                        PodTrouble.Kind.REFUSED,
                        "was not admitted by its node: OutOfnvidia.com/gpu: Node didn't have enough resource:"
                                + " nvidia.com/gpu"));
    }

    private static Event event(String type, String reason, String time) {
        return new EventBuilder()
                .withType(type)
                .withReason(reason)
                .withLastTimestamp(time)
                .build();
    }

    @Test
    void aWarningIsOverWhenThePodHasGoneOn() {
        Event unplaced = new EventBuilder()
                .withType("Warning")
                .withReason("FailedScheduling")
                .withEventTime(new MicroTime("2026-01-01T00:00:01.500000Z"))
                .build();
        Event unmounted = event("Warning", "FailedMount", "2026-01-01T00:00:07Z");
        Event scheduled = event("Normal", "Scheduled", "2026-01-01T00:00:05Z");
        assertThat(PodTrouble.ofEvents(List.of())).isEmpty();
        assertThat(PodTrouble.ofEvents(List.of(scheduled, unplaced))).isEmpty();
        assertThat(PodTrouble.ofEvents(List.of(unplaced, unmounted, scheduled)))
                .contains(new PodTrouble(PodTrouble.Kind.WAITING, "does not start (FailedMount)"));
        assertThat(PodTrouble.ofEvents(List.of(unmounted, event("Normal", "Pulling", "2026-01-01T00:00:07Z"))))
                .isEmpty();
        assertThat(PodTrouble.ofEvents(List.of(unmounted, event("Normal", "SandboxChanged", "2026-01-01T00:00:09Z"))))
                .isPresent();
    }

    @Test
    void whoRanOutOfMemoryIsToldItsLimit() {
        assertThat(of(ended(137, "OOMKilled", null)).text())
                .isEqualTo("was killed for want of memory: it took all of its limit of 512 MiB"
                        + " (give it more memory)");
        assertThat(of(ended(3, "Error", "Terminating due to java.lang.OutOfMemoryError: Java heap space\n"))
                        .text())
                .isEqualTo("ran out of heap or direct memory (exit code 3; give it more memory);"
                        + " its last words: Terminating due to java.lang.OutOfMemoryError: Java heap space");
        assertThat(of(ended(137, "Error", null)).text()).isEqualTo("was killed by SIGKILL (exit code 137)");
        assertThat(of(ended(3, "Error", "ghee: input.csv: no such file")).text())
                .isEqualTo("ended with exit code 3; its last words: ghee: input.csv: no such file");
    }

    @Test
    void aDriverWithTooLittleMemoryIsNoWrongConfiguration() {
        assertThat(exitCode(3, "Terminating due to java.lang.OutOfMemoryError: Java heap space\n"))
                .isEqualTo(4);
        assertThat(exitCode(3, "ghee: input.csv: no such file")).isEqualTo(3);
        assertThat(exitCode(3, null)).isEqualTo(3);
        assertThat(exitCode(1, "java.lang.OutOfMemoryError: Java heap space")).isEqualTo(1);
    }

    private static int exitCode(int code, String message) {
        Pod driver = ended(code, "Error", message);
        return PodTrouble.exitCode(
                driver.getStatus().getContainerStatuses().get(0).getState().getTerminated());
    }

    @Test
    void whatTheNodeDidIsTold() {
        PodTrouble evicted = of(pod(new PodStatusBuilder()
                .withPhase("Failed")
                .withReason("Evicted")
                .withMessage("The node was low on resource: memory.")
                .build()));
        assertThat(evicted)
                .isEqualTo(new PodTrouble(
                        PodTrouble.Kind.LOST, "was evicted by its node: The node was low on resource: memory."));
        Pod deleted = new PodBuilder(pod(new PodStatus()))
                .editMetadata()
                .withDeletionTimestamp("2026-01-01T00:00:00Z")
                .endMetadata()
                .build();
        assertThat(of(deleted)).isEqualTo(new PodTrouble(PodTrouble.Kind.LOST, "is being deleted"));
    }
}
