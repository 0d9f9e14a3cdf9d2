package io.ghee;

import static io.ghee.ConfigurationException.check;

import io.ghee.distribution.Distribution;
import io.ghee.function.FlatMapFunction;
import io.ghee.function.Opener;
import io.ghee.function.RecordFunction;
import io.ghee.function.RecordPredicate;
import io.ghee.function.WithFunction;
import io.ghee.plan.Shipping;
import io.ghee.plan.Step;
import io.ghee.sink.Sink;
import java.time.Duration;
import java.util.function.Function;

/**
 * A stage under declaration that works on single records. Immutable: every method returns the pipeline with one more
 * step.
 *
 * <p>Functions are checked on the line that attaches them: one that captures what cannot be sent to a worker is refused
 * with a {@link ConfigurationException} that names the class.
 *
 * @param <T> the records
 */
public final class RecordStage<T> {
    private final Pipeline.Draft draft;

    RecordStage(Pipeline.Draft draft) {
        this.draft = draft;
    }

    /** Makes one record of each. */
    public <R> RecordStage<R> map(RecordFunction<? super T, ? extends R> function) {
        return new RecordStage<>(draft.plus(new Step.MapRecords(function, Shipping.check(function, "map"))));
    }

    /** Makes one record of each, with something that every replica opens once. */
    public <W, R> RecordStage<R> mapWith(Opener<W> opener, WithFunction<? super W, ? super T, ? extends R> function) {
        Shipping.check(opener, "mapWith");
        String label = Shipping.check(function, "mapWith");
        return new RecordStage<>(draft.plus(new Step.MapRecordsWith(opener, function, label)));
    }

    /** Makes any number of records of each. */
    public <R> RecordStage<R> flatMap(FlatMapFunction<? super T, R> function) {
        return new RecordStage<>(draft.plus(new Step.FlatMapRecords(function, Shipping.check(function, "flatMap"))));
    }

    /** Keeps the records for which the predicate holds. */
    public RecordStage<T> filter(RecordPredicate<? super T> predicate) {
        return new RecordStage<>(draft.plus(new Step.FilterRecords(predicate, Shipping.check(predicate, "filter"))));
    }

    /**
     * Holds records out of training: those for which the predicate holds come in one pass of their own after the last
     * epoch, as {@link io.ghee.train.TrainContext#heldOut}.
     */
    public RecordStage<T> holdOut(RecordPredicate<? super T> predicate) {
        return new RecordStage<>(draft.plus(new Step.HoldOut(predicate, Shipping.check(predicate, "holdOut"))));
    }

    /**
     * Mixes the records: each one is replaced at random by one of the {@code window} last ones. The order is a function
     * of seed, epoch, replica and the order of arrival.
     *
     * @param window records held back by every replica; at least 1
     */
    public RecordStage<T> shuffle(int window, long seed) {
        check(window >= 1, "shuffle window", window, ">= 1");
        return new RecordStage<>(draft.plus(new Step.Shuffle(window, seed)));
    }

    /**
     * Groups the records into batches of exactly {@code size}. The last batch of an epoch may be shorter: what the
     * senders have left over is joined by the receiver, so that each receiver sees one short batch at most.
     *
     * @param size at least 1
     */
    public BatchStage<T> batch(int size) {
        check(size >= 1, "batch size", size, ">= 1");
        return new BatchStage<>(draft.plus(new Step.Group(size, null)));
    }

    /** Groups the records into batches of {@code size}, or fewer when the first of them has waited for {@code linger}. */
    public BatchStage<T> batch(int size, Duration linger) {
        check(size >= 1, "batch size", size, ">= 1");
        check(!linger.isNegative() && !linger.isZero(), "batch linger", linger, "> 0");
        return new BatchStage<>(draft.plus(new Step.Group(size, linger)));
    }

    /** Says how the records are shared among the replicas of the next stage; {@code balanced} if it is not said. */
    public Boundary<RecordStage<T>> distribute(Distribution.OfBatches distribution) {
        return new Boundary<>(draft.plus(new Step.Distribute(distribution)), RecordStage::new);
    }

    /** Sends records of equal keys to the same replica of the next stage. */
    public Boundary<RecordStage<T>> distribute(Distribution.ByKey<? super T> distribution) {
        Shipping.check(distribution.key(), "byKey");
        return new Boundary<>(draft.plus(new Step.Distribute(distribution)), RecordStage::new);
    }

    /** Ends this stage and begins the next one. */
    public RecordStage<T> stage(String name, Resources resources) {
        return new RecordStage<>(draft.plus(new Step.Enter(name, resources)));
    }

    /** Ends the pipeline. */
    public Pipeline writeTo(Sink<? super T> sink) {
        return draft.finish(new Step.Write(sink));
    }

    /**
     * The point between two stages, with its distribution declared.
     *
     * @param <S> the next stage
     */
    public static final class Boundary<S> {
        private final Pipeline.Draft draft;
        private final Function<Pipeline.Draft, S> next;

        Boundary(Pipeline.Draft draft, Function<Pipeline.Draft, S> next) {
            this.draft = draft;
            this.next = next;
        }

        /** Begins the next stage. */
        public S stage(String name, Resources resources) {
            return next.apply(draft.plus(new Step.Enter(name, resources)));
        }
    }
}
