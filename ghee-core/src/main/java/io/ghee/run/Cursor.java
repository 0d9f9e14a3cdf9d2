package io.ghee.run;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.longlong.Roaring64NavigableMap;

/**
 * Exactly what of the source has arrived in the last stage: passes that are over, of the pass at hand the units that are
 * complete, and of the others single records. Hands out the splits that are left. Guarded by the driver.
 */
final class Cursor {
    private final int splits;
    private final int passes;
    private final int pinnedTo;
    private final Units units;
    /** By epoch: units of which nothing is under way any more. */
    private final Map<Integer, Roaring64NavigableMap> complete = new HashMap<>();

    private final Map<Long, Sums> underWay = new HashMap<>();
    private final ArrayDeque<Integer> unread = new ArrayDeque<>();
    private Consumed consumed = new Consumed();
    private boolean grown;
    private int epoch = 1;
    private int reading = 1;

    /** A split of a pass to read. */
    record Next(int epoch, int split) {}

    /** The accounts that the workers keep of one unit. */
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
    Cursor(int splits, int passes, int pinnedTo, Units units) {
        this.splits = splits;
        this.passes = passes;
        this.pinnedTo = pinnedTo;
        this.units = units;
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
        underWay.keySet().removeIf(key -> Units.epoch(key) <= epoch);
        epoch++;
    }

    /** Nothing has arrived after all. */
    void rewind() {
        epoch = 1;
        complete.clear();
    }

    /** Whatever comes before these places of the splits is complete, in the one pass there is. */
    void rewindTo(long[] marks) {
        rewind();
        for (int split = 0; split < marks.length; split++) {
            complete(split, 0, marks[split]);
        }
    }

    private Roaring64NavigableMap complete(int inEpoch) {
        return complete.computeIfAbsent(inEpoch, e -> new Roaring64NavigableMap());
    }

    /** Whatever is between these places of a split is complete, in the one pass there is. */
    void complete(int split, long from, long end) {
        if (units.of(split, from) < units.of(split, end)) {
            complete(1).addRange(units.of(split, from), units.of(split, end));
            grown = true;
        }
    }

    /** True if more is complete than when {@link #marks} was called. */
    boolean hasGrown() {
        return grown;
    }

    /**
     * For each split of the one pass the place before which everything is complete.
     *
     * @param before such places, or less
     */
    long[] marks(long[] before) {
        grown = false;
        Roaring64NavigableMap of = complete(1);
        long[] marks = before.clone();
        for (int split = 0; split < splits; split++) {
            long unit = units.of(split, before[split]);
            while (unit < units.first(split + 1) && of.contains(unit)) {
                unit++;
            }
            marks[split] = Math.max(before[split], units.place(split, unit));
        }
        return marks;
    }

    /**
     * A generation begins.
     *
     * @param arrived what has arrived of units that are not complete
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
            if (!isComplete(reading, units.first(split)) || pinnedTo > 0) {
                unread.add(split);
            }
        }
    }

    /** What has arrived of units that are not complete, when the generation began. */
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

    private boolean isComplete(int inEpoch, long unit) {
        Roaring64NavigableMap of = complete.get(inEpoch);
        return inEpoch < epoch || (of != null && of.contains(unit));
    }

    /**
     * Takes a worker's accounts of this generation, and returns those of them whose units are complete.
     *
     * @param worker a number for each worker
     */
    List<WorkerProgress.Settled> report(int worker, int generation, List<WorkerProgress.Account> accounts) {
        List<WorkerProgress.Settled> settled = new ArrayList<>();
        for (WorkerProgress.Account account : accounts) {
            if (!isComplete(account.epoch(), account.unit())) {
                long key = Units.key(account.epoch(), account.unit());
                Sums sums = underWay.computeIfAbsent(key, k -> new Sums());
                sums.byWorker.put(worker, account.sum());
                sums.exhausted |= account.exhausted();
                if (sums.isSettled()) {
                    underWay.remove(key);
                    complete(account.epoch()).addLong(account.unit());
                    grown = true;
                }
            }
            if (isComplete(account.epoch(), account.unit())) {
                settled.add(new WorkerProgress.Settled(generation, account.epoch(), account.unit()));
            }
        }
        return settled;
    }
}
