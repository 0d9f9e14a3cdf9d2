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
    private int splits;
    private final int passes;
    private final int pinnedTo;
    private final Units units;
    /** By epoch: units of which nothing is under way any more. */
    private final Map<Integer, Roaring64NavigableMap> complete = new HashMap<>();

    private final Map<Long, Sums> underWay = new HashMap<>();
    private final ArrayDeque<Integer> unread = new ArrayDeque<>();
    /** By split, the place before which everything is complete, where that is in the middle of a unit. */
    private final Map<Integer, Long> partly = new HashMap<>();
    /** By split, the place up to which it has been read in this generation. */
    private final Map<Integer, Long> read = new HashMap<>();

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
        private long reached = -1;

        /** Nothing of what has been read of it is under way. */
        boolean isEven() {
            return byWorker.values().stream().mapToLong(Long::longValue).sum() == 0;
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
        partly.clear();
    }

    /** Only what comes before this pass has arrived. */
    void rewindTo(int pass) {
        rewind();
        epoch = pass;
    }

    /** There are more splits, from the next generation on. */
    void grow(int all) {
        splits = all;
    }

    /** Up to where splits have been read in this generation. */
    Map<Integer, Long> read() {
        return Map.copyOf(read);
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
            long place = partly.getOrDefault(split, 0L);
            marks[split] = Math.max(before[split], unit == units.of(split, place) ? place : units.place(split, unit));
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
        read.clear();
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
            if (account.reached() >= 0) {
                read.merge(units.split(account.unit()), account.reached(), Math::max);
            }
            if (!isComplete(account.epoch(), account.unit())) {
                long key = Units.key(account.epoch(), account.unit());
                Sums sums = underWay.computeIfAbsent(key, k -> new Sums());
                sums.byWorker.put(worker, account.sum());
                sums.exhausted |= account.exhausted();
                sums.reached = Math.max(sums.reached, account.reached());
                if (sums.isEven() && sums.exhausted) {
                    underWay.remove(key);
                    complete(account.epoch()).addLong(account.unit());
                    grown = true;
                } else if (sums.isEven() && sums.reached >= 0) {
                    Long before = partly.put(units.split(account.unit()), sums.reached);
                    grown |= before == null || before != sums.reached;
                }
            }
            if (isComplete(account.epoch(), account.unit())) {
                settled.add(new WorkerProgress.Settled(generation, account.epoch(), account.unit()));
            }
        }
        return settled;
    }
}
