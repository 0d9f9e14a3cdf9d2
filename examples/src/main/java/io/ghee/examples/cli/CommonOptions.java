package io.ghee.examples.cli;

import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how any job runs. */
final class CommonOptions {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Mixin
    private StageOptions stages = new StageOptions();

    @Option(
            names = "--max-bad-records",
            paramLabel = "N",
            defaultValue = "0",
            description = "Skip up to N malformed records (default: ${DEFAULT-VALUE}).")
    private long maxBadRecords;

    @Option(
            names = "--restarts",
            paramLabel = "N",
            description = "How often each worker may be lost within ten minutes and begin again (default: 3).")
    private @Nullable Integer restarts;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where the result goes: a directory that is absent or empty (default: runs/JOB-TIME).")
    private @Nullable Path output;

    /** The output directory; the same one at every call. */
    Path output(PackagedJob job) {
        if (output == null) {
            output = Path.of(
                    "runs",
                    job.name() + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(STAMP));
        }
        return output;
    }

    /** The pipeline of a job, with these options applied. */
    Pipeline pipeline(PackagedJob job) {
        Pipeline pipeline = job.pipeline(output(job)).withMaxBadRecords(maxBadRecords);
        if (restarts != null) {
            pipeline = pipeline.withRestarts(restarts);
        }
        return stages.apply(pipeline);
    }
}
