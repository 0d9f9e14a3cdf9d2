package io.ghee.run;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How far one worker is. Counts are totals since it started, but for {@code points}, which are those since the last
 * progress. Of the last stage they are those of the attempt; of the stages before they include what was done again after
 * the loss of a worker.
 *
 * @param attempt of the last stage
 * @param padded records that were added so that all ranks have the same number of batches
 * @param dropped records that were left out for it
 * @param nanos where the time went; the sum is the wall time
 * @param creditNanos how long each replica of the next stage has been waited for
 * @param outstanding batches it has sent and the next stage has not done with
 * @param training what its train function has been through
 * @param tallies by name, then by epoch
 * @param points by metric name
 * @param lags how many records are ahead in the splits that are being read, by the split's id, where that is known
 * @param quarantined malformed records that its readers have put aside
 * @param generation that the accounts belong to
 * @param accounts of the units whose records have come by here
 * @param agrees the last proposal of marks that it knew of before it committed; see {@link Guidance}
 * @param knows the marks it knows
 * @param hang the step that it has been at for long; null if it goes on, or waits for others
 */
public record WorkerProgress(
        int stage,
        int replica,
        int attempt,
        int epoch,
        long recordsIn,
        long recordsOut,
        long batchesIn,
        long bytesOut,
        long padded,
        long dropped,
        Map<Activity, Long> nanos,
        List<Long> creditNanos,
        int outstanding,
        Training training,
        Map<String, Map<Integer, Long>> tallies,
        Map<String, List<Point>> points,
        Map<String, Long> lags,
        long quarantined,
        int generation,
        List<Account> accounts,
        long agrees,
        long knows,
        @Nullable Hang hang) {

    /**
     * Train records over all epochs, the wall time from the first request for a batch to the last step, and how much of
     * it was spent waiting for batches.
     */
    public record Training(long records, long nanos, long stallNanos) {
        /** Adds the records; the times are those of the slower one. */
        Training plus(Training other) {
            Training slower = other.nanos > nanos ? other : this;
            return new Training(records + other.records, slower.nanos, slower.stallNanos);
        }
    }

    /** A value of a metric, and how many records of the epochs had been taken before it. */
    public record Point(long records, double value) {}

    /**
     * What has come and gone here of one of the {@link Units}; see {@link Ledger}.
     *
     * @param sum of the hashes of records that came, less those that went
     * @param exhausted the unit has been read to its end, here
     * @param reached of a unit of a split that is read on and on here, the place before which everything was read; else -1
     */
    public record Account(int epoch, long unit, long sum, boolean exhausted, long reached) {}

    /** A unit of which everything has arrived in a generation: it will not be read again, unless the last stage begins anew. */
    public record Settled(int generation, int epoch, long unit) {}

    /**
     * A step that takes long: a function that does not return, or a source or a sink that does not answer.
     *
     * @param nanos how long it has been at it
     * @param where the line of code
     * @param stack of the task's thread, a line for a frame; as it was when that was noticed
     */
    public record Hang(long nanos, String where, String stack) {}

    /** The wall time. */
    public long wallNanos() {
        return nanos.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The time in which nothing was done. */
    public long waitNanos() {
        return nanos.entrySet().stream()
                .filter(each -> each.getKey().isWaiting())
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
