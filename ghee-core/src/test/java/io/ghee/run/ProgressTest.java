package io.ghee.run;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Artifact;
import io.ghee.train.Drain;
import io.ghee.train.Epoch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a job tells of itself. */
class ProgressTest {
    @Test
    void recordsAndBatchesAreCountedByStage() throws Exception {
        JobProgress progress = Jobs.<Integer>run(Pipeline.named("progress")
                        .readFrom(ListSource.numbers(100, 5).epochs(2))
                        .stage("read", replicas(2))
                        .filter(n -> n % 2 == 0)
                        .batch(10)
                        .stage("write", replicas(2))
                        .unbatch()
                        .flatMap(n -> List.of(n, n))
                        .writeTo(new CollectSink<Integer>()))
                .progress();

        JobProgress.StageProgress read = progress.stages().get(0);
        assertThat(read.name()).isEqualTo("read");
        assertThat(read.replicas()).isEqualTo(2);
        assertThat(read.epoch()).isEqualTo(2);
        assertThat(read.recordsIn()).isEqualTo(200);
        assertThat(read.recordsOut()).isEqualTo(100);
        assertThat(read.batchesIn()).containsExactly(0L, 0L);
        JobProgress.StageProgress write = progress.stages().get(1);
        assertThat(write.recordsIn()).isEqualTo(100);
        assertThat(write.recordsOut()).isEqualTo(200);
        assertThat(write.batchesIn())
                .hasSize(2)
                .allSatisfy(batches -> assertThat(batches).isPositive());
        assertThat(write.busySeconds()).isNotNegative();
        assertThat(write.waitSeconds()).isNotNegative();
        assertThat(progress.wall()).isPositive();
        assertThat(progress.skipped()).isZero();
    }

    @Test
    void talliesAreAddedUpByEpochOverAllReplicas() throws Exception {
        JobProgress progress = Jobs.<Integer>run(Pipeline.named("progress")
                        .readFrom(ListSource.numbers(100, 5).epochs(3))
                        .stage("read", replicas(2))
                        .batch(7)
                        .tally("rows", Batch::size)
                        .stage("count", replicas(3))
                        .tally(
                                "odd",
                                batch -> batch.records().stream()
                                        .filter(n -> n % 2 == 1)
                                        .count())
                        .writeTo(new CollectSink<Integer>()))
                .progress();

        assertThat(progress.tallies())
                .isEqualTo(Map.of("rows", Map.of(1, 100L, 2, 100L, 3, 100L), "odd", Map.of(1, 50L, 2, 50L, 3, 50L)));
        assertThat(progress.tally("odd", 2)).isEqualTo(50);
        assertThat(progress.tally("odd", 4)).isZero();
        assertThat(progress.tally("none", 1)).isZero();
    }

    @Test
    void heldOutRecordsAreTalliedInAPassOfTheirOwn() throws Exception {
        JobProgress progress = Jobs.<Drain>run(Pipeline.named("progress")
                        .readFrom(ListSource.numbers(100, 5).epochs(2))
                        .stage("read", replicas(2))
                        .holdOut(n -> n < 20)
                        .batch(7)
                        .tally("rows", Batch::size)
                        .stage("train", replicas(2))
                        .train(Drain::train)
                        .writeTo(new CollectSink<Drain>()))
                .progress();

        assertThat(progress.tallies()).isEqualTo(Map.of("rows", Map.of(1, 80L, 2, 80L, 3, 20L)));
    }

    @Test
    void reportedValuesComeInOrderWithTheRecordsTakenBefore() throws Exception {
        Job job = Ghee.local()
                .launch(Pipeline.named("progress")
                        .readFrom(ListSource.numbers(100, 1).epochs(2))
                        .stage("read", replicas(1))
                        .batch(25)
                        .stage("train", replicas(1))
                        .<Artifact>train(context -> {
                            for (Epoch<Integer> epoch : context.epochs()) {
                                for (Batch<Integer> batch : epoch) {
                                    if (context.step() == 1) {
                                        // A batch that was received ahead has not been taken.
                                        Awaitility.await().until(() -> received(RUNNING.get()) == 50);
                                    }
                                    context.report("loss", batch.records().get(0) / 100.0);
                                }
                                context.report("epoch", epoch.number());
                            }
                            return directory -> {};
                        })
                        .writeTo(new CollectSink<Artifact>()));
        RUNNING.complete(job);
        JobProgress progress = job.await(Duration.ofMinutes(1));

        assertThat(progress.metric("loss"))
                .containsExactly(
                        new Point(25, 0),
                        new Point(50, 0.25),
                        new Point(75, 0.5),
                        new Point(100, 0.75),
                        new Point(125, 0),
                        new Point(150, 0.25),
                        new Point(175, 0.5),
                        new Point(200, 0.75));
        assertThat(progress.metric("epoch")).extracting(Point::value).containsExactly(1.0, 2.0);
        assertThat(progress.metric("none")).isEmpty();
    }

    private static final CompletableFuture<Job> RUNNING = new CompletableFuture<>();

    private static long received(Job job) {
        return job.progress().stages().get(1).recordsIn();
    }

    @Test
    void aLongSeriesIsThinnedOutAndKeepsItsEnd() throws Exception {
        List<Point> series = Jobs.<Artifact>run(Pipeline.named("progress")
                        .readFrom(ListSource.numbers(1, 1))
                        .stage("train", replicas(1))
                        .batch(1)
                        .<Artifact>train(context -> {
                            for (int k = 1; k <= 10_000; k++) {
                                context.report("loss", k);
                            }
                            return directory -> {};
                        })
                        .writeTo(new CollectSink<Artifact>()))
                .progress()
                .metric("loss");

        assertThat(series).hasSizeBetween(1024, 5000);
        assertThat(series.get(series.size() - 1).value()).isEqualTo(10_000);
        assertThat(series).extracting(Point::value).isSorted();
    }

    @Test
    void progressIsSeenWhileTheJobRuns() throws Exception {
        Semaphore go = new Semaphore(50);
        Job job = Ghee.local()
                .launch(Pipeline.named("progress")
                        .readFrom(ListSource.numbers(100, 1))
                        .stage("read", replicas(1))
                        .map(n -> {
                            go.acquire();
                            return n;
                        })
                        .writeTo(new CollectSink<Integer>()));

        Awaitility.await()
                .atMost(Jobs.DEADLINE)
                .untilAsserted(() -> assertThat(job.progress().stages().get(0))
                        .satisfies(stage -> assertThat(stage.recordsOut()).isEqualTo(50)));
        go.release(50);

        assertThat(job.await(Jobs.DEADLINE).stages().get(0).recordsOut()).isEqualTo(100);
        assertThat(job.progress().wall()).isEqualTo(job.progress().wall());
    }

    @Test
    void aReportThatArrivesAfterAWorkersLastOneDoesNotUndoIt() {
        JobDriver driver = JobDriver.open(
                "progress-late",
                Pipeline.named("progress")
                        .readFrom(ListSource.numbers(1, 1))
                        .stage("read", replicas(1))
                        .writeTo(new CollectSink<Integer>())
                        .plan());
        driver.finished(0, 0, 0, "", worker(100, Map.of("loss", List.of(new Point(2, 0.2)))));

        driver.progress(worker(50, Map.of("loss", List.of(new Point(1, 0.1)))));

        assertThat(driver.jobProgress().stages().get(0).recordsIn()).isEqualTo(100);
        assertThat(driver.jobProgress().metric("loss")).hasSize(2);
    }

    private static WorkerProgress worker(long recordsIn, Map<String, List<Point>> points) {
        return new WorkerProgress(
                0,
                0,
                0,
                1,
                recordsIn,
                0,
                0,
                0,
                0,
                0,
                Map.of(),
                List.of(),
                0,
                new WorkerProgress.Training(0, 0, 0),
                Map.of(),
                points,
                Map.of(),
                0,
                0,
                List.of(),
                0,
                0,
                null);
    }

    @Test
    void theStageThatHeldTheLastOneUpIsNamed() throws Exception {
        var reading = Jobs.run(Pipeline.named("held")
                .readFrom(ListSource.numbers(300, 3))
                .stage("read", replicas(1))
                .map(n -> {
                    LockSupport.parkNanos(1_000_000);
                    return n;
                })
                .batch(10)
                .stage("pass", replicas(1))
                .unbatch()
                .batch(10)
                .stage("write", replicas(1))
                .writeTo(new CollectSink<Integer>()));

        assertThat(reading.progress().heldBackBy())
                .hasValueSatisfying(
                        by -> assertThat(by).startsWith("read (read ").contains(" %, compute "));
    }

    /** Of a stage that computed, and one behind it. */
    private static JobProgress ofLast(Map<Activity, Double> seconds) {
        return new JobProgress(
                Duration.ofSeconds(10),
                List.of(stage("read", Map.of(Activity.COMPUTE, 10.0)), stage("write", seconds)),
                new WorkerProgress.Training(0, 0, 0),
                Map.of(),
                Map.of(),
                0,
                List.of(),
                0,
                Map.of(),
                List.of(),
                List.of(),
                List.of());
    }

    private static JobProgress.StageProgress stage(String name, Map<Activity, Double> seconds) {
        return new JobProgress.StageProgress(name, 1, 1, 0, 0, List.of(0L), 0, 0, 0, seconds, List.of(), 0);
    }

    @Test
    void aStageThatWaitedForNoMoreThanATwentiethWasNotHeldUp() {
        assertThat(ofLast(Map.of(Activity.COMPUTE, 9.6, Activity.WAIT_INPUT, 0.4))
                        .heldBackBy())
                .isEmpty();
        assertThat(ofLast(Map.of(Activity.COMPUTE, 9.4, Activity.WAIT_INPUT, 0.6))
                        .heldBackBy())
                .contains("read (read 0 %, compute 100 %, serialise 0 % of its time)");
    }
}
