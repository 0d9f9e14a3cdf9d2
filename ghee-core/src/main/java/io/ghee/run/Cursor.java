package io.ghee.run;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exactly what of the source has arrived in the last stage: passes that are over, of the pass at hand the splits that are
 * complete, and of the others single records. Hands out the splits that are left. Guarded by the driver.
 */
final class Cursor {
    private final int splits;
    private final int passes;
    private final int pinnedTo;
    private final Map<Integer, BitSet> complete = new HashMap<>();
    private final Map<Long, Sums> underWay = new HashMap<>();
    private final ArrayDeque<Integer> unread = new ArrayDeque<>();
    private Consumed consumed = new Consumed();
    private int epoch = 1;
    private int reading = 1;

    /** A split of a pass to read. */
    record Next(int epoch, int split) {}

    /** The accounts that the workers keep of one split. */
    private static final class Sums {
        private final Map<Integer, Long> byWorker = new HashMap<>();
        private boolean exhausted;

        boolean isSettled() {
            return exhausted
                    && byWorker.values().stream().mapToLong(Long::longValue).sum() == 0;
        }
    }

    /**
     * Nothing has arrived.
     *
     * @param pinnedTo how many readers there are, if the splits are shared out among them beforehand; else 0
     */
    Cursor(int splits, int passes, int pinnedTo) {
        this.splits = splits;
        this.passes = passes;
        this.pinnedTo = pinnedTo;
    }

    /** The first pass that is not over. */
    int epoch() {
        return epoch;
    }

    /** True when every pass is over. */
    boolean isAtEnd() {
        return epoch > passes;
    }

    /** The pass at hand is over. */
    void endEpoch() {
        complete.remove(epoch);
        underWay.keySet().removeIf(key -> key >>> 32 <= epoch);
        epoch++;
    }

    /** Nothing has arrived after all. */
    void rewind() {
        epoch = 1;
        complete.clear();
    }

    /**
     * A generation begins.
     *
     * @param arrived what has arrived of splits that are not complete
     */
    void begin(Consumed arrived) {
        underWay.clear();
        consumed = arrived;
        reading = epoch;
        fill();
    }

    private void fill() {
        unread.clear();
        for (int split = 0; split < splits; split++) {
            if (!isComplete(reading, split)) {
                unread.add(split);
            }
        }
    }

    /** What has arrived of splits that are not complete, when the generation began. */
    Consumed consumed() {
        return consumed;
    }

    /** The next split to be read in this generation by a reader, or null if all of its have been handed out. */
    @Nullable
    Next next(int reader) {
        while (unread.isEmpty() && reading < passes) {
            reading++;
            fill();
        }
        for (Integer split : unread) {
            if (pinnedTo == 0 || split % pinnedTo == reader) {
                unread.remove(split);
                return new Next(reading, split);
            }
        }
        return null;
    }

    private boolean isComplete(int inEpoch, int split) {
        BitSet of = complete.get(inEpoch);
        return inEpoch < epoch || (of != null && of.get(split));
    }

    /**
     * Takes a worker's accounts of this generation, and returns those of them whose splits are complete.
     *
     * @param worker a number for each worker
     */
    List<WorkerProgress.Settled> report(int worker, int generation, List<WorkerProgress.Account> accounts) {
        List<WorkerProgress.Settled> settled = new ArrayList<>();
        for (WorkerProgress.Account account : accounts) {
            if (!isComplete(account.epoch(), account.split())) {
                long key = Ledger.key(account.epoch(), account.split());
                Sums sums = underWay.computeIfAbsent(key, k -> new Sums());
                sums.byWorker.put(worker, account.sum());
                sums.exhausted |= account.exhausted();
                if (sums.isSettled()) {
                    underWay.remove(key);
                    complete.computeIfAbsent(account.epoch(), e -> new BitSet()).set(account.split());
                }
            }
            if (isComplete(account.epoch(), account.split())) {
                settled.add(new WorkerProgress.Settled(generation, account.epoch(), account.split()));
            }
        }
        return settled;
    }
}
