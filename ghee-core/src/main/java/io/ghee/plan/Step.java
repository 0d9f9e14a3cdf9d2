package io.ghee.plan;

import io.ghee.Resources;
import io.ghee.distribution.Distribution;
import io.ghee.function.BatchFunction;
import io.ghee.function.BatchTally;
import io.ghee.function.FlatMapFunction;
import io.ghee.function.Opener;
import io.ghee.function.RecordFunction;
import io.ghee.function.RecordPredicate;
import io.ghee.function.WithFunction;
import io.ghee.sink.Sink;
import io.ghee.source.Source;
import io.ghee.train.TrainFunction;
import io.ghee.train.TrialFunction;
import io.ghee.train.Trials;
import java.io.Serializable;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One declared step of a pipeline, in the order declared. The function of a step has passed {@link Shipping#check}. */
public sealed interface Step extends Serializable {
    /** The step as {@code explain()} shows it. */
    String describe();

    /** Where the records come from; always the first step. */
    record Read(Source<?> source) implements Step {
        @Override
        public String describe() {
            return "read " + source.describe();
        }
    }

    /** The boundary where a stage begins. */
    record Enter(String stage, Resources resources) implements Step {
        @Override
        public String describe() {
            return "stage " + stage + ": " + resources;
        }
    }

    /** How the next boundary is crossed. */
    record Distribute(Distribution distribution) implements Step {
        @Override
        public String describe() {
            return "distribute " + distribution;
        }
    }

    /** Record to record. */
    record MapRecords(RecordFunction<?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "map " + label;
        }
    }

    /** Record to record, with something opened once per replica. */
    record MapRecordsWith(Opener<?> opener, WithFunction<?, ?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "mapWith " + label;
        }
    }

    /** Record to any number of records. */
    record FlatMapRecords(FlatMapFunction<?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "flatMap " + label;
        }
    }

    /** Keeps some records. */
    record FilterRecords(RecordPredicate<?> predicate, String label) implements Step {
        @Override
        public String describe() {
            return "filter " + label;
        }
    }

    /** Keeps some records for one pass after the training epochs. */
    record HoldOut(RecordPredicate<?> predicate, String label) implements Step {
        @Override
        public String describe() {
            return "holdOut " + label;
        }
    }

    /** Mixes the records within a window. */
    record Shuffle(int window, long seed) implements Step {
        @Override
        public String describe() {
            return "shuffle window=" + window + " seed=" + seed;
        }
    }

    /** Records to batches. */
    record Group(int size, @Nullable Duration linger) implements Step {
        /** How long an incomplete batch waits for more records; without it, until the epoch ends. */
        public Optional<Duration> maybeLinger() {
            return Optional.ofNullable(linger);
        }

        @Override
        public String describe() {
            return "batch " + size + (linger == null ? "" : " or " + linger.toMillis() + " ms");
        }
    }

    /** Batches to records. */
    record Ungroup() implements Step {
        @Override
        public String describe() {
            return "unbatch";
        }
    }

    /** Batch to batch. */
    record MapBatches(BatchFunction<?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "map batches " + label;
        }
    }

    /** Batch to batch, with something opened once per replica. */
    record MapBatchesWith(Opener<?> opener, WithFunction<?, ?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "map batches with " + label;
        }
    }

    /** Counts something in passing. */
    record Tally(String name, BatchTally<?> tally, String label) implements Step {
        @Override
        public String describe() {
            return "tally " + name + " " + label;
        }
    }

    /** Batches to an artifact. */
    record Train(TrainFunction<?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "train " + label;
        }
    }

    /** Batches to an artifact for each trial. */
    record TrainEach(Trials trials, TrialFunction<?, ?> function, String label) implements Step {
        @Override
        public String describe() {
            return "train each of " + trials.size() + " trials " + label;
        }
    }

    /** Where the records end; always the last step. */
    record Write(Sink<?> sink) implements Step {
        @Override
        public String describe() {
            return "write " + sink.describe();
        }
    }
}
