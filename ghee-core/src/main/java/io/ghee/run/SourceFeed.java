package io.ghee.run;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InputException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Origins;
import io.ghee.plan.PlannedStage;
import io.ghee.source.BatchReader;
import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.source.UnboundedSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the splits that the driver hands out. */
final class SourceFeed extends Feed {
    /** Records that are read at one pump: enough to make the call cheap, few enough to hold no train step back. */
    private static final int RECORDS = 64;
    /** Of so many calls to a reader one is timed. */
    private static final int SAMPLED = 16;
    /** How often it is looked how many records are ahead. */
    private static final long LAG_NANOS = 200_000_000;

    private final PlannedStage.FromSource input;
    private final Source<?> source;
    private final Coordinator coordinator;
    private final Wiring wiring;
    private final int generation;
    private final int replica;
    private final boolean last;
    private final Lineage lineage;
    private final Ledger ledger;
    private final Faults ofReader;
    /** All splits are read at a time. */
    private final boolean all;

    private final @Nullable Arrivals arrivals;
    private final List<Reading> readings = new ArrayList<>();
    private int epoch;
    private boolean begun;
    /** Everything that is for this reader was handed out. */
    private boolean assigned;

    private int turn;
    /** Splits in a row that had nothing. */
    private int quiet;

    private long lagNanos = System.nanoTime() - LAG_NANOS;
    private @Nullable Reading current;
    private @Nullable Object spare;

    /** A split that is being read. */
    private final class Reading {
        private final int split;
        private final String id;
        private final Consumed consumed;
        private final SplitReader<?> reader;
        private final long begun;
        private long quarantined;
        private long counted;
        private long place = -1;

        Reading(Coordinator.Assignment next, Split assigned) throws IOException {
            this.split = next.number();
            this.id = assigned.id();
            this.consumed = Consumed.read(next.consumed());
            this.begun = next.from();
            this.reader = source.open(assigned, begun);
        }

        /** Pushes some records; what is left to be read of the split is left for the next time. */
        void pump() throws Exception {
            if (!pumpBatch()) {
                pumpRecords();
            }
        }

        /** Pushes records that are read column by column, as they are; false if there are none, or they are wanted singly. */
        private boolean pumpBatch() throws Exception {
            boolean wanted = begun == 0 && consumed.isEmpty() && evening == null && !all;
            int room = wanted && reader instanceof BatchReader ? chain.room() : 0;
            if (room == 0) {
                return false;
            }
            long start = System.nanoTime();
            Batch<?> batch;
            try {
                batch = ((BatchReader<?>) reader).nextBatch(room);
            } catch (IOException e) {
                throw new InputException(reader.position() + ": " + e, e);
            }
            metrics.move(Activity.COMPUTE, Activity.READ, System.nanoTime() - start);
            if (batch == null) {
                return false;
            }
            quiet = 0;
            Lineage.Rows rows = lineage.rows();
            for (int row = 0; row < batch.size(); row++) {
                long id = Origins.id(split, place());
                note(id);
                rows.add(id, 0);
            }
            metrics.received(batch.size(), 0);
            batch(batch, rows.take(batch.size()));
            return true;
        }

        private void pumpRecords() throws Exception {
            long readNanos = 0;
            boolean waits = !reader.isOver();
            for (int k = 0; k < RECORDS; k++) {
                boolean timed = waits || k % SAMPLED == 0;
                long start = timed ? System.nanoTime() : 0;
                Object record;
                try {
                    record = reader.next();
                } catch (IOException e) {
                    throw new InputException(reader.position() + ": " + e, e);
                } catch (Exception e) {
                    ofReader.ofRecord(e);
                    place();
                    continue;
                }
                long took = timed ? System.nanoTime() - start : 0;
                if (record == null) {
                    if (reader.isOver()) {
                        close();
                    } else {
                        metrics.move(Activity.COMPUTE, Activity.WAIT_INPUT, took);
                        pause();
                    }
                    break;
                }
                readNanos += took;
                quiet = 0;
                push(record, Origins.id(split, place()));
            }
            metrics.move(Activity.COMPUTE, Activity.READ, waits ? readNanos : readNanos * SAMPLED);
            countQuarantined();
            if (all) {
                reached();
            }
        }

        /** Whatever is before the next record has been pushed. */
        private void reached() {
            long next = Math.max(Math.max(begun, place + 1), reader.nextPlace());
            ledger.exhausted(split, Math.max(begun, place), next);
            ledger.reached(split, next);
        }

        private void countQuarantined() {
            long all = reader.quarantined();
            if (all > quarantined) {
                metrics.quarantined(all - quarantined);
                quarantined = all;
            }
        }

        private long place() {
            long next = reader.place(counted++);
            if (next <= place || next >= Origins.MAX_RECORDS) {
                throw new ConfigurationException("place of a record at " + reader.position() + ": " + next
                        + " (expected: more than " + place + ", the one before, and less than " + Origins.MAX_RECORDS
                        + ")");
            }
            if (all) {
                // From the last one on: what was before has been said.
                ledger.exhausted(split, Math.max(begun, place), next);
            }
            place = next;
            return next;
        }

        private void push(Object record, long id) throws Exception {
            if (place < begun) {
                // Of storage that cannot begin in the middle.
                return;
            }
            if (!consumed.isEmpty() && consumed.contains(epoch, id, 0)) {
                return;
            }
            spare = evening == null ? null : record;
            metrics.received(1, 0);
            note(id);
            record(record, id, 0);
        }

        private void note(long id) {
            lineage.ledger().add(id, 0);
            if (arrivals != null) {
                arrivals.read(epoch, id);
            }
        }

        private void close() throws IOException {
            readings.remove(this);
            current = null;
            ledger.exhausted(split, begun, Origins.MAX_RECORDS);
            reader.close();
        }
    }

    /**
     * A feed of one generation.
     *
     * @param arrivals if this stage is the last one, and commits what it writes on the way
     * @param ledger of this generation
     * @param last true if this stage is the last one, too: then its replicas end each pass together
     */
    SourceFeed(
            PlannedStage.FromSource input,
            Coordinator coordinator,
            Wiring wiring,
            Start start,
            int replica,
            boolean last,
            @Nullable Arrivals arrivals,
            Lineage lineage,
            Ledger ledger,
            Node chain,
            WorkerMetrics metrics,
            Faults ofReader,
            Faults atEnd,
            @Nullable Evening evening) {
        super(chain, metrics, atEnd, evening);
        this.input = input;
        this.source = input.source();
        this.coordinator = coordinator;
        this.wiring = wiring;
        this.generation = start.generation();
        this.epoch = start.epoch() - 1;
        this.replica = replica;
        this.last = last;
        this.arrivals = arrivals;
        this.all = source instanceof UnboundedSource;
        this.lineage = lineage;
        this.ledger = ledger;
        this.ofReader = ofReader;
    }

    @Override
    boolean pump() throws Exception {
        if (wiring.generation() != generation) {
            throw new AbandonedException();
        }
        if (metrics.isDraining()) {
            drain();
        }
        while (!assigned && (all || readings.isEmpty())) {
            openNext();
        }
        if (readings.isEmpty()) {
            if (!metrics.isDraining()) {
                metrics.lags(Map.of());
            }
            turnTo(input.passes() + 1);
            return false;
        }
        Reading next = readings.get(turn++ % readings.size());
        current = next;
        next.pump();
        reportLags();
        return true;
    }

    @Override
    void keepUp(boolean ahead) throws Exception {
        if (wiring.generation() != generation) {
            throw new AbandonedException();
        } else if (ahead) {
            pump();
        }
    }

    /** Reads no further. Of what was not read to its end nothing is said to be exhausted: it is for a later job. */
    private void drain() throws IOException {
        for (Reading reading : List.copyOf(readings)) {
            readings.remove(reading);
            reading.reader.close();
        }
        current = null;
        assigned = true;
    }

    private void reportLags() {
        long now = System.nanoTime();
        if (now - lagNanos < LAG_NANOS) {
            return;
        }
        lagNanos = now;
        Map<String, Long> lags = new HashMap<>();
        for (Reading reading : readings) {
            long lag = reading.reader.lag();
            if (lag >= 0) {
                lags.put(reading.id, lag);
            }
        }
        metrics.lags(lags);
    }

    /** There is nothing at present of a split. */
    private void pause() throws Exception {
        quiet++;
        if (quiet >= readings.size()) {
            quiet = 0;
            idle();
        }
    }

    @Override
    int generation() {
        return generation;
    }

    @Override
    String position() {
        Reading reading = current;
        return reading == null ? "the end of epoch " + epoch : reading.reader.position();
    }

    private void openNext() throws Exception {
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        Coordinator.Assignment next = coordinator.nextSplit(generation, replica);
        metrics.in(before);
        Split split = next.split();
        if (split == null) {
            assigned = true;
        } else {
            turnTo(next.epoch());
            readings.add(new Reading(next, split));
        }
    }

    private void turnTo(int pass) throws Exception {
        while (epoch < pass) {
            turn();
        }
    }

    /** Ends the pass at hand and begins the next one. */
    private void turn() throws Exception {
        if (begun) {
            if (last) {
                awaitOthers();
            }
            Object one = spare;
            end(epoch, one == null ? null : into -> into.record(one, 0, 0));
        }
        begun = true;
        epoch++;
        spare = null;
        if (epoch <= input.passes()) {
            ledger.epoch(epoch);
            begin(epoch);
        }
    }

    private void awaitOthers() throws InterruptedException {
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        while (!coordinator.epochOver(generation, replica, epoch, PATIENCE)) {
            if (wiring.generation() != generation) {
                throw new AbandonedException();
            }
        }
        metrics.in(before);
    }

    @Override
    public void close() throws IOException {
        for (Reading reading : readings) {
            reading.reader.close();
        }
    }
}
