package io.ghee.run;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.testing.CollectSink;
import io.ghee.testing.GrowingSource;
import io.ghee.testing.Jobs;
import io.ghee.testing.KeptSink;
import io.ghee.testing.ListSource;
import io.ghee.train.Drain;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker that does not go on is told, with the line of code that it is in. */
@Timeout(120)
class HangTest {
    private static final Duration PATIENCE = Duration.ofMillis(300);
    private static final long SECOND = 1_000_000_000;

    /** Holds up who comes to one place of a pipeline. */
    private record Hold(String place, Semaphore open) implements Serializable {
        Hold(String place) {
            this(place, new Semaphore(0));
        }

        void letGo() {
            open.release();
        }

        void at(String here) {
            try {
                if (!here.equals(place)) {
                    return;
                }
                if (!open.tryAcquire(60, TimeUnit.SECONDS)) {
                    throw new IllegalStateException(place + " has been held up for 60 s");
                }
                open.release();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private record Numbers(ListSource<Integer> list, Hold hold) implements BoundedSource<Integer> {
        @Override
        public String describe() {
            return list.describe();
        }

        @Override
        public List<? extends Split> splits(int readers) {
            return list.splits(readers);
        }

        @Override
        public SplitReader<Integer> open(Split split) {
            SplitReader<Integer> reader = list.open(split);
            return new SplitReader<>() {
                @Override
                public @Nullable Integer next() throws Exception {
                    hold.at("read");
                    return reader.next();
                }

                @Override
                public String position() {
                    return reader.position();
                }

                @Override
                public void close() throws IOException {
                    reader.close();
                }
            };
        }
    }

    private record Collected(CollectSink<Integer> sink, Hold hold) implements Sink<Integer> {
        @Override
        public String describe() {
            return sink.describe();
        }

        @Override
        public void prepare(String job) {
            sink.prepare(job);
        }

        @Override
        public SinkWriter<Integer> open(String job, int replica, int attempt) {
            SinkWriter<Integer> writer = sink.open(job, replica, attempt);
            return new SinkWriter<>() {
                @Override
                public void write(Integer record) throws IOException {
                    hold.at("write");
                    writer.write(record);
                }

                @Override
                public String finish() throws IOException {
                    hold.at("finish");
                    return writer.finish();
                }

                @Override
                public void close() throws IOException {
                    writer.close();
                }
            };
        }

        @Override
        public void commit(String job, List<String> finished) {
            sink.commit(job, finished);
        }

        @Override
        public void abort(String job) {
            sink.abort(job);
        }
    }

    private static void awaitHang(Job job, String line) {
        await().atMost(Jobs.DEADLINE)
                .untilAsserted(() -> assertThat(job.progress().hangs())
                        .singleElement()
                        .asString()
                        .matches(line + " has been at the same step for [1-9]\\d* s,"
                                + " in io\\.ghee\\.run\\.HangTest\\$Hold\\.at\\(HangTest\\.java:\\d+\\)"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "open", "map", "write", "finish"})
    void whateverHoldsAWorkerUpIsTold(String place) throws Exception {
        Hold hold = new Hold(place);
        Job job = new LocalLauncher(PATIENCE)
                .launch(Pipeline.named("hang")
                        .readFrom(new Numbers(ListSource.numbers(100, 1), hold))
                        .stage("copy", replicas(1))
                        .mapWith(
                                replica -> {
                                    hold.at("open");
                                    return replica;
                                },
                                (Integer replica, Integer n) -> {
                                    hold.at("map");
                                    return n;
                                })
                        .writeTo(new Collected(new CollectSink<>(), hold)));

        awaitHang(job, "stage copy, replica 0");
        hold.letGo();

        assertThat(job.await(Jobs.DEADLINE).hangs()).isEmpty();
    }

    /** While one rank hangs, the other waits for it, and the stage before for credit. */
    @Test
    void thoseThatWaitForTheOneThatHangsAreNotTold() throws Exception {
        Hold hold = new Hold("rank 1");
        Job job = new LocalLauncher(PATIENCE)
                .launch(Pipeline.named("hang")
                        .readFrom(ListSource.numbers(10_000, 4))
                        .stage("read", replicas(2))
                        .batch(2)
                        .stage("train", replicas(2))
                        .train(context -> {
                            hold.at("rank " + context.rank());
                            return Drain.train(context);
                        })
                        .writeTo(new CollectSink<Drain>()));

        awaitHang(job, "stage train, replica 1");
        hold.letGo();

        assertThat(job.await(Jobs.DEADLINE).hangs()).isEmpty();
    }

    @Test
    void aStreamThatIsQuietDoesNotHang() throws Exception {
        Job job = new LocalLauncher(PATIENCE)
                .launch(Pipeline.named("hang")
                        .readFrom(new GrowingSource("hang", 1))
                        .stage("copy", replicas(1))
                        .writeTo(new KeptSink<Integer>())
                        .commitEvery(Duration.ofSeconds(60)));

        // Before that it is not quiet, and may take its time.
        await().atMost(Jobs.DEADLINE).until(() -> quietSeconds(job.progress()) > 0);
        await().atMost(Jobs.DEADLINE).until(() -> job.progress().hangs().isEmpty());
        double before = quietSeconds(job.progress());
        await().atMost(Jobs.DEADLINE).until(() -> {
            JobProgress now = job.progress();
            assertThat(now.hangs()).isEmpty();
            return quietSeconds(now) > before + 1;
        });
        job.cancel();
    }

    private static double quietSeconds(JobProgress progress) {
        return progress.stages().get(0).seconds().getOrDefault(Activity.WAIT_INPUT, 0.0);
    }

    private static JobDriver driver() {
        return JobDriver.open(
                "hang",
                Pipeline.named("hang")
                        .readFrom(ListSource.numbers(1, 1))
                        .stage("read", replicas(1))
                        .batch(1)
                        .stage("write", replicas(1))
                        .unbatch()
                        .writeTo(new CollectSink<Integer>())
                        .withRestarts(1)
                        .plan());
    }

    private static WorkerProgress hanging(int attempt, long seconds) {
        WorkerMetrics metrics = new WorkerMetrics(1, 0);
        metrics.attempt(attempt);
        WorkerProgress p = metrics.progress();
        return new WorkerProgress(
                p.stage(),
                p.replica(),
                p.attempt(),
                p.epoch(),
                p.recordsIn(),
                p.recordsOut(),
                p.batchesIn(),
                p.bytesOut(),
                p.padded(),
                p.dropped(),
                p.nanos(),
                p.creditNanos(),
                p.outstanding(),
                p.training(),
                p.tallies(),
                p.points(),
                p.lags(),
                p.quarantined(),
                p.generation(),
                p.accounts(),
                p.agrees(),
                p.knows(),
                new WorkerProgress.Hang(seconds * SECOND, "here", "\tat here"));
    }

    @Test
    void aHangIsToldOnceAndAgainWhenItGoesOn() {
        Hangs hangs = new Hangs("hang", driver().plan());

        assertThat(hangs.told(hanging(0, 20)))
                .isEqualTo("stage write, replica 0 has been at the same step for 20 s, in here");
        assertThat(hangs.told(hanging(0, 21))).isNull();
        assertThat(hangs.told(hanging(0, 31))).isNull();
        assertThat(hangs.lines()).containsExactly("stage write, replica 0 has been at the same step for 31 s, in here");
        assertThat(hangs.told(new WorkerMetrics(1, 0).progress()))
                .isEqualTo("stage write, replica 0 goes on after 31 s");
        assertThat(hangs.told(new WorkerMetrics(1, 0).progress())).isNull();
        assertThat(hangs.told(hanging(0, 20))).isNotNull();
    }

    @Test
    void aWorkerThatIsLostHangsNoMore() {
        JobDriver driver = driver();
        driver.progress(hanging(0, 20));
        assertThat(driver.jobProgress().hangs()).hasSize(1);

        driver.lost(1, 0, new InfrastructureException("killed"));

        assertThat(driver.jobProgress().hangs()).isEmpty();
        // Nor does another attempt begin while one is still in an earlier one.
        driver.progress(hanging(0, 21));
        assertThat(driver.jobProgress().hangs()).hasSize(1);
    }

    @Test
    void whileTheProcessStandsStillNoStepIsLong() {
        HangWatch watch = new HangWatch(HangWatch.PATIENCE);
        List<Object> step = List.of(1);
        assertThat(watch.look(Thread.currentThread(), step, 0)).isNull();
        for (int tick = 1; tick < 38; tick++) {
            assertThat(watch.look(Thread.currentThread(), step, tick * SECOND / 2))
                    .isNull();
        }

        assertThat(watch.look(Thread.currentThread(), step, 100 * SECOND)).isNull();
        assertThat(watch.look(Thread.currentThread(), step, 101 * SECOND)).isNull();
        WorkerProgress.Hang hang = watch.look(Thread.currentThread(), step, 102 * SECOND);

        assertThat(hang).isNotNull();
        assertThat(hang.nanos()).isEqualTo(20 * SECOND + SECOND / 2);
        assertThat(hang.stack()).contains("HangTest.java");
        assertThat(watch.look(Thread.currentThread(), List.of(2), 102 * SECOND)).isNull();
    }
}
