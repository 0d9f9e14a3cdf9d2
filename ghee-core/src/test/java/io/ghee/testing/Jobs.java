package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import java.time.Duration;
import java.util.List;

/** Runs pipelines that end in a {@link CollectSink}, in this JVM and within a deadline. */
public final class Jobs {
    public static final Duration DEADLINE = Duration.ofSeconds(60);

    private Jobs() {}

    /**
     * What a job has written and reported.
     *
     * @param byReplica what each replica of the last stage has written, in order
     */
    public record Result<T>(List<List<T>> byReplica, JobProgress progress, CollectSink.Collected collected) {
        public List<T> records() {
            return byReplica.stream().flatMap(List::stream).toList();
        }
    }

    /** Runs to the end, which must be a good one. */
    @SuppressWarnings("unchecked")
    public static <T> Result<T> run(Pipeline pipeline) throws InterruptedException {
        Job job = Ghee.local().launch(pipeline);
        JobProgress progress;
        try {
            progress = job.await(DEADLINE);
        } finally {
            job.cancel();
        }
        CollectSink.Collected collected = CollectSink.of(job.name());
        assertThat(collected.isCommitted()).isTrue();
        return new Result<>((List<List<T>>) (List<?>) collected.byReplica(), progress, collected);
    }

    /** Runs to the end, which must be a failure; checks that the sink has been aborted and that nothing is left. */
    public static GheeException fail(Pipeline pipeline) throws InterruptedException {
        Job job = Ghee.local().launch(pipeline);
        GheeException failure;
        try {
            failure = catchThrowableOfType(GheeException.class, () -> job.await(DEADLINE));
        } finally {
            job.cancel();
        }
        assertThat(failure).isNotNull();
        assertAborted(job);
        return failure;
    }

    /** The job has taken away what it wrote, and none of its threads is left. */
    public static void assertAborted(Job job) {
        assertThat(CollectSink.of(job.name()).events()).containsExactly("prepare", "abort");
        awaitNoThreads(job);
    }

    /** No thread of this JVM bears the job's name any more. */
    public static void awaitNoThreads(Job job) {
        await().atMost(DEADLINE)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.contains(job.name())));
    }
}
