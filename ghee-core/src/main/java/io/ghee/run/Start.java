package io.ghee.run;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A generation of the job begins: all workers are there and their channels are bound.
 *
 * @param generation counts from 0; every loss of a worker begins a new one
 * @param attempt of the last stage, from 0: it begins anew when one of its own replicas was lost
 * @param epoch the first pass that is not over
 * @param sinkAttempt the number by which the sink knows that attempt
 * @param consumed for the stage behind which records stay what they are: what has arrived already, as
 *     {@link Consumed#toBytes} wrote it
 * @param members the replicas of the last stage that take part, in the order of their ranks
 * @param resume what the attempt goes on from; null if it begins at the beginning
 */
public record Start(
        int generation,
        int attempt,
        int sinkAttempt,
        int epoch,
        byte[] consumed,
        List<Integer> members,
        @Nullable Resume resume) {
    /** The rank of a replica of the last stage; -1 if it does not take part. */
    public int rank(int replica) {
        return members.indexOf(replica);
    }

    /**
     * A checkpoint of training.
     *
     * @param step after which it was made
     * @param epoch the pass at hand then
     * @param states the parts of it that hold the state: that of rank 0, or of each
     * @param counted what had been counted by all ranks, which rank 0 takes for its own
     */
    public record Resume(long step, int epoch, List<State> states, Counted counted) {}

    /** A part of a checkpoint, its length and its CRC-32C. */
    public record State(String part, long bytes, long checksum) {}

    /**
     * What train ranks have counted.
     *
     * @param training what they have been through
     * @param tallies by name, then by epoch
     */
    public record Counted(WorkerProgress.Training training, Map<String, Map<Integer, Long>> tallies) {
        static final Counted NOTHING = new Counted(new WorkerProgress.Training(0, 0, 0), Map.of());

        /** The sum; the times are those of the slower one. */
        Counted plus(Counted other) {
            Map<String, Map<Integer, Long>> all = new TreeMap<>();
            for (Counted each : List.of(this, other)) {
                each.tallies.forEach((name, byEpoch) -> byEpoch.forEach((in, count) ->
                        all.computeIfAbsent(name, n -> new TreeMap<>()).merge(in, count, Long::sum)));
            }
            return new Counted(training.plus(other.training), all);
        }
    }
}
