package io.ghee.run;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Origins;
import io.ghee.channel.Outlet;
import io.ghee.distribution.Distribution;
import io.ghee.function.KeyFunction;
import io.ghee.plan.PlannedStage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The end of a chain whose stage sends to the next one; decides which replica gets what. */
abstract class ToStage extends Terminal {
    /** What all of these need to know. */
    record Edge(
            Wiring wiring,
            int generation,
            PlannedStage stage,
            PlannedStage next,
            Outlet outlet,
            List<Integer> consumers,
            Lineage lineage) {}

    final Edge edge;
    final Outlet outlet;
    final WorkerMetrics metrics;
    private final long[] waited;
    private final boolean spares;
    private @Nullable Batch<?> last;
    int epoch;

    ToStage(Edge edge, WorkerMetrics metrics) {
        this.edge = edge;
        this.outlet = edge.outlet();
        this.metrics = metrics;
        this.waited = new long[outlet.consumers()];
        this.spares = edge.next().worksTogether();
    }

    /**
     * The terminal of a distribution.
     *
     * @param consumed what has arrived and is not sent again by a broadcast
     */
    static Terminal of(
            PlannedStage.ToStage to, Edge edge, Coordinator coordinator, Consumed consumed, WorkerMetrics metrics) {
        Distribution distribution = to.distribution();
        if (distribution instanceof Distribution.ByKey<?> byKey) {
            return new ToKey(byKey, to.group(), edge, metrics);
        } else if (distribution instanceof Distribution.Even) {
            return new ToEven(edge, coordinator, metrics);
        } else if (distribution instanceof Distribution.Balanced) {
            return new ToBalanced(edge, metrics);
        }
        return new ToAll(edge, coordinator, consumed, metrics);
    }

    void send(int consumer, Batch<?> batch, Origins origins) throws InterruptedException {
        Activity before = metrics.in(Activity.SERIALISE);
        long bytes = outlet.send(consumer, epoch, batch, origins);
        metrics.in(before);
        metrics.sent(batch.size(), bytes);
        noteWaiting(Activity.SERIALISE);
    }

    /** Takes what was waited for credit from what it was counted as. */
    void noteWaiting(Activity countedAs) {
        long more = 0;
        for (int consumer = 0; consumer < waited.length; consumer++) {
            long now = outlet.waitedNanos(consumer);
            more += now - waited[consumer];
            waited[consumer] = now;
        }
        if (more > 0) {
            metrics.move(countedAs, Activity.WAIT_CREDIT, more);
            metrics.creditNanos(waited.clone());
        }
        metrics.outstanding(outlet.outstanding());
    }

    /** Of this batch a record can be had to fill up with. */
    void spare(Batch<?> batch) {
        last = spares ? batch : null;
    }

    /** One record of the pass, for the receiver to fill up with; null if it does not need one. */
    private @Nullable Batch<?> spare() {
        return last == null ? null : Batch.of(List.copyOf(last.records().subList(0, 1)));
    }

    /** The consumer whose turn it is, of a team that has several. */
    int deal(Coordinator coordinator, int team, Batch<?> batch) throws InterruptedException {
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        int amount = edge.next().isDealtRows() ? batch.size() : 1;
        int consumer = coordinator.deal(edge.generation(), edge.stage().index(), epoch, team, amount);
        metrics.in(before);
        return consumer;
    }

    @Override
    void beginEpoch(int number) throws Exception {
        epoch = number;
        last = null;
    }

    @Override
    void endEpoch(int number) throws Exception {
        outlet.endEpoch(number, spare());
    }

    @Override
    String finish() throws Exception {
        Activity before = metrics.in(Activity.WAIT_CREDIT);
        try {
            outlet.endStream();
        } catch (AbandonedException e) {
            if (!edge.wiring().isOver()) {
                throw e;
            }
        }
        metrics.in(before);
        noteWaiting(Activity.WAIT_CREDIT);
        return "";
    }

    private static final class ToEven extends ToStage {
        private final Coordinator coordinator;

        ToEven(Edge edge, Coordinator coordinator, WorkerMetrics metrics) {
            super(edge, metrics);
            this.coordinator = coordinator;
        }

        @Override
        void batch(Batch<?> batch, Origins origins) throws Exception {
            int consumer = outlet.consumers() > 1 ? deal(coordinator, 0, batch) : 0;
            spare(batch);
            send(consumer, batch, origins);
        }
    }

    private static final class ToBalanced extends ToStage {
        ToBalanced(Edge edge, WorkerMetrics metrics) {
            super(edge, metrics);
        }

        @Override
        void batch(Batch<?> batch, Origins origins) throws Exception {
            Activity before = metrics.in(Activity.SERIALISE);
            int consumer = outlet.awaitRoomiest();
            metrics.in(before);
            send(consumer, batch, origins);
        }
    }

    /** Every replica gets all, or every team among its replicas: so each record becomes as many as there are of these. */
    private static final class ToAll extends ToStage {
        private final Coordinator coordinator;
        private final Consumed consumed;
        /** The consumers of each team that takes part. */
        private final TreeMap<Integer, List<Integer>> teams = new TreeMap<>();

        ToAll(Edge edge, Coordinator coordinator, Consumed consumed, WorkerMetrics metrics) {
            super(edge, metrics);
            this.coordinator = coordinator;
            this.consumed = consumed;
            int size = edge.next().sweeps() ? edge.next().teamSize() : 1;
            for (int consumer = 0; consumer < outlet.consumers(); consumer++) {
                // By the number of the replica, and not by its place among those that take part now.
                int team = edge.consumers().get(consumer) / size;
                teams.computeIfAbsent(team, t -> new ArrayList<>()).add(consumer);
            }
        }

        @Override
        void batch(Batch<?> batch, Origins origins) throws Exception {
            prepare(batch);
            for (Map.Entry<Integer, List<Integer>> team : teams.entrySet()) {
                int consumer =
                        team.getValue().size() == 1 ? team.getValue().get(0) : deal(coordinator, team.getKey(), batch);
                sendTo(team.getKey(), consumer, batch.share(), origins);
            }
            spare(batch);
            edge.lineage().ledger().remove(origins);
        }

        private void prepare(Batch<?> batch) {
            if (teams.size() > 1) {
                Activity before = metrics.in(Activity.SERIALISE);
                outlet.prepare(batch);
                metrics.in(before);
            }
        }

        private void sendTo(int team, int consumer, Batch<?> batch, Origins origins) throws InterruptedException {
            long[] paths = new long[origins.rows()];
            Arrays.setAll(paths, row -> Ledger.path(origins.path(row), team));
            Origins its = paths.length == 0 ? origins : Origins.of(origins.ids(), paths);
            edge.lineage().ledger().add(its);
            if (countOld(its) == 0) {
                send(consumer, batch, its);
            } else {
                sendNew(consumer, batch, its);
            }
        }

        private int countOld(Origins origins) {
            int old = 0;
            for (int row = 0; !consumed.isEmpty() && row < origins.rows(); row++) {
                old += isOld(origins, row) ? 1 : 0;
            }
            return old;
        }

        private boolean isOld(Origins origins, int row) {
            return consumed.contains(epoch, origins.id(row), origins.path(row));
        }

        /** Without the rows that this consumer has had in an earlier generation. */
        private void sendNew(int consumer, Batch<?> batch, Origins origins) throws InterruptedException {
            if (origins.rows() != batch.size()) {
                throw new ConfigurationException("map of batches before a broadcast: " + batch.size()
                        + " records of a batch of " + origins.rows()
                        + " (expected: one for each; or unbatch first, and use filter or flatMap)");
            }
            List<Object> records = new ArrayList<>();
            Lineage.Rows rows = edge.lineage().rows();
            for (int row = 0; row < origins.rows(); row++) {
                if (isOld(origins, row)) {
                    edge.lineage().ledger().remove(origins.id(row), origins.path(row));
                } else {
                    records.add(batch.records().get(row));
                    rows.add(origins.id(row), origins.path(row));
                }
            }
            if (!records.isEmpty()) {
                send(consumer, Batch.of(records), rows.take(records.size()));
            }
        }
    }

    /** Groups the records of each consumer for themselves. */
    private static final class ToKey extends ToStage {
        private final KeyFunction<Object> key;
        private final Group[] groups;

        @SuppressWarnings("unchecked")
        ToKey(Distribution.ByKey<?> byKey, PlannedStage.@Nullable Crossing crossing, Edge edge, WorkerMetrics metrics) {
            super(edge, metrics);
            this.key = (KeyFunction<Object>) byKey.key();
            if (crossing == null) {
                throw new IllegalStateException("records cross in groups");
            }
            groups = new Group[outlet.consumers()];
            for (int consumer = 0; consumer < groups.length; consumer++) {
                groups[consumer] =
                        new Group(crossing.records(), Optional.of(crossing.linger()), edge.lineage(), new To(consumer));
            }
        }

        private final class To extends Terminal {
            private final int consumer;

            To(int consumer) {
                this.consumer = consumer;
            }

            @Override
            void batch(Batch<?> batch, Origins origins) throws Exception {
                send(consumer, batch, origins);
            }
        }

        @Override
        void record(Object record, long id, long path) throws Exception {
            groups[consumer(key.key(record), groups.length)].record(record, id, path);
        }

        @Override
        void idle() throws Exception {
            for (Group group : groups) {
                group.idle();
            }
        }

        @Override
        void endEpoch(int number) throws Exception {
            for (Group group : groups) {
                group.endEpoch(number);
            }
            super.endEpoch(number);
        }
    }

    /** The consumer of a key: the same in every JVM. */
    static int consumer(@Nullable Object key, int consumers) {
        boolean stable = key instanceof String
                || key instanceof Number
                || key instanceof Boolean
                || key instanceof Character
                || key instanceof UUID;
        if (key == null || !stable) {
            throw new ConfigurationException("byKey: "
                    + (key == null ? "null" : "a key of " + key.getClass().getName())
                    + " (expected: a string, a boxed primitive or a UUID, whose hash is the same in every JVM)");
        }
        int h = key.hashCode() * 0x9E3779B9;
        return Math.floorMod(h ^ h >>> 16, consumers);
    }
}
