package io.ghee.run;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.InputException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.plan.PlannedStage;
import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What drives a chain: pushes into it what a source or an inlet gives, some at a time, pass by pass. */
abstract class Feed implements AutoCloseable {
    final Node chain;
    final WorkerMetrics metrics;
    /** For what is thrown at the end of the chain: its functions have faults of their own. */
    final Faults atEnd;

    Feed(Node chain, WorkerMetrics metrics, Faults atEnd) {
        this.chain = chain;
        this.metrics = metrics;
        this.atEnd = atEnd;
    }

    /** Pushes something, or waits for it a little; false when everything has been pushed. */
    abstract boolean pump() throws Exception;

    /** Where the records that were pushed last came from. */
    abstract String position();

    @Override
    public abstract void close() throws IOException;

    void accept(Object item) throws Exception {
        try {
            chain.accept(item);
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    void end(int epoch) throws Exception {
        try {
            chain.endEpoch(epoch);
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    void begin(int epoch) throws Exception {
        metrics.epoch(epoch);
        chain.beginEpoch(epoch);
    }

    /** Reads the splits that the driver hands out. */
    static final class OfSource extends Feed {
        /** Records that are read at one pump: enough to make the call cheap, few enough to hold no train step back. */
        private static final int RECORDS = 64;

        private final PlannedStage.FromSource input;
        private final Source<?> source;
        private final Coordinator coordinator;
        private final int replica;
        private final Faults ofReader;
        private int epoch;
        private @Nullable SplitReader<?> reader;

        OfSource(
                PlannedStage.FromSource input,
                Coordinator coordinator,
                int replica,
                Node chain,
                WorkerMetrics metrics,
                Faults ofReader,
                Faults atEnd) {
            super(chain, metrics, atEnd);
            this.ofReader = ofReader;
            this.input = input;
            this.source = input.source();
            this.coordinator = coordinator;
            this.replica = replica;
        }

        @Override
        boolean pump() throws Exception {
            if (reader == null && !openNext()) {
                return false;
            }
            SplitReader<?> open = reader;
            for (int k = 0; k < RECORDS && open != null; k++) {
                Object record;
                try {
                    record = open.next();
                } catch (IOException e) {
                    throw new InputException(open.position() + ": " + e, e);
                } catch (Exception e) {
                    ofReader.ofRecord(e);
                    continue;
                }
                if (record == null) {
                    reader = null;
                    open.close();
                    return true;
                }
                metrics.received(1, 0);
                accept(record);
            }
            return true;
        }

        @Override
        String position() {
            return reader == null ? "the end of epoch " + epoch : reader.position();
        }

        private boolean openNext() throws Exception {
            long start = System.nanoTime();
            Coordinator.Assignment next = coordinator.nextSplit(replica);
            metrics.waited(System.nanoTime() - start);
            Split split = next.split();
            int until = split == null ? input.passes() + 1 : next.epoch();
            while (epoch < until) {
                if (epoch > 0) {
                    end(epoch);
                }
                epoch++;
                if (epoch <= input.passes()) {
                    begin(epoch);
                }
            }
            if (split == null) {
                return false;
            }
            reader = source.open(split);
            return true;
        }

        @Override
        public void close() throws IOException {
            if (reader != null) {
                reader.close();
            }
        }
    }

    /**
     * Receives from the stage before.
     *
     * <p>Senders are not in step: one may be an epoch ahead of another. What comes of a later epoch is parked until all
     * senders have ended the current one; the senders' credits bound how much that can be. Short batches, which every
     * sender makes at the end of an epoch, are joined, so that the chain sees one of them at most.
     */
    static final class OfInlet extends Feed {
        private static final Duration PATIENCE = Duration.ofMillis(20);

        private final Inlet inlet;
        private final PlannedStage.FromStage input;
        private final int passes;
        private final ArrayDeque<Delivery> parked = new ArrayDeque<>();
        private final List<Object> joined = new ArrayList<>();
        private final int[] endedEpoch;
        private int epoch;
        private int endedStreams;
        private int batchSize;
        private @Nullable Runnable release;

        OfInlet(
                Inlet inlet,
                PlannedStage.FromStage input,
                int passes,
                Node chain,
                WorkerMetrics metrics,
                Faults atEnd) {
            super(chain, metrics, atEnd);
            this.inlet = inlet;
            this.input = input;
            this.passes = passes;
            this.endedEpoch = new int[inlet.senders()];
        }

        @Override
        boolean pump() throws Exception {
            if (epoch == 0) {
                begin(++epoch);
            }
            if (release != null) {
                release.run();
                release = null;
            }
            Delivery delivery = ofThisEpoch();
            if (delivery == null) {
                long start = System.nanoTime();
                delivery = inlet.receive(PATIENCE);
                metrics.waited(System.nanoTime() - start);
            }
            if (delivery == null) {
                idle();
                return true;
            }
            return take(delivery);
        }

        private @Nullable Delivery ofThisEpoch() {
            for (var each = parked.iterator(); each.hasNext(); ) {
                Delivery delivery = each.next();
                if (epochOf(delivery) <= epoch) {
                    each.remove();
                    return delivery;
                }
            }
            return null;
        }

        private int epochOf(Delivery delivery) {
            if (delivery instanceof Delivery.Data data) {
                return data.epoch();
            }
            return delivery instanceof Delivery.EndOfEpoch end ? end.epoch() : 0;
        }

        private boolean take(Delivery delivery) throws Exception {
            if (epochOf(delivery) > epoch) {
                parked.add(delivery);
            } else if (delivery instanceof Delivery.Data data) {
                release = data.release();
                metrics.received(data.batch().size(), 1);
                push(data.batch());
            } else if (delivery instanceof Delivery.EndOfEpoch end) {
                endedEpoch[end.sender()] = end.epoch();
                for (int sender = 0; sender < endedEpoch.length; sender++) {
                    if (endedEpoch[sender] < epoch) {
                        return true;
                    }
                }
                endEpoch();
            } else {
                return endStream();
            }
            return true;
        }

        private void idle() throws Exception {
            try {
                chain.idle();
            } catch (Exception e) {
                throw atEnd.ending(e);
            }
        }

        private void push(Batch<?> batch) throws Exception {
            batchSize = batch.size();
            if (input.unbatch()) {
                for (Object record : batch) {
                    accept(record);
                }
            } else if (input.rebatch() == 0 || batch.size() == input.rebatch()) {
                accept(batch);
            } else {
                joined.addAll(batch.records());
                while (joined.size() >= input.rebatch()) {
                    pushJoined(input.rebatch());
                }
            }
        }

        private void pushJoined(int size) throws Exception {
            batchSize = size;
            accept(Batch.of(cut(size)));
        }

        @Override
        String position() {
            return batchSize == 0
                    ? "the end of epoch " + epoch
                    : "epoch " + epoch + ", in a batch of " + batchSize + " records";
        }

        private List<Object> cut(int size) {
            List<Object> head = joined.subList(0, size);
            List<Object> records = new ArrayList<>(head);
            head.clear();
            return records;
        }

        private void endEpoch() throws Exception {
            if (!joined.isEmpty()) {
                pushJoined(joined.size());
            }
            batchSize = 0;
            end(epoch);
            epoch++;
            if (epoch <= passes) {
                begin(epoch);
            }
        }

        /** True while there are senders left. */
        private boolean endStream() {
            endedStreams++;
            if (endedStreams < inlet.senders()) {
                return true;
            }
            if (epoch <= passes) {
                throw new InfrastructureException(
                        "all senders have ended in epoch " + epoch + " (expected: after epoch " + passes + ")");
            }
            return false;
        }

        @Override
        public void close() {
            inlet.close();
        }
    }
}
