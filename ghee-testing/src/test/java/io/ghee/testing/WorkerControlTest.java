package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(value = 180, unit = TimeUnit.SECONDS)
@EnabledOnOs(value = OS.LINUX, disabledReason = "state and memory are read from /proc")
class WorkerControlTest {
    private final WorkerControl control = WorkerControl.named("job-x1");

    private WorkerControl.Worker worker(String stage, int replica) {
        return control.worker(stage, replica).orElseThrow();
    }

    @Test
    void findsTheWorkersOfItsJobAlone() throws Exception {
        try (Child use = Child.start("job-x1", "use", 0);
                Child read1 = Child.start("job-x1", "read", 1);
                Child other = Child.start("job-x10", "read", 0)) {
            assertThat(control.workers())
                    .extracting(WorkerControl.Worker::toString)
                    .containsExactly(
                            "read-1 (pid " + read1.process().pid() + ")",
                            "use-0 (pid " + use.process().pid() + ")");
            assertThat(control.worker("read", 0)).isEmpty();
            assertThat(WorkerControl.named("job-x10").workers()).hasSize(1);
            assertThat(other.process().isAlive()).isTrue();
        }
    }

    @Test
    void aKilledWorkerIsGone() throws Exception {
        try (Child child = Child.start("job-x1", "read", 0)) {
            WorkerControl.Worker worker = worker("read", 0);

            assertThat(control.kill(worker)).isTrue();

            // 128 and the number of SIGKILL.
            assertThat(child.process().waitFor()).isEqualTo(137);
            assertThat(control.workers()).isEmpty();
            assertThat(control.kill(worker)).isFalse();
            assertThat(control.state(worker)).isEqualTo("gone");
            assertThat(control.residentBytes(worker)).isEmpty();
            control.resume(worker);
            assertThatThrownBy(() -> control.pause(worker)).isInstanceOf(InfrastructureException.class);
        }
    }

    @Test
    void aPausedWorkerStandsStillUntilItIsResumed() throws Exception {
        try (Child child = Child.start("job-x1", "read", 0)) {
            WorkerControl.Worker worker = worker("read", 0);

            control.pause(worker);

            assertThat(control.isPaused(worker)).isTrue();
            assertThat(control.state(worker)).startsWith("T");
            child.say("hello");
            assertThat(child.isSilent()).isTrue();

            control.resume(worker);

            assertThat(child.hear()).isEqualTo("hello");
            assertThat(control.isPaused(worker)).isFalse();
        }
    }

    @Test
    void aPausedWorkerCanBeKilled() throws Exception {
        try (Child child = Child.start("job-x1", "read", 0)) {
            control.pause(worker("read", 0));

            assertThat(control.kill(worker("read", 0))).isTrue();

            assertThat(child.process().waitFor()).isEqualTo(137);
        }
    }

    @Test
    void tellsMemoryAndThreads() throws Exception {
        try (Child child = Child.start("job-x1", "read", 0)) {
            WorkerControl.Worker worker = worker("read", 0);

            long resident = control.residentBytes(worker).orElseThrow();
            assertThat(resident).isGreaterThan(1 << 20);
            assertThat(control.peakResidentBytes(worker).orElseThrow()).isGreaterThanOrEqualTo(resident);
            assertThat(control.threadDump(worker, Duration.ofSeconds(30))).contains("io.ghee.testing.Child.main");
            assertThat(child.process().isAlive()).isTrue();
        }
    }
}
