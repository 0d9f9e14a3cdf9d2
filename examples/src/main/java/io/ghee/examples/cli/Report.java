package io.ghee.examples.cli;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.ghee.examples.PackagedJob;
import io.ghee.examples.Result;
import io.ghee.run.Activity;
import io.ghee.run.JobProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run was, as {@code --report} writes it.
 *
 * @param records train records over all epochs
 * @param results what came out, by name
 * @param trainSeconds from the first request for a batch to the last step
 * @param heldBackBy the stage that the last one waited for, if it did
 * @param quarantined malformed records that were put aside
 * @param lags how many records were ahead in each split that was being read, where its storage counts them
 * @param restarts why workers began again
 * @param stallShare of the train seconds that were spent waiting for batches
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record Report(
        String job,
        String status,
        String launcher,
        int epochs,
        long records,
        @JsonAnyGetter Map<String, @Nullable Number> results,
        double trainSeconds,
        long recordsPerSecond,
        double stallShare,
        double wallSeconds,
        long badRecords,
        long quarantined,
        Map<String, Long> lags,
        @Nullable String heldBackBy,
        List<String> restarts,
        List<Stage> stages) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    record Stage(
            String name,
            int replicas,
            long recordsIn,
            long recordsOut,
            long bytesOut,
            long padded,
            long dropped,
            Map<String, Double> seconds,
            List<Double> waitedForSeconds) {}

    static Report of(PackagedJob job, String status, String launcher, JobProgress progress, List<Result> results) {
        double seconds = progress.training().nanos() / 1e9;
        Map<String, @Nullable Number> byName = new LinkedHashMap<>();
        results.forEach(result -> byName.put(result.name(), result.value()));
        return new Report(
                job.name(),
                status,
                launcher,
                job.epochs(),
                progress.training().records(),
                byName,
                round(seconds, 3),
                seconds == 0 ? 0 : Math.round(progress.training().records() / seconds),
                seconds == 0 ? 0 : round(progress.training().stallNanos() / 1e9 / seconds, 4),
                round(progress.wall().toNanos() / 1e9, 3),
                progress.skipped(),
                progress.quarantined(),
                progress.lags(),
                progress.heldBackBy().orElse(null),
                progress.restarts(),
                progress.stages().stream().map(Report::stage).toList());
    }

    private static Stage stage(JobProgress.StageProgress stage) {
        return new Stage(
                stage.name(),
                stage.replicas(),
                stage.recordsIn(),
                stage.recordsOut(),
                stage.bytesOut(),
                stage.padded(),
                stage.dropped(),
                seconds(stage),
                stage.waitedFor().stream().map(wait -> round(wait, 3)).toList());
    }

    private static Map<String, Double> seconds(JobProgress.StageProgress stage) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        for (Activity activity : Activity.values()) {
            seconds.put(activity.label(), round(stage.seconds().getOrDefault(activity, 0.0), 3));
        }
        return seconds;
    }

    private static double round(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.round(value * scale) / scale;
    }

    void write(Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        JSON.writeValue(file.toFile(), this);
    }
}
