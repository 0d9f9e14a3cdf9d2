package io.ghee.examples.cli;

import io.ghee.ConfigurationException;
import io.ghee.Pipeline;
import io.ghee.examples.PackagedJob;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how any job runs. */
final class CommonOptions {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Option(
            names = "--replicas",
            paramLabel = "STAGE=N",
            split = ",",
            description = "How many replicas a stage has: preprocess=2,train=1.")
    private @Nullable Map<String, Integer> replicas;

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
        for (Map.Entry<String, Integer> each : (replicas == null ? Map.<String, Integer>of() : replicas).entrySet()) {
            try {
                pipeline = pipeline.withResources(each.getKey(), resources -> resources.withReplicas(each.getValue()));
            } catch (ConfigurationException e) {
                throw new ConfigurationException(
                        "--replicas " + each.getKey() + "=" + each.getValue() + ": " + e.reason(), e);
            }
        }
        return pipeline;
    }
}
