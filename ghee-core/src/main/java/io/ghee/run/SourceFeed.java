package io.ghee.run;

import io.ghee.ConfigurationException;
import io.ghee.InputException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Origins;
import io.ghee.plan.PlannedStage;
import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads the splits that the driver hands out. */
final class SourceFeed extends Feed {
    /** Records that are read at one pump: enough to make the call cheap, few enough to hold no train step back. */
    private static final int RECORDS = 64;
    /** Of so many calls to a reader one is timed. */
    private static final int SAMPLED = 16;

    private final PlannedStage.FromSource input;
    private final Source<?> source;
    private final Coordinator coordinator;
    private final Wiring wiring;
    private final int generation;
    private final int replica;
    private final boolean last;
    private final Lineage lineage;
    private final Faults ofReader;
    private int epoch;
    private boolean begun;
    private int split;
    private long place;
    private Consumed consumed = new Consumed();
    private @Nullable SplitReader<?> reader;
    private @Nullable Object spare;

    /**
     * A feed of one generation.
     *
     * @param last true if this stage is the last one, too: then its replicas end each pass together
     */
    SourceFeed(
            PlannedStage.FromSource input,
            Coordinator coordinator,
            Wiring wiring,
            Start start,
            int replica,
            boolean last,
            Lineage lineage,
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
        this.lineage = lineage;
        this.ofReader = ofReader;
    }

    @Override
    boolean pump() throws Exception {
        if (wiring.generation() != generation) {
            throw new AbandonedException();
        }
        if (reader == null && !openNext()) {
            return false;
        }
        SplitReader<?> open = reader;
        long readNanos = 0;
        for (int k = 0; k < RECORDS && open != null; k++) {
            boolean timed = k % SAMPLED == 0;
            long start = timed ? System.nanoTime() : 0;
            Object record;
            try {
                record = open.next();
            } catch (IOException e) {
                throw new InputException(open.position() + ": " + e, e);
            } catch (Exception e) {
                ofReader.ofRecord(e);
                place++;
                continue;
            }
            if (timed) {
                readNanos += System.nanoTime() - start;
            }
            if (record == null) {
                exhausted(open);
                open = null;
            } else {
                push(record);
            }
        }
        metrics.move(Activity.COMPUTE, Activity.READ, readNanos * SAMPLED);
        return true;
    }

    private void push(Object record) throws Exception {
        long id = Origins.id(split, place++);
        if (place > Origins.MAX_RECORDS) {
            throw new ConfigurationException(
                    "records of a split: more than " + Origins.MAX_RECORDS + " (expected: smaller splits)");
        }
        if (!consumed.isEmpty() && consumed.contains(epoch, id, 0)) {
            return;
        }
        spare = evening == null ? null : record;
        lineage.ledger().add(id, 0);
        metrics.received(1, 0);
        record(record, id, 0);
    }

    private void exhausted(SplitReader<?> open) throws IOException {
        reader = null;
        lineage.ledger().exhausted(split);
        open.close();
    }

    @Override
    int generation() {
        return generation;
    }

    @Override
    String position() {
        return reader == null ? "the end of epoch " + epoch : reader.position();
    }

    private boolean openNext() throws Exception {
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        Coordinator.Assignment next = coordinator.nextSplit(generation, replica);
        metrics.in(before);
        Split assigned = next.split();
        int until = assigned == null ? input.passes() + 1 : next.epoch();
        while (epoch < until) {
            turn();
        }
        if (assigned == null) {
            return false;
        }
        split = next.number();
        place = 0;
        consumed = Consumed.read(next.consumed());
        reader = source.open(assigned);
        return true;
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
            lineage.ledger().epoch(epoch);
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
        if (reader != null) {
            reader.close();
        }
    }
}
