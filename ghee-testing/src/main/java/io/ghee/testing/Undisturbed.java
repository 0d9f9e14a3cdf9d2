package io.ghee.testing;

import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import io.ghee.run.Launcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * What a run should write: what it writes when nothing goes wrong. Immutable.
 *
 * @param output a record a line
 * @param work how many records all stages together consume; 0 if that is not known
 */
public record Undisturbed(List<String> output, long work) {
    private static final Duration CANCEL = Duration.ofSeconds(30);

    public Undisturbed {
        output = List.copyOf(output);
    }

    /** Output that is known beforehand. */
    public static Undisturbed of(List<String> output) {
        return new Undisturbed(output, 0);
    }

    /**
     * Runs a pipeline to its end.
     *
     * @param pipeline given the directory to write to
     * @param output the directory, absent or empty
     * @param deadline for the whole run
     * @throws io.ghee.GheeException if the job fails, or has not ended by then
     */
    public static Undisturbed run(Launcher launcher, Function<Path, Pipeline> pipeline, Path output, Duration deadline)
            throws InterruptedException {
        Pipeline declared = pipeline.apply(output);
        Job job = Waiting.call(deadline, "the launch", () -> launcher.launch(declared));
        try {
            JobProgress progress = job.await(deadline);
            return new Undisturbed(OutputComparison.lines(output), consumed(progress));
        } finally {
            Waiting.call(CANCEL, "cancelling " + job.name(), () -> {
                job.cancel();
                return job;
            });
        }
    }

    /** How many records all stages together have consumed. */
    static long consumed(JobProgress progress) {
        return progress.stages().stream()
                .mapToLong(JobProgress.StageProgress::recordsIn)
                .sum();
    }
}
