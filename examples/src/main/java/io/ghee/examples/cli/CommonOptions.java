package io.ghee.examples.cli;

import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import io.ghee.io.file.CheckpointFiles;
import io.ghee.train.Checkpoints;
import java.time.Duration;
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

    @Option(
            names = "--checkpoints",
            paramLabel = "URI",
            description =
                    "Save what training goes on from in this directory, on a local disk or hdfs://; started again,"
                            + " a job that has failed goes on from there.")
    private @Nullable String checkpoints;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How often (default: ${DEFAULT-VALUE}).")
    private double checkpointSeconds;

    @Option(
            names = "--audited",
            description = "Write down beside the checkpoints which records each rank was given in which step.")
    private boolean audited;

    @Option(
            names = "--deterministic",
            paramLabel = "SEED",
            description = "Train on the records in an order that this seed decides, and nothing else.")
    private @Nullable Long seed;

    /** The pipeline of a job, with these options applied. */
    Pipeline pipeline(PackagedJob job) {
        Pipeline pipeline = job.pipeline().withMaxBadRecords(maxBadRecords);
        if (restarts != null) {
            pipeline = pipeline.withRestarts(restarts);
        }
        if (checkpoints != null) {
            Duration every = Duration.ofMillis(Math.round(1000 * checkpointSeconds));
            Checkpoints kept = Checkpoints.every(every, CheckpointFiles.in(checkpoints));
            pipeline = pipeline.withCheckpoints(audited ? kept.audited() : kept);
        }
        if (seed != null) {
            pipeline = pipeline.deterministic(seed);
        }
        return stages.apply(pipeline);
    }
}
