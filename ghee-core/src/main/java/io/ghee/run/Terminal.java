package io.ghee.run;

import io.ghee.Batch;
import io.ghee.InfrastructureException;
import io.ghee.channel.Origins;
import io.ghee.sink.SinkWriter;
import java.io.IOException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** The last link of a chain: to the next stage, to the sink, or to a train function. */
abstract class Terminal extends Node {
    /** Everything has been pushed: completes what was written, and returns what the commit needs to know of it. */
    String finish() throws Exception {
        return "";
    }

    @Override
    void beginEpoch(int epoch) throws Exception {}

    @Override
    void endEpoch(int epoch) throws Exception {}

    @Override
    void idle() throws Exception {}

    @Override
    void flush() throws Exception {}

    /** To the sink. */
    static final class ToSink extends Terminal {
        private final SinkWriter<Object> writer;
        private final WorkerMetrics metrics;

        ToSink(SinkWriter<Object> writer, WorkerMetrics metrics) {
            this.writer = writer;
            this.metrics = metrics;
        }

        SinkWriter<Object> writer() {
            return writer;
        }

        @Override
        void record(Object record, long id, long path) {
            try {
                writer.write(record);
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
        record Pushed(int epoch, Batch<?> batch, Origins origins) {}

        /** Pushes something into the chain. */
        interface Pushing {
            void run() throws Exception;
        }

        private final ArrayDeque<Pushed> pushed = new ArrayDeque<>();
        private final boolean drops;
        private final int fullSize;
        private int epoch;
        private int ended;
        private int countable;
        private long dropped;
        private @Nullable Pushed held;
        private boolean capturing;
        private boolean detaching;
        private @Nullable Batch<?> captured;

        /**
         * The end of a train stage's chain.
         *
         * @param drops true if the last batch of an epoch is dropped where other ranks have none
         * @param fullSize rows of a full batch, or 0 if every batch counts as full
         */
        ToTrainer(boolean drops, int fullSize) {
            this.drops = drops;
            this.fullSize = fullSize;
        }

        @Override
        void batch(Batch<?> batch, Origins origins) {
            if (capturing) {
                captured = batch;
            } else if (drops) {
                hold(batch, origins);
            } else {
                countable++;
                pushed.add(new Pushed(epoch, detaching ? batch.detach() : batch, origins));
            }
        }

        /** What comes now is taken later than usual: when other batches have come. */
        void detaching(boolean yes) {
            detaching = yes;
        }

        /** The last full batch is held back: it goes only if the other ranks have one more, too. */
        private void hold(Batch<?> batch, Origins origins) {
            if (fullSize != 0 && batch.size() != fullSize) {
                dropped += batch.size();
                return;
            }
            countable++;
            release();
            held = new Pushed(epoch, batch.detach(), origins);
        }

        private void release() {
            if (held != null) {
                pushed.add(held);
                held = null;
            }
        }

        /** Batches of this pass that count for evenness; those that are not full do not where they are dropped. */
        int countable() {
            return countable;
        }

        /**
         * The number of batches has been settled.
         *
         * @return records of the pass that are dropped
         */
        long settle(int target) {
            long all = dropped;
            if (held != null && countable > target) {
                all += held.batch().size();
                countable--;
                held = null;
            }
            release();
            return all;
        }

        /** What comes of a push, instead of going to the trainer. */
        @Nullable
        Batch<?> capture(Pushing pushing) throws Exception {
            capturing = true;
            try {
                pushing.run();
                return captured;
            } finally {
                capturing = false;
                captured = null;
            }
        }

        /** Adds a batch that only fills up. */
        void fill(Batch<?> padding) {
            countable++;
            pushed.add(new Pushed(epoch, padding, Origins.NONE));
        }

        @Override
        void beginEpoch(int number) {
            epoch = number;
            countable = 0;
            dropped = 0;
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
