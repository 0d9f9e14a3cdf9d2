package io.ghee.run;

import io.ghee.Batch;
import io.ghee.function.BatchFunction;
import io.ghee.function.BatchTally;
import io.ghee.function.FlatMapFunction;
import io.ghee.function.RecordFunction;
import io.ghee.function.RecordPredicate;
import io.ghee.function.WithFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One link of a fused chain: takes an item, a record or a {@link Batch}, and pushes what it makes of it into the next
 * link, in the same call. All links of a chain run on one thread.
 */
abstract class Node {
    abstract void accept(Object item) throws Exception;

    /** A pass begins. */
    abstract void beginEpoch(int epoch) throws Exception;

    /** A pass has ended: whatever is held back goes on. */
    abstract void endEpoch(int epoch) throws Exception;

    /** Nothing has come for a while: what has waited long enough goes on. */
    abstract void idle() throws Exception;

    /** A link that has a next one. */
    abstract static class Link extends Node {
        final Node next;

        Link(Node next) {
            this.next = next;
        }

        @Override
        void beginEpoch(int epoch) throws Exception {
            next.beginEpoch(epoch);
        }

        @Override
        void endEpoch(int epoch) throws Exception {
            next.endEpoch(epoch);
        }

        @Override
        void idle() throws Exception {
            next.idle();
        }
    }

    static final class MapRecords extends Link {
        private final RecordFunction<Object, Object> function;
        private final Faults faults;

        MapRecords(RecordFunction<Object, Object> function, Faults faults, Node next) {
            super(next);
            this.function = function;
            this.faults = faults;
        }

        @Override
        void accept(Object item) throws Exception {
            Object made;
            try {
                made = function.apply(item);
            } catch (Exception e) {
                faults.ofRecord(e);
                return;
            }
            next.accept(made);
        }
    }

    static final class MapWith extends Link {
        private final Object opened;
        private final WithFunction<Object, Object, Object> function;
        private final boolean batches;
        private final Faults faults;

        MapWith(
                Object opened,
                WithFunction<Object, Object, Object> function,
                boolean batches,
                Faults faults,
                Node next) {
            super(next);
            this.opened = opened;
            this.function = function;
            this.batches = batches;
            this.faults = faults;
        }

        @Override
        void accept(Object item) throws Exception {
            Object made;
            try {
                made = function.apply(opened, item);
            } catch (Exception e) {
                if (batches) {
                    throw faults.ending(e);
                }
                faults.ofRecord(e);
                return;
            }
            if (!batches) {
                next.accept(made);
            } else if (!((List<?>) made).isEmpty()) {
                next.accept(Batch.of((List<?>) made));
            }
        }
    }

    static final class FlatMapRecords extends Link {
        private final FlatMapFunction<Object, Object> function;
        private final Faults faults;

        FlatMapRecords(FlatMapFunction<Object, Object> function, Faults faults, Node next) {
            super(next);
            this.function = function;
            this.faults = faults;
        }

        @Override
        void accept(Object item) throws Exception {
            Iterator<?> all = null;
            while (true) {
                Object made;
                try {
                    // The records may be made lazily, so that asking for the next one may throw too.
                    all = all == null ? function.apply(item).iterator() : all;
                    if (!all.hasNext()) {
                        return;
                    }
                    made = all.next();
                } catch (Exception e) {
                    faults.ofRecord(e);
                    return;
                }
                next.accept(made);
            }
        }
    }

    static final class Filter extends Link {
        private final RecordPredicate<Object> predicate;
        private final Faults faults;

        Filter(RecordPredicate<Object> predicate, Faults faults, Node next) {
            super(next);
            this.predicate = predicate;
            this.faults = faults;
        }

        @Override
        void accept(Object item) throws Exception {
            boolean kept;
            try {
                kept = predicate.test(item);
            } catch (Exception e) {
                faults.ofRecord(e);
                return;
            }
            if (kept) {
                next.accept(item);
            }
        }
    }

    /** In the held-out pass lets through what the predicate holds for, in the other passes the rest. */
    static final class HoldOut extends Link {
        private final RecordPredicate<Object> predicate;
        private final int heldOutPass;
        private final Faults faults;
        private boolean wanted;

        HoldOut(RecordPredicate<Object> predicate, int heldOutPass, Faults faults, Node next) {
            super(next);
            this.predicate = predicate;
            this.heldOutPass = heldOutPass;
            this.faults = faults;
        }

        @Override
        void beginEpoch(int epoch) throws Exception {
            wanted = epoch == heldOutPass;
            super.beginEpoch(epoch);
        }

        @Override
        void accept(Object item) throws Exception {
            boolean heldOut;
            try {
                heldOut = predicate.test(item);
            } catch (Exception e) {
                faults.ofRecord(e);
                return;
            }
            if (heldOut == wanted) {
                next.accept(item);
            }
        }
    }

    /** Keeps a window of records, and lets a random one of them go for each that comes. */
    static final class Shuffle extends Link {
        private final int window;
        private final long seed;
        private final int replica;
        private final List<Object> held = new ArrayList<>();
        private SplittableRandom random = new SplittableRandom();

        Shuffle(int window, long seed, int replica, Node next) {
            super(next);
            this.window = window;
            this.seed = seed;
            this.replica = replica;
        }

        @Override
        void beginEpoch(int epoch) throws Exception {
            random = new SplittableRandom(seed * 1_000_003L + epoch * 8191L + replica);
            super.beginEpoch(epoch);
        }

        @Override
        void accept(Object item) throws Exception {
            if (held.size() < window) {
                held.add(item);
            } else {
                next.accept(held.set(random.nextInt(window), item));
            }
        }

        @Override
        void endEpoch(int epoch) throws Exception {
            for (int last = held.size() - 1; last >= 0; last--) {
                int chosen = random.nextInt(last + 1);
                Object item = held.set(chosen, held.get(last));
                held.remove(last);
                next.accept(item);
            }
            super.endEpoch(epoch);
        }
    }

    /** Groups records into batches. */
    static final class Group extends Link {
        private static final long NEVER = Long.MAX_VALUE;

        private final int size;
        private final long lingerNanos;
        private List<Object> records = new ArrayList<>();
        private long firstNanos;

        Group(int size, Optional<Duration> linger, Node next) {
            super(next);
            this.size = size;
            this.lingerNanos = linger.map(Duration::toNanos).orElse(NEVER);
        }

        @Override
        void accept(Object item) throws Exception {
            if (records.isEmpty() && lingerNanos != NEVER) {
                firstNanos = System.nanoTime();
            }
            records.add(item);
            if (records.size() == size) {
                flush();
            } else if (lingerNanos != NEVER && (records.size() & 63) == 0) {
                flushIfLate();
            }
        }

        private void flush() throws Exception {
            List<Object> full = records;
            records = new ArrayList<>(Math.min(size, full.size()));
            next.accept(Batch.of(full));
        }

        private void flushIfLate() throws Exception {
            if (!records.isEmpty() && System.nanoTime() - firstNanos >= lingerNanos) {
                flush();
            }
        }

        @Override
        void idle() throws Exception {
            if (lingerNanos != NEVER) {
                flushIfLate();
            }
            super.idle();
        }

        @Override
        void endEpoch(int epoch) throws Exception {
            if (!records.isEmpty()) {
                flush();
            }
            super.endEpoch(epoch);
        }
    }

    static final class Ungroup extends Link {
        Ungroup(Node next) {
            super(next);
        }

        @Override
        void accept(Object item) throws Exception {
            for (Object record : (Batch<?>) item) {
                next.accept(record);
            }
        }
    }

    static final class MapBatches extends Link {
        private final BatchFunction<Object, Object> function;
        private final Faults faults;

        MapBatches(BatchFunction<Object, Object> function, Faults faults, Node next) {
            super(next);
            this.function = function;
            this.faults = faults;
        }

        @Override
        @SuppressWarnings("unchecked")
        void accept(Object item) throws Exception {
            List<Object> made;
            try {
                made = function.apply((Batch<Object>) item);
            } catch (Exception e) {
                throw faults.ending(e);
            }
            if (!made.isEmpty()) {
                next.accept(Batch.of(made));
            }
        }
    }

    static final class Tally extends Link {
        private final String name;
        private final BatchTally<Object> tally;
        private final WorkerMetrics metrics;
        private final Faults faults;
        private int epoch;

        Tally(String name, BatchTally<Object> tally, WorkerMetrics metrics, Faults faults, Node next) {
            super(next);
            this.name = name;
            this.tally = tally;
            this.metrics = metrics;
            this.faults = faults;
        }

        @Override
        void beginEpoch(int number) throws Exception {
            epoch = number;
            super.beginEpoch(number);
        }

        @Override
        @SuppressWarnings("unchecked")
        void accept(Object item) throws Exception {
            long count;
            try {
                count = tally.count((Batch<Object>) item);
            } catch (Exception e) {
                throw faults.ending(e);
            }
            metrics.tally(name, epoch, count);
            next.accept(item);
        }
    }
}
