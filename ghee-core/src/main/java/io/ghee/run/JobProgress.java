package io.ghee.run;

import io.ghee.run.WorkerProgress.Point;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How far a job is, added up over its workers; after its end, what it did. A snapshot.
 *
 * @param stages in the order of the plan
 * @param training what the train stage has been through, added up over its ranks but for the times, which are the longest
 * @param tallies by name, then by epoch
 * @param metrics by name, in the order reported; long series are thinned out
 * @param skipped malformed records that were left out
 * @param skippedWhere the first of them, with what is wrong and where
 * @param quarantined malformed records that readers have put aside; what is read again after a loss counts again
 * @param lags how many records are ahead in each split that is being read, by the split's id, as far as its storage counts them
 * @param restarts why workers were lost and began again, in order
 * @param hangs which workers have been at the same step for long, and in which line of code; not those that wait for others
 * @param trials of a sweep, in their order; metrics are then named {@code TRIAL/METRIC}
 */
public record JobProgress(
        Duration wall,
        List<StageProgress> stages,
        WorkerProgress.Training training,
        Map<String, Map<Integer, Long>> tallies,
        Map<String, List<Point>> metrics,
        long skipped,
        List<String> skippedWhere,
        long quarantined,
        Map<String, Long> lags,
        List<String> restarts,
        List<String> hangs,
        List<TrialProgress> trials) {

    /**
     * One stage, added up over its replicas.
     *
     * @param epoch the pass that its slowest replica is in
     * @param batchesIn of each replica
     * @param padded records that were added so that all ranks have the same number of batches
     * @param dropped records that were left out for it
     * @param seconds where the time of all replicas together went; the sum is their wall time
     * @param waitedFor seconds that each replica of the next stage was waited for, by all replicas together
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
            long padded,
            long dropped,
            Map<Activity, Double> seconds,
            List<Double> waitedFor,
            int queued) {
        /** Spent working, by all replicas together. */
        public double busySeconds() {
            return sum(false);
        }

        /** Spent waiting for the driver, for batches or for credit, by all replicas together. */
        public double waitSeconds() {
            return sum(true);
        }

        /** The part of the wall time, from 0 to 1, that an activity took. */
        public double share(Activity activity) {
            double all = busySeconds() + waitSeconds();
            return all == 0 ? 0 : seconds.getOrDefault(activity, 0.0) / all;
        }

        private double busyShare() {
            double all = busySeconds() + waitSeconds();
            return all == 0 ? 0 : busySeconds() / all;
        }

        private double sum(boolean waiting) {
            return seconds.entrySet().stream()
                    .filter(each -> each.getKey().isWaiting() == waiting)
                    .mapToDouble(Map.Entry::getValue)
                    .sum();
        }
    }

    /**
     * What held the last stage back, if it waited for batches for more than a twentieth of its time: the stage whose
     * replicas were at work most of the time, and at what; else nothing.
     */
    public Optional<String> heldBackBy() {
        int at = stages.size() - 1;
        if (at < 1 || stages.get(at).share(Activity.WAIT_INPUT) < 0.05) {
            return Optional.empty();
        }
        StageProgress culprit = stages.get(--at);
        while (at > 0 && culprit.share(Activity.WAIT_INPUT) > culprit.busyShare()) {
            culprit = stages.get(--at);
        }
        StageProgress named = culprit;
        String shares = Stream.of(Activity.READ, Activity.COMPUTE, Activity.SERIALISE)
                .map(activity -> activity.label() + " " + Math.round(100 * named.share(activity)) + " %")
                .collect(Collectors.joining(", "));
        return Optional.of(named.name() + " (" + shares + " of its time)");
    }

    /** How many records are ahead in all splits that are being read; nothing if no storage counts them. */
    public OptionalLong lag() {
        return lags.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(
                        lags.values().stream().mapToLong(Long::longValue).sum());
    }

    /** The sum that a tally has in an epoch; 0 if it counted nothing there. */
    public long tally(String name, int epoch) {
        return tallies.getOrDefault(name, Map.of()).getOrDefault(epoch, 0L);
    }

    /** The values of a metric; empty if none was reported. */
    public List<Point> metric(String name) {
        return metrics.getOrDefault(name, List.of());
    }
}
