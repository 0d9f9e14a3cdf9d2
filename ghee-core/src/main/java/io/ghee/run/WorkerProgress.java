package io.ghee.run;

import java.util.List;
import java.util.Map;

/**
 * How far one worker is. Counts are totals since it started, but for {@code points}, which are those since the last
 * progress.
 *
 * @param outstanding batches it has sent and the next stage has not done with
 * @param training what its train function has been through
 * @param tallies by name, then by epoch
 * @param points by metric name
 */
public record WorkerProgress(
        int stage,
        int replica,
        int epoch,
        long recordsIn,
        long recordsOut,
        long batchesIn,
        long bytesOut,
        long waitNanos,
        long wallNanos,
        int outstanding,
        Training training,
        Map<String, Map<Integer, Long>> tallies,
        Map<String, List<Point>> points) {

    /**
     * Train records over all epochs, the wall time from the first request for a batch to the last step, and how much of
     * it was spent waiting for batches.
     */
    public record Training(long records, long nanos, long stallNanos) {}

    /** A value of a metric, and how many records of the epochs had been taken before it. */
    public record Point(long records, double value) {}
}
