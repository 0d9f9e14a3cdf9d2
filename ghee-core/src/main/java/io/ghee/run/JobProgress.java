package io.ghee.run;

import io.ghee.run.WorkerProgress.Point;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * How far a job is, added up over its workers; after its end, what it did. A snapshot.
 *
 * @param stages in the order of the plan
 * @param training what the train stage has been through, added up over its ranks but for the times, which are the longest
 * @param tallies by name, then by epoch
 * @param metrics by name, in the order reported; long series are thinned out
 * @param skipped malformed records that were left out
 * @param skippedWhere the first of them, with what is wrong and where
 */
public record JobProgress(
        Duration wall,
        List<StageProgress> stages,
        WorkerProgress.Training training,
        Map<String, Map<Integer, Long>> tallies,
        Map<String, List<Point>> metrics,
        long skipped,
        List<String> skippedWhere) {

    /**
     * One stage, added up over its replicas.
     *
     * @param epoch the pass that its slowest replica is in
     * @param batchesIn of each replica
     * @param busySeconds spent working, by all replicas together
     * @param waitSeconds spent waiting for splits, batches or credit, by all replicas together
     * @param queued batches that wait for it: sent by the stage before and not done with
     */
    public record StageProgress(
            String name,
            int replicas,
            int epoch,
            long recordsIn,
            long recordsOut,
            List<Long> batchesIn,
            long bytesOut,
            double busySeconds,
            double waitSeconds,
            int queued) {}

    /** The sum that a tally has in an epoch; 0 if it counted nothing there. */
    public long tally(String name, int epoch) {
        return tallies.getOrDefault(name, Map.of()).getOrDefault(epoch, 0L);
    }

    /** The values of a metric; empty if none was reported. */
    public List<Point> metric(String name) {
        return metrics.getOrDefault(name, List.of());
    }
}
