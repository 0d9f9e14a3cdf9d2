package io.ghee.run;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.channel.Origins;
import io.ghee.function.BatchFunction;
import io.ghee.function.BatchTally;
import io.ghee.function.FlatMapFunction;
import io.ghee.function.RecordFunction;
import io.ghee.function.RecordPredicate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * One link of a fused chain: takes a record or a batch, and pushes what it makes of it into the next link, in the same
 * call. All links of a chain run on one thread.
 *
 * <p>Records and batches come with their origins, which mean nothing where the {@link Lineage} does not follow them.
 */
abstract class Node {
    /** Takes a record. */
    void record(Object record, long id, long path) throws Exception {
        throw new IllegalStateException(getClass().getSimpleName() + " was given a record (expected: a batch)");
    }

    /** Takes a batch. */
    void batch(Batch<?> batch, Origins origins) throws Exception {
        throw new IllegalStateException(getClass().getSimpleName() + " was given a batch (expected: a record)");
    }

    /** How many rows a batch may have that is given instead of records, at least 0. */
    int room() {
        return 0;
    }

    /** A pass begins. */
    abstract void beginEpoch(int epoch) throws Exception;

    /** A pass has ended: whatever is held back goes on. */
    abstract void endEpoch(int epoch) throws Exception;

    /** Nothing has come for a while: what has waited long enough goes on. */
    abstract void idle() throws Exception;

    /** Whatever is held back goes on, though the pass has not ended. */
    abstract void flush() throws Exception;

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

        @Override
        void flush() throws Exception {
            next.flush();
        }
    }

    static final class MapRecords extends Link {
        private final RecordFunction<Object, Object> function;
        private final Lineage lineage;
        private final Faults faults;

        MapRecords(RecordFunction<Object, Object> function, Lineage lineage, Faults faults, Node next) {
            super(next);
            this.function = function;
            this.lineage = lineage;
            this.faults = faults;
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            Object made;
            try {
                made = function.apply(record);
            } catch (Exception e) {
                faults.ofRecord(e);
                lineage.ledger().remove(id, path);
                return;
            }
            next.record(made, id, path);
        }
    }

    /** Batch to batch. */
    static final class MapBatches extends Link {
        private final BatchFunction<Object, Object> function;
        private final Lineage lineage;
        private final Faults faults;

        MapBatches(BatchFunction<Object, Object> function, Lineage lineage, Faults faults, Node next) {
            super(next);
            this.function = function;
            this.lineage = lineage;
            this.faults = faults;
        }

        @Override
        @SuppressWarnings("unchecked")
        void batch(Batch<?> batch, Origins origins) throws Exception {
            List<Object> made;
            try {
                made = function.apply((Batch<Object>) batch);
            } catch (Exception e) {
                throw faults.ending(e);
            }
            if (made.isEmpty()) {
                lineage.ledger().remove(origins);
            } else {
                next.batch(Batch.of(made), origins);
            }
        }
    }

    static final class FlatMapRecords extends Link {
        private final FlatMapFunction<Object, Object> function;
        private final Lineage lineage;
        private final Faults faults;

        FlatMapRecords(FlatMapFunction<Object, Object> function, Lineage lineage, Faults faults, Node next) {
            super(next);
            this.function = function;
            this.lineage = lineage;
            this.faults = faults;
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            Iterator<?> all = null;
            int n = 0;
            while (true) {
                Object made;
                try {
                    // The records may be made lazily, so that asking for the next one may throw too.
                    all = all == null ? function.apply(record).iterator() : all;
                    if (!all.hasNext()) {
                        break;
                    }
                    made = all.next();
                } catch (Exception e) {
                    faults.ofRecord(e);
                    break;
                }
                long its = Ledger.path(path, n++);
                lineage.ledger().add(id, its);
                next.record(made, id, its);
            }
            // After those that were made of it: what is under way must never seem to be nothing.
            lineage.ledger().remove(id, path);
        }
    }

    /** Leaves out what has arrived in an earlier generation. */
    static final class SkipConsumed extends Link {
        private final Consumed consumed;
        private final Lineage lineage;
        private int epoch;

        SkipConsumed(Consumed consumed, Lineage lineage, Node next) {
            super(next);
            this.consumed = consumed;
            this.lineage = lineage;
        }

        @Override
        void beginEpoch(int number) throws Exception {
            epoch = number;
            super.beginEpoch(number);
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            if (consumed.contains(epoch, id, path)) {
                lineage.ledger().remove(id, path);
            } else {
                next.record(record, id, path);
            }
        }
    }

    static final class Filter extends Link {
        private final RecordPredicate<Object> predicate;
        private final Lineage lineage;
        private final Faults faults;

        Filter(RecordPredicate<Object> predicate, Lineage lineage, Faults faults, Node next) {
            super(next);
            this.predicate = predicate;
            this.lineage = lineage;
            this.faults = faults;
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            boolean kept = false;
            try {
                kept = predicate.test(record);
            } catch (Exception e) {
                faults.ofRecord(e);
            }
            if (kept) {
                next.record(record, id, path);
            } else {
                lineage.ledger().remove(id, path);
            }
        }
    }

    /** In the held-out pass lets through what the predicate holds for, in the other passes the rest. */
    static final class HoldOut extends Link {
        private final RecordPredicate<Object> predicate;
        private final int heldOutPass;
        private final Lineage lineage;
        private final Faults faults;
        private boolean wanted;

        HoldOut(RecordPredicate<Object> predicate, int heldOutPass, Lineage lineage, Faults faults, Node next) {
            super(next);
            this.predicate = predicate;
            this.heldOutPass = heldOutPass;
            this.lineage = lineage;
            this.faults = faults;
        }

        @Override
        void beginEpoch(int epoch) throws Exception {
            wanted = epoch == heldOutPass;
            super.beginEpoch(epoch);
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            boolean kept = false;
            try {
                kept = predicate.test(record) == wanted;
            } catch (Exception e) {
                faults.ofRecord(e);
            }
            if (kept) {
                next.record(record, id, path);
            } else {
                lineage.ledger().remove(id, path);
            }
        }
    }

    /** Keeps a window of records, and lets a random one of them go for each that comes. */
    static final class Shuffle extends Link {
        private final int window;
        private final long seed;
        private final int replica;
        private final Lineage lineage;
        private Object[] records = new Object[0];
        private long[] ids = new long[0];
        private long[] paths = new long[0];
        private int held;
        private SplittableRandom random = new SplittableRandom();

        Shuffle(int window, long seed, int replica, Lineage lineage, Node next) {
            super(next);
            this.window = window;
            this.seed = seed;
            this.replica = replica;
            this.lineage = lineage;
        }

        @Override
        void beginEpoch(int epoch) throws Exception {
            random = new SplittableRandom(seed * 1_000_003L + epoch * 8191L + replica);
            super.beginEpoch(epoch);
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            if (held < window) {
                grow();
                put(held++, record, id, path);
            } else {
                exchange(random.nextInt(window), record, id, path);
            }
        }

        private void grow() {
            if (held == records.length) {
                int size = Math.min(window, Math.max(64, held * 2));
                records = Arrays.copyOf(records, size);
                ids = lineage.ids() ? Arrays.copyOf(ids, size) : ids;
                paths = lineage.paths() ? Arrays.copyOf(paths, size) : paths;
            }
        }

        private void put(int at, Object record, long id, long path) {
            records[at] = record;
            if (lineage.ids()) {
                ids[at] = id;
            }
            if (lineage.paths()) {
                paths[at] = path;
            }
        }

        /** Puts one in the place of another, which goes. */
        private void exchange(int at, Object record, long id, long path) throws Exception {
            Object goes = records[at];
            long itsId = id(at);
            long itsPath = path(at);
            put(at, record, id, path);
            next.record(goes, itsId, itsPath);
        }

        private long id(int at) {
            return lineage.ids() ? ids[at] : 0;
        }

        private long path(int at) {
            return lineage.paths() ? paths[at] : 0;
        }

        @Override
        void flush() throws Exception {
            drain();
            super.flush();
        }

        private void drain() throws Exception {
            while (held > 0) {
                int last = --held;
                exchange(random.nextInt(last + 1), records[last], id(last), path(last));
            }
        }

        @Override
        void endEpoch(int epoch) throws Exception {
            drain();
            records = new Object[0];
            super.endEpoch(epoch);
        }
    }

    /** Groups records into batches. */
    static final class Group extends Link {
        private static final long NEVER = Long.MAX_VALUE;

        private final int size;
        private final long lingerNanos;
        private final Lineage.Rows origins;
        private List<Object> records = new ArrayList<>();
        private long firstNanos;

        Group(int size, Optional<Duration> linger, Lineage lineage, Node next) {
            super(next);
            this.size = size;
            this.lingerNanos = linger.map(Duration::toNanos).orElse(NEVER);
            this.origins = lineage.rows();
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            if (records.isEmpty() && lingerNanos != NEVER) {
                firstNanos = System.nanoTime();
            }
            records.add(record);
            origins.add(id, path);
            if (records.size() == size) {
                emit();
            } else if (lingerNanos != NEVER && (records.size() & 63) == 0) {
                flushIfLate();
            }
        }

        @Override
        int room() {
            return size - records.size();
        }

        @Override
        void batch(Batch<?> batch, Origins rows) throws Exception {
            if (batch.size() == size && records.isEmpty()) {
                next.batch(batch, rows);
                return;
            }
            int row = 0;
            for (Object record : batch) {
                record(record, rows.rows() == 0 ? 0 : rows.id(row), rows.path(row));
                row++;
            }
        }

        private void emit() throws Exception {
            List<Object> full = records;
            records = new ArrayList<>(Math.min(size, full.size()));
            next.batch(Batch.of(full), origins.take(full.size()));
        }

        private void flushIfLate() throws Exception {
            if (!records.isEmpty() && System.nanoTime() - firstNanos >= lingerNanos) {
                emit();
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
        void flush() throws Exception {
            emitRest();
            super.flush();
        }

        private void emitRest() throws Exception {
            if (!records.isEmpty()) {
                emit();
            }
        }

        @Override
        void endEpoch(int epoch) throws Exception {
            emitRest();
            super.endEpoch(epoch);
        }
    }

    static final class Ungroup extends Link {
        private final Lineage lineage;

        Ungroup(Lineage lineage, Node next) {
            super(next);
            this.lineage = lineage;
        }

        @Override
        void batch(Batch<?> batch, Origins origins) throws Exception {
            pushRows(batch, origins, lineage, next);
        }
    }

    /** Pushes the rows of a batch one by one. */
    static void pushRows(Batch<?> batch, Origins origins, Lineage lineage, Node next) throws Exception {
        if (!lineage.ids()) {
            for (Object record : batch) {
                next.record(record, 0, 0);
            }
            return;
        }
        if (origins.rows() != batch.size()) {
            throw new ConfigurationException("map of batches: " + batch.size() + " records of a batch of "
                    + origins.rows() + " (expected: one for each, where the batch is taken apart before the last stage;"
                    + " or unbatch first, and use filter or flatMap)");
        }
        int row = 0;
        for (Object record : batch) {
            next.record(record, origins.id(row), origins.path(row));
            row++;
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
        void batch(Batch<?> batch, Origins origins) throws Exception {
            long count;
            try {
                count = tally.count((Batch<Object>) batch);
            } catch (Exception e) {
                throw faults.ending(e);
            }
            metrics.tally(name, epoch, count);
            next.batch(batch, origins);
        }
    }
}
