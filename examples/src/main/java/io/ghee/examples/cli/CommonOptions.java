package io.ghee.examples.cli;

import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say how any job runs. */
final class CommonOptions {
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

    /** The pipeline of a job, with these options applied. */
    Pipeline pipeline(PackagedJob job) {
        Pipeline pipeline = job.pipeline().withMaxBadRecords(maxBadRecords);
        if (restarts != null) {
            pipeline = pipeline.withRestarts(restarts);
        }
        return stages.apply(pipeline);
    }
}
