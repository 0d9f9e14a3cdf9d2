package io.ghee.process;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.StageFailedException;
import io.ghee.distribution.Distribution;
import io.ghee.process.NumbersToNowhere.Nowhere;
import io.ghee.process.NumbersToNowhere.Number;
import io.ghee.process.NumbersToNowhere.Numbers;
import io.ghee.run.JobProgress;
import io.ghee.run.JobProgress.StageProgress;
import io.ghee.testing.ProcessJobs;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs whose workers are real JVMs. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ProcessLauncherTest {
    private static final Duration SOON = Duration.ofSeconds(60);

    /** Thirty-one thousand numbers in 310 batches; replica 1 of the stage takes its time for each. */
    private static JobProgress run(Distribution.OfBatches distribution, int slowMillis) throws InterruptedException {
        return ProcessJobs.run(Pipeline.named("share")
                .readFrom(new Numbers(31))
                .stage("make", replicas(2))
                .batch(100)
                .distribute(distribution)
                // Little room, so that what a replica takes depends on what it has done.
                .stage("take", replicas(3).buffers("64Ki"))
                .mapWith(replica -> replica, (Integer replica, Batch<Number> batch) -> {
                    if (replica == 1) {
                        LockSupport.parkNanos(1_000_000L * slowMillis);
                    }
                    return batch.records();
                })
                .writeTo(new Nowhere()));
    }

    @Test
    void evenGivesASlowReplicaTheSameNumberOfBatches() throws InterruptedException {
        StageProgress take = run(Distribution.even(), 5).stages().get(1);
        assertThat(take.recordsIn()).isEqualTo(31_000);
        assertThat(take.batchesIn()).allSatisfy(batches -> assertThat(batches).isBetween(103L, 104L));
    }

    @Test
    void balancedGivesTheFastReplicasMore() throws InterruptedException {
        StageProgress take = run(Distribution.balanced(), 30).stages().get(1);
        assertThat(take.recordsIn()).isEqualTo(31_000);
        assertThat(take.batchesIn().get(0)).isGreaterThan(take.batchesIn().get(1));
        assertThat(take.batchesIn().get(2)).isGreaterThan(take.batchesIn().get(1));
    }

    @Test
    void broadcastGivesEveryReplicaEverything() throws InterruptedException {
        assertThat(run(Distribution.broadcast(), 0).stages().get(1).batchesIn()).containsOnly(310L);
    }

    private static Job endless() {
        return Ghee.processes()
                .launch(Pipeline.named("endless")
                        .readFrom(new Numbers(1_000).epochs(60_000))
                        .stage("make", replicas(2))
                        .batch(100)
                        .stage("take", replicas(1))
                        .writeTo(new Nowhere()));
    }

    private static List<ProcessHandle> workers(Job job) {
        return ProcessHandle.current()
                .children()
                .filter(child -> child.info().commandLine().orElse("").contains("-Dghee.job=" + job.name() + " "))
                .toList();
    }

    private static void awaitFlow(Job job) {
        await().atMost(SOON).until(() -> job.progress().stages().get(1).recordsIn() > 0);
    }

    @Test
    void aCancelledJobLeavesNoProcess() throws InterruptedException {
        Job job = endless();
        awaitFlow(job);
        List<ProcessHandle> workers = workers(job);
        job.cancel();
        assertThat(workers).hasSize(3).noneMatch(ProcessHandle::isAlive);
        assertThat(catchThrowableOfType(GheeException.class, job::await).kind())
                .isEqualTo(GheeException.Kind.CANCELLED);
        ProcessJobs.cleanUp(job);
    }

    @Test
    void aFailingFunctionTravelsToTheDriver() throws InterruptedException {
        Job job = Ghee.processes()
                .launch(Pipeline.named("fail")
                        .readFrom(new Numbers(3))
                        .stage("make", replicas(2))
                        .map(number -> 10 / (1234 - number.value()))
                        .stage("take", replicas(1))
                        .writeTo(new Nowhere()));
        StageFailedException failed = catchThrowableOfType(StageFailedException.class, () -> job.await(SOON));
        assertThat(failed.failure().stage()).isEqualTo("make");
        assertThat(failed.failure().replica()).isBetween(0, 1);
        assertThat(failed.failure().type()).isEqualTo(ArithmeticException.class.getName());
        assertThat(failed).hasMessageContaining("/ by zero at numbers 1000 to 1999");
        assertThat(failed.failure().stack()).contains("ProcessLauncherTest.java");
        assertThat(workers(job)).isEmpty();
        ProcessJobs.cleanUp(job);
    }
}
