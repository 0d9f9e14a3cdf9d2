package io.ghee.process;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.testing.Gate;
import io.ghee.testing.Numbers;
import io.ghee.testing.ProcessJobs;
import io.ghee.testing.Written;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A worker whose function does not return: the driver tells which one, and where. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class HangingWorkerTest {
    @Test
    void theReplicaThatHangsIsToldWithItsLine(@TempDir Path directory) throws InterruptedException {
        Gate gate = Gate.in(directory);
        Job job = Ghee.processes()
                .launch(Pipeline.named("hanging")
                        .readFrom(new Numbers(1000, 2))
                        .stage("read", replicas(1))
                        .batch(10)
                        .stage("write", replicas(2))
                        .mapWith(replica -> replica, (replica, batch) -> {
                            if (replica == 1) {
                                gate.pass();
                            }
                            return batch.records();
                        })
                        .writeTo(Written.to(directory)));

        await().atMost(ProcessJobs.DEADLINE)
                .untilAsserted(() -> assertThat(job.progress().hangs())
                        .singleElement()
                        .asString()
                        .matches("stage write, replica 1 has been at the same step for \\d\\d s,"
                                + " in io\\.ghee\\.testing\\.Gate\\.pass\\(Gate\\.java:\\d+\\)"));
        gate.open();

        assertThat(ProcessJobs.end(job).hangs()).isEmpty();
    }
}
