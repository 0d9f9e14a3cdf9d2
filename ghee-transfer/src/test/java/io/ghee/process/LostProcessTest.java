package io.ghee.process;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.run.JobProgress;
import io.ghee.testing.Gate;
import io.ghee.testing.Learner;
import io.ghee.testing.Numbers;
import io.ghee.testing.ProcessJobs;
import io.ghee.testing.Written;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A worker's process is killed, or stands still, in the middle of a run: the job goes on, and every record counts once.
 *
 * <p>The readers stop at a gate in the middle of each split, so that the middle is where they are for as long as it takes.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class LostProcessTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int NUMBERS = 4000;
    private static final int SPLIT = 500;

    private @TempDir Path directory;
    private Job job;

    @AfterEach
    void cleanUp() throws InterruptedException {
        if (job != null) {
            ProcessJobs.cleanUp(job);
        }
    }

    private Written<Object> sink() {
        return Written.to(directory);
    }

    private Gate gate() {
        return Gate.in(directory);
    }

    private RecordStage<Integer> read() {
        Gate gate = gate();
        return Pipeline.named("lost")
                .readFrom(new Numbers(NUMBERS, NUMBERS / SPLIT).epochs(2))
                .stage("read", replicas(2))
                .map(number -> {
                    if (number % SPLIT == 300) {
                        gate.pass();
                    }
                    return number;
                });
    }

    private Pipeline training() {
        return read().batch(20)
                .stage("train", replicas(1))
                .train(Learner::byHeart)
                .writeTo(sink())
                .withRestarts(10);
    }

    /** Launches a job, and waits until records have come to its last stage. */
    private void launch(ProcessLauncher launcher, Pipeline pipeline) {
        job = launcher.launch(pipeline);
        await().atMost(SOON).until(() -> {
            List<JobProgress.StageProgress> stages = job.progress().stages();
            return stages.get(stages.size() - 1).recordsIn() > 0;
        });
    }

    /** Lets the readers go on, and waits for the end. */
    private JobProgress end() throws InterruptedException {
        gate().open();
        return ProcessJobs.end(job);
    }

    private static String died(String worker, ProcessHandle process) {
        return worker + " (pid " + process.pid() + ") died: killed by SIGKILL (exit code 137)";
    }

    /** That the trainer was one process all the time, and was given each number once in each epoch. */
    private void assertTrainedOnce(ProcessHandle trainer) {
        List<Integer> all = IntStream.range(0, NUMBERS).boxed().toList();
        assertThat(sink().byReplica())
                .containsExactly(List.of("process " + trainer.pid() + "; epoch 1: " + all + "; epoch 2: " + all));
    }

    @ParameterizedTest(name = "sealed: {0}")
    @ValueSource(booleans = {false, true})
    void aReaderThatIsKilledIsStartedAgainAndTheTrainerGoesOn(boolean sealed) throws InterruptedException {
        launch(sealed ? new ProcessLauncher().sealed() : new ProcessLauncher(), training());
        ProcessHandle trainer = ProcessJobs.worker(job, "train", 0, 0);
        ProcessHandle other = ProcessJobs.worker(job, "read", 0, 0);
        ProcessHandle victim = ProcessJobs.worker(job, "read", 1, 0);

        ProcessJobs.kill(victim);

        assertThat(ProcessJobs.worker(job, "read", 1, 1).pid()).isNotEqualTo(victim.pid());
        assertThat(ProcessJobs.worker(job, "train", 0).pid()).isEqualTo(trainer.pid());
        assertThat(ProcessJobs.worker(job, "read", 0).pid()).isEqualTo(other.pid());
        assertThat(end().restarts())
                .singleElement()
                .asString()
                .startsWith(died("stage read, replica 1", victim))
                .contains("; its log: ")
                .endsWith("read-1.log");
        assertTrainedOnce(trainer);
        assertThat(sink().calls()).containsExactly("prepare", "commit [0: 1]");
    }

    @Test
    void aReaderThatIsKilledAgainIsStartedAgain() throws InterruptedException {
        launch(new ProcessLauncher(), training());
        ProcessHandle trainer = ProcessJobs.worker(job, "train", 0, 0);
        ProcessHandle first = ProcessJobs.worker(job, "read", 0, 0);
        ProcessJobs.kill(first);
        ProcessHandle second = ProcessJobs.worker(job, "read", 0, 1);

        // Before it has joined, perhaps.
        ProcessJobs.kill(second);

        ProcessJobs.worker(job, "read", 0, 2);
        List<String> restarts = end().restarts();
        assertThat(restarts).hasSize(2);
        assertThat(restarts.get(0)).startsWith(died("stage read, replica 0", first));
        assertThat(restarts.get(1))
                .startsWith(died("stage read, replica 0", second))
                .endsWith("read-0.1.log");
        assertTrainedOnce(trainer);
    }

    /** As {@link #training}, by a trainer that lingers after the last batch. */
    private Pipeline lingering(int restarts) {
        Gate gate = gate();
        Gate trained = new Gate(directory.resolve("trained").toString());
        return Pipeline.named("lost")
                .readFrom(new Numbers(NUMBERS, NUMBERS / SPLIT).epochs(2))
                .stage("read", replicas(2))
                .batch(20)
                .stage("train", replicas(1))
                .train(context -> {
                    Learner.Learnt learnt = Learner.byHeart(context);
                    if (!Files.exists(Path.of(trained.file()))) {
                        trained.open();
                    }
                    gate.pass();
                    return learnt;
                })
                .writeTo(sink())
                .withRestarts(restarts);
    }

    private void launchUntilTrained(int restarts) {
        job = new ProcessLauncher().launch(lingering(restarts));
        await().atMost(SOON).until(() -> Files.exists(directory.resolve("trained")));
    }

    @Test
    void aReaderThatIsKilledAfterItsWorkIsThereAgainWhenTheTrainerIsLostToo() throws InterruptedException {
        launchUntilTrained(2);
        ProcessJobs.kill(ProcessJobs.worker(job, "read", 1, 0));
        ProcessJobs.worker(job, "read", 1, 1);

        ProcessJobs.kill(ProcessJobs.worker(job, "train", 0, 0));

        ProcessHandle trainer = ProcessJobs.worker(job, "train", 0, 1);
        assertThat(end().restarts()).hasSize(2);
        assertTrainedOnce(trainer);
    }

    @Test
    void aReaderThatIsKilledTooOftenAfterItsWorkIsMissedOnlyWhenTheTrainerIsLostToo() throws InterruptedException {
        launchUntilTrained(1);
        ProcessJobs.kill(ProcessJobs.worker(job, "read", 1, 0));
        ProcessHandle last = ProcessJobs.worker(job, "read", 1, 1);
        ProcessJobs.kill(last);

        ProcessJobs.kill(ProcessJobs.worker(job, "train", 0, 0));

        assertThat(ProcessJobs.fail(job, SOON)).hasMessageContaining(died("stage read, replica 1", last));
    }

    private Pipeline writing() {
        return read().batch(10)
                .distribute(balanced())
                .stage("use", replicas(2))
                .unbatch()
                .filter(number -> number >= 0)
                .distribute(balanced())
                .stage("write", replicas(2))
                .writeTo(sink())
                .withRestarts(10);
    }

    private void assertWrittenOnce() {
        assertThat(sink().sorted())
                .isEqualTo(IntStream.range(0, 2 * NUMBERS)
                        .mapToObj(k -> Integer.toString(k % NUMBERS))
                        .sorted()
                        .toList());
        assertThat(sink().calls()).hasSize(2).last().asString().startsWith("commit [0: ");
    }

    @Test
    void aWriterThatIsKilledMakesAllWritersBeginAgain() throws InterruptedException {
        launch(new ProcessLauncher(), writing());
        ProcessHandle reader = ProcessJobs.worker(job, "read", 0, 0);
        ProcessHandle other = ProcessJobs.worker(job, "write", 1, 0);
        ProcessHandle victim = ProcessJobs.worker(job, "write", 0, 0);

        ProcessJobs.kill(victim);

        ProcessJobs.worker(job, "write", 0, 1);
        assertThat(ProcessJobs.worker(job, "write", 1).pid()).isEqualTo(other.pid());
        assertThat(ProcessJobs.worker(job, "read", 0).pid()).isEqualTo(reader.pid());
        assertThat(end().restarts())
                .singleElement()
                .asString()
                .startsWith(died("stage write, replica 0", victim))
                .endsWith("write-0.log");
        assertWrittenOnce();
    }

    @Test
    void workersOfAllStagesThatAreKilledAtOnceAreStartedAgain() throws InterruptedException {
        launch(new ProcessLauncher(), writing());
        List<ProcessHandle> victims = List.of(
                ProcessJobs.worker(job, "read", 1, 0),
                ProcessJobs.worker(job, "use", 0, 0),
                ProcessJobs.worker(job, "use", 1, 0),
                ProcessJobs.worker(job, "write", 0, 0));

        victims.forEach(ProcessHandle::destroyForcibly);

        ProcessJobs.worker(job, "read", 1, 1);
        ProcessJobs.worker(job, "use", 0, 1);
        ProcessJobs.worker(job, "use", 1, 1);
        ProcessJobs.worker(job, "write", 0, 1);
        assertThat(end().restarts())
                .hasSize(4)
                .allMatch(reason -> victims.stream().anyMatch(victim -> reason.contains("(pid " + victim.pid() + ")")));
        assertWrittenOnce();
    }

    @Test
    void aReaderThatStandsStillForLongIsKilledAndStartedAgain() throws InterruptedException {
        launch(new ProcessLauncher().silence(Duration.ofSeconds(4)), training());
        ProcessHandle victim = ProcessJobs.worker(job, "read", 0, 0);

        ProcessJobs.pause(victim);

        ProcessJobs.worker(job, "read", 0, 1);
        assertThat(victim.isAlive()).isFalse();
        assertThat(end().restarts())
                .anyMatch(reason -> reason.startsWith("stage read, replica 0 (pid " + victim.pid() + ") was killed")
                        && reason.contains("has said nothing for 4 s"));
        List<Integer> all = IntStream.range(0, NUMBERS).boxed().toList();
        assertThat(sink().byReplica().get(0).get(0)).endsWith("; epoch 1: " + all + "; epoch 2: " + all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "train"})
    void aWorkerThatStandsStillForAWhileCostsOnlyTime(String stage) throws InterruptedException {
        launch(new ProcessLauncher(), training());
        ProcessHandle trainer = ProcessJobs.worker(job, "train", 0, 0);
        ProcessHandle victim = ProcessJobs.worker(job, stage, 0, 0);

        ProcessJobs.pause(victim);
        long pausedNanos = System.nanoTime();
        gate().open();
        await().atMost(SOON)
                .until(() ->
                        System.nanoTime() - pausedNanos > Duration.ofSeconds(2).toNanos());
        ProcessJobs.resume(victim);

        assertThat(ProcessJobs.end(job).restarts()).isEmpty();
        assertTrainedOnce(trainer);
    }
}
