package io.ghee.process;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.testing.Numbers;
import io.ghee.testing.ProcessJobs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a job that succeeds ends. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class StopTest {
    private static final AtomicLong COMMITTED_MILLIS = new AtomicLong();

    /** Notes how long after the last record the driver commits. */
    private record Clocked() implements Sink<Integer> {
        @Override
        public String describe() {
            return "a clock";
        }

        @Override
        public void prepare(String job) {}

        @Override
        public SinkWriter<Integer> open(String job, int replica, int attempt) {
            return new SinkWriter<>() {
                @Override
                public void write(Integer record) {}

                @Override
                public String finish() {
                    return Long.toString(System.currentTimeMillis());
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void commit(String job, List<String> finished) {
            COMMITTED_MILLIS.set(System.currentTimeMillis() - Long.parseLong(finished.get(0)));
        }

        @Override
        public void abort(String job) {}
    }

    @Test
    void theCommitDoesNotWaitUntilTheWorkersAreKilled() throws InterruptedException {
        ProcessJobs.run(Pipeline.named("soon")
                .readFrom(new Numbers(100, 1))
                .stage("read", replicas(1))
                .batch(10)
                .stage("write", replicas(1))
                .writeTo(new Clocked()));

        // They are given 5 s to end by themselves; in a good run it is some hundred milliseconds.
        assertThat(COMMITTED_MILLIS.get()).isLessThan(4500);
    }

    @Test
    void noLogIsLeftOfAJobThatSucceeded() throws Exception {
        Job job = Ghee.processes()
                .launch(Pipeline.named("tidy")
                        .readFrom(new Numbers(10, 1))
                        .stage("read", replicas(2))
                        .writeTo(new Clocked()));
        try {
            job.await(ProcessJobs.DEADLINE);
            try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
                assertThat(files.map(file -> file.getFileName().toString()))
                        .noneMatch(name -> name.startsWith("ghee-" + job.name()));
            }
        } finally {
            ProcessJobs.cleanUp(job);
        }
    }
}
