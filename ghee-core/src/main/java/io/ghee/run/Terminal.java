package io.ghee.run;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.channel.Outlet;
import io.ghee.distribution.Distribution;
import io.ghee.function.KeyFunction;
import io.ghee.plan.PlannedStage;
import io.ghee.sink.SinkWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The last link of a chain: to the next stage, to the sink, or to a train function. */
abstract class Terminal extends Node {
    /** Everything has been pushed: completes what was written, and returns what the commit needs to know of it. */
    String finish() throws Exception {
        return "";
    }

    @Override
    void beginEpoch(int epoch) {}

    @Override
    void endEpoch(int epoch) throws Exception {}

    @Override
    void idle() throws Exception {}

    /** To the next stage; decides which replica gets what. */
    abstract static class ToStage extends Terminal {
        final Outlet outlet;
        final WorkerMetrics metrics;
        int epoch;

        ToStage(Outlet outlet, WorkerMetrics metrics) {
            this.outlet = outlet;
            this.metrics = metrics;
        }

        /**
         * The terminal of a distribution.
         *
         * @param byRows true if the receiver joins or takes apart the batches, so that their number says nothing
         */
        static Terminal of(
                Distribution distribution,
                PlannedStage.@Nullable Crossing group,
                boolean byRows,
                int stage,
                Outlet outlet,
                Coordinator coordinator,
                WorkerMetrics metrics) {
            if (distribution instanceof Distribution.ByKey<?> byKey) {
                return new ToKey(byKey, group == null ? 1024 : group.records(), outlet, metrics);
            } else if (distribution instanceof Distribution.Even) {
                return new ToEven(byRows, stage, outlet, coordinator, metrics);
            } else if (distribution instanceof Distribution.Balanced) {
                return new ToBalanced(outlet, metrics);
            }
            return new ToAll(outlet, metrics);
        }

        void send(int consumer, Batch<?> batch) throws InterruptedException {
            long waited = outlet.waitedNanos();
            long bytes = outlet.send(consumer, epoch, batch);
            metrics.sent(batch.size(), bytes);
            metrics.waited(outlet.waitedNanos() - waited);
            metrics.outstanding(outlet.outstanding());
        }

        @Override
        void beginEpoch(int number) {
            epoch = number;
        }

        @Override
        void endEpoch(int number) throws Exception {
            outlet.endEpoch(number);
        }

        @Override
        String finish() throws Exception {
            long waited = outlet.waitedNanos();
            outlet.endStream();
            metrics.waited(outlet.waitedNanos() - waited);
            metrics.outstanding(0);
            return "";
        }
    }

    private static final class ToEven extends ToStage {
        private final boolean byRows;
        private final int stage;
        private final Coordinator coordinator;

        ToEven(boolean byRows, int stage, Outlet outlet, Coordinator coordinator, WorkerMetrics metrics) {
            super(outlet, metrics);
            this.byRows = byRows;
            this.stage = stage;
            this.coordinator = coordinator;
        }

        @Override
        void accept(Object item) throws Exception {
            Batch<?> batch = (Batch<?>) item;
            int amount = byRows ? batch.size() : 1;
            send(outlet.consumers() == 1 ? 0 : coordinator.deal(stage, epoch, amount), batch);
        }
    }

    private static final class ToBalanced extends ToStage {
        ToBalanced(Outlet outlet, WorkerMetrics metrics) {
            super(outlet, metrics);
        }

        @Override
        void accept(Object item) throws Exception {
            long waited = outlet.waitedNanos();
            int consumer = outlet.awaitRoomiest();
            metrics.waited(outlet.waitedNanos() - waited);
            send(consumer, (Batch<?>) item);
        }
    }

    private static final class ToAll extends ToStage {
        ToAll(Outlet outlet, WorkerMetrics metrics) {
            super(outlet, metrics);
        }

        @Override
        void accept(Object item) throws Exception {
            for (int consumer = 0; consumer < outlet.consumers(); consumer++) {
                send(consumer, ((Batch<?>) item).share());
            }
        }
    }

    /** Takes the batches made for the crossing apart again, by the keys of their records. */
    private static final class ToKey extends ToStage {
        private final KeyFunction<Object> key;
        private final int size;
        private final List<List<Object>> byConsumer = new ArrayList<>();

        @SuppressWarnings("unchecked")
        ToKey(Distribution.ByKey<?> byKey, int size, Outlet outlet, WorkerMetrics metrics) {
            super(outlet, metrics);
            this.key = (KeyFunction<Object>) byKey.key();
            this.size = size;
            for (int consumer = 0; consumer < outlet.consumers(); consumer++) {
                byConsumer.add(new ArrayList<>());
            }
        }

        @Override
        void accept(Object item) throws Exception {
            for (Object record : (Batch<?>) item) {
                int consumer = consumer(key.key(record), outlet.consumers());
                List<Object> records = byConsumer.get(consumer);
                records.add(record);
                if (records.size() == size) {
                    flush(consumer);
                }
            }
        }

        private void flush(int consumer) throws InterruptedException {
            List<Object> records = byConsumer.set(consumer, new ArrayList<>());
            if (!records.isEmpty()) {
                send(consumer, Batch.of(records));
            }
        }

        @Override
        void idle() throws Exception {
            for (int consumer = 0; consumer < byConsumer.size(); consumer++) {
                flush(consumer);
            }
        }

        @Override
        void endEpoch(int number) throws Exception {
            idle();
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

    /** To the sink. */
    static final class ToSink extends Terminal {
        private final SinkWriter<Object> writer;
        private final WorkerMetrics metrics;

        ToSink(SinkWriter<Object> writer, WorkerMetrics metrics) {
            this.writer = writer;
            this.metrics = metrics;
        }

        @Override
        void accept(Object item) throws Exception {
            try {
                writer.write(item);
            } catch (IOException e) {
                throw new InfrastructureException("the sink cannot be written: " + e, e);
            }
            metrics.sent(1, 0);
        }

        @Override
        String finish() throws Exception {
            return writer.finish();
        }
    }

    /** To a train function, which takes the batches from here. */
    static final class ToTrainer extends Terminal {
        /** A batch and the pass it belongs to. */
        record Pushed(int epoch, Batch<?> batch) {}

        private final ArrayDeque<Pushed> pushed = new ArrayDeque<>();
        private int epoch;
        private int ended;

        @Override
        void accept(Object item) {
            pushed.add(new Pushed(epoch, (Batch<?>) item));
        }

        @Override
        void beginEpoch(int number) {
            epoch = number;
        }

        @Override
        void endEpoch(int number) {
            ended = number;
        }

        /** The first batch that was pushed and not taken yet, or null. */
        @Nullable
        Pushed peek() {
            return pushed.peek();
        }

        /** Takes what {@link #peek} showed. */
        void take() {
            pushed.remove();
        }

        /** The last pass of which everything has been pushed. */
        int ended() {
            return ended;
        }
    }
}
