package io.ghee.run;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.StageFailedException;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.testing.CollectSink;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Artifact;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How a job ends that does not end well. */
class FailureTest {
    private static RecordStage<Integer> read(int records, int splits, int replicas) {
        return Pipeline.named("failing")
                .readFrom(ListSource.numbers(records, splits))
                .stage("read", replicas(replicas));
    }

    private static int refuse(int n, int bad) {
        if (n == bad) {
            throw new IllegalStateException("no " + n);
        }
        return n;
    }

    private static Failure failure(GheeException failed) {
        assertThat(failed).isInstanceOf(StageFailedException.class);
        return ((StageFailedException) failed).failure();
    }

    @Test
    void aFailedFunctionIsToldWithStageReplicaTypeMessageAndPlace() throws Exception {
        GheeException failed = Jobs.fail(read(10, 1, 1).map(n -> refuse(n, 7)).writeTo(new CollectSink<Integer>()));

        assertThat(failed).hasMessage("stage read, replica 0: IllegalStateException: no 7 at list:7");
        assertThat(failed.kind()).isEqualTo(GheeException.Kind.JOB);
        Failure failure = failure(failed);
        assertThat(failure.stage()).isEqualTo("read");
        assertThat(failure.replica()).isZero();
        assertThat(failure.type()).isEqualTo("java.lang.IllegalStateException");
        assertThat(failure.message()).isEqualTo("IllegalStateException: no 7 at list:7");
        assertThat(failure.stack()).contains("FailureTest.refuse");
    }

    @Test
    void aCheckedExceptionFailsTheJobAsAnyOther() throws Exception {
        GheeException failed = Jobs.fail(read(10, 1, 1)
                .filter(n -> {
                    throw new IOException("gone");
                })
                .writeTo(new CollectSink<Integer>()));

        assertThat(failed).hasMessage("stage read, replica 0: IOException: gone at list:0");
    }

    @Test
    void anErrorFailsTheJobAsAnyException() throws Exception {
        GheeException failed = Jobs.fail(read(10, 1, 1)
                .map(n -> {
                    throw new AssertionError("never");
                })
                .writeTo(new CollectSink<Object>()));

        assertThat(failed.reason()).startsWith("stage read, replica 0: AssertionError: never");
    }

    @Test
    void aFailureInALaterStageEndsTheStagesBeforeAndAfter() throws Exception {
        GheeException failed = Jobs.fail(read(100_000, 10, 2)
                .batch(4)
                .stage("middle", replicas(2))
                .unbatch()
                .map(n -> refuse(n, 5000))
                .batch(4)
                .stage("write", replicas(2))
                .writeTo(new CollectSink<Integer>()));

        Failure failure = failure(failed);
        assertThat(failure.stage()).isEqualTo("middle");
        assertThat(failure.replica()).isBetween(0, 1);
        assertThat(failure.message()).isEqualTo("IllegalStateException: no 5000 at epoch 1, in a batch of 4 records");
    }

    @Test
    void aFailureAfterAShuffleDoesNotClaimAPlaceItCannotKnow() throws Exception {
        GheeException atTheEnd =
                Jobs.fail(read(10, 1, 1).shuffle(100, 1).map(n -> refuse(n, 3)).writeTo(new CollectSink<Integer>()));
        GheeException inBetween =
                Jobs.fail(read(1000, 1, 1).shuffle(5, 1).map(n -> refuse(n, 3)).writeTo(new CollectSink<Integer>()));

        assertThat(atTheEnd.reason()).contains("IllegalStateException: no 3 at or before the end of epoch 1");
        assertThat(inBetween.reason()).contains("IllegalStateException: no 3 at or before list:");
    }

    @Test
    void aFailedTrainFunctionEndsTheJob() throws Exception {
        GheeException failed = Jobs.fail(read(100_000, 10, 2)
                .batch(4)
                .stage("train", replicas(2))
                .<Artifact>train(context -> {
                    if (context.rank() == 1) {
                        throw new IllegalArgumentException("NaN");
                    }
                    context.epochs().forEach(epoch -> epoch.forEach(batch -> batch.size()));
                    return null;
                })
                .writeTo(new CollectSink<Artifact>()));

        assertThat(failed).hasMessage("stage train, replica 1: IllegalArgumentException: NaN");
    }

    @Test
    void aReplicaThatCannotOpenItsModelEndsTheJob() throws Exception {
        GheeException failed = Jobs.fail(read(100_000, 10, 2)
                .batch(4)
                .stage("predict", replicas(2))
                .mapWith(
                        replica -> {
                            throw new IOException("no model");
                        },
                        (model, batch) -> batch.records())
                .writeTo(new CollectSink<Integer>()));

        assertThat(failed.reason()).matches("stage predict, replica [01]: IOException: no model");
    }

    /** A sink that writes well, and cannot be committed. */
    record Uncommitted(CollectSink<Integer> inner) implements Sink<Integer> {
        @Override
        public String describe() {
            return "uncommitted";
        }

        @Override
        public void prepare(String job) {
            inner.prepare(job);
        }

        @Override
        public SinkWriter<Integer> open(String job, int replica, int attempt) {
            return inner.open(job, replica, attempt);
        }

        @Override
        public void commit(String job, List<String> finished) throws IOException {
            throw new IOException("rename refused");
        }

        @Override
        public void abort(String job) {
            inner.abort(job);
        }
    }

    @Test
    void aFailedCommitFailsTheJobAndTakesTheOutputAway() throws Exception {
        GheeException failed = Jobs.fail(read(10, 1, 1).writeTo(new Uncommitted(new CollectSink<>())));

        assertThat(failed.reason()).contains("rename refused");
    }

    @Test
    void cancelStopsTheWorkersAndTakesTheOutputAway() throws Exception {
        Semaphore entered = new Semaphore(0);
        Semaphore never = new Semaphore(0);
        Job job = Ghee.local()
                .launch(read(100_000, 10, 2)
                        .batch(4)
                        .stage("stuck", replicas(2))
                        .map(batch -> {
                            entered.release();
                            never.acquire();
                            return batch.records();
                        })
                        .writeTo(new CollectSink<Integer>()));
        assertThat(entered.tryAcquire(20, TimeUnit.SECONDS)).isTrue();

        job.cancel();

        assertThatThrownBy(() -> job.await(Jobs.DEADLINE))
                .isInstanceOfSatisfying(
                        GheeException.class, e -> assertThat(e.kind()).isEqualTo(GheeException.Kind.CANCELLED))
                .hasMessage("job " + job.name() + " was cancelled");
        Jobs.assertAborted(job);
    }

    @Test
    void awaitThatRunsOutLeavesTheJobRunning() throws Exception {
        Semaphore go = new Semaphore(0);
        Job job = Ghee.local()
                .launch(read(1, 1, 1)
                        .map(n -> {
                            go.acquire();
                            return n;
                        })
                        .writeTo(new CollectSink<Integer>()));

        assertThatThrownBy(() -> job.await(Duration.ofMillis(1)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageStartingWith("job " + job.name() + " has not ended after 1 ms; it is at [");
        go.release();
        job.await(Jobs.DEADLINE);

        assertThat(CollectSink.of(job.name()).events()).containsExactly("prepare", "commit [0: 1]");
        Jobs.awaitNoThreads(job);
    }

    @Test
    void cancelAfterTheEndChangesNothing() throws Exception {
        Job job = Ghee.local().launch(read(3, 1, 1).writeTo(new CollectSink<Integer>()));
        job.await(Jobs.DEADLINE);

        job.cancel();

        assertThat(CollectSink.of(job.name()).events()).containsExactly("prepare", "commit [0: 3]");
        assertThat(job.await(Jobs.DEADLINE).stages()).hasSize(1);
    }

    @Test
    void jobsOfOnePipelineDoNotShareAName() throws Exception {
        Pipeline pipeline = read(3, 1, 1).writeTo(new CollectSink<Integer>());
        Job one = Ghee.local().launch(pipeline);
        Job other = Ghee.local().launch(pipeline);
        one.await(Jobs.DEADLINE);
        other.await(Jobs.DEADLINE);

        assertThat(one.name()).startsWith("failing-").isNotEqualTo(other.name());
    }
}
