package io.ghee.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutcomeTest {
    @Test
    void theLastLineOfAPeerIsRead() {
        String line = Outcome.lastObject(List.of(
                "{\"records\": 1}",
                "{\"program\": \"dask\", \"n\": 8, \"train_s\": 2.0, \"records\": 180, \"records_per_s\": 90,"
                        + " \"stall\": 0.05, \"rmse\": 0.917}",
                "bye"));
        assertThat(Outcome.read(line, 2)).isEqualTo(new Outcome(180, 90, 0.05, 0.917, null));
    }

    @Test
    void theSumOfADrainedPeerIsOverAllEpochs() {
        Outcome outcome = Outcome.read(
                "{\"records\": 20, \"records_per_s\": 10, \"sum\": 600, \"drain\": true, \"rmse\": null}", 2);
        assertThat(outcome).isEqualTo(new Outcome(20, 10, null, null, 300L));
    }

    @Test
    void theReportOfTheJobIsRead() {
        Outcome outcome = Outcome.read(
                "{\"records\": 20, \"rowSum\": 300, \"recordsPerSecond\": 10, \"stallShare\": 0.5, \"rmse\": 1.5}", 2);
        assertThat(outcome).isEqualTo(new Outcome(20, 10, 0.5, 1.5, 300L));
    }

    @Test
    void whatIsNoResultIsRefused() {
        assertThatThrownBy(() -> Outcome.read("{\"failed\": 1}", 1)).hasMessageContaining("failed");
        assertThatThrownBy(() -> Outcome.lastObject(List.of("no"))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theCpuTimeOfDescendantsCounts(@TempDir Path directory) throws Exception {
        String busy = "i=0; while ((i < 200000)); do ((i += 1)); done";
        ChildRun run = ChildRun.of(List.of("bash", "-c", "bash -c '" + busy + "'; echo done"), directory);
        assertThat(run.stdout()).containsExactly("done");
        assertThat(run.cpuSeconds()).isGreaterThan(0.05);
    }

    @Test
    void theBusyTimesOfAMachineLeaveOutIdleAndWaiting() {
        assertThat(MachineClock.busySeconds("cpu  100 20 300 99999 88888 6 7 8 0 0"))
                .isEqualTo(4.41);
    }

    @Test
    void aChildThatFailsIsReportedWithItsLastWords(@TempDir Path directory) {
        assertThatThrownBy(() -> ChildRun.of(List.of("bash", "-c", "echo oh no >&2; exit 3"), directory))
                .isInstanceOf(IOException.class)
                .hasMessage("exit code 3: oh no");
    }
}
