package io.ghee;

import io.ghee.distribution.Distribution;
import io.ghee.function.BatchFunction;
import io.ghee.function.BatchTally;
import io.ghee.function.Opener;
import io.ghee.function.WithFunction;
import io.ghee.plan.Shipping;
import io.ghee.plan.Step;
import io.ghee.sink.Sink;
import io.ghee.train.Artifact;
import io.ghee.train.TrainFunction;
import io.ghee.train.TrialFunction;
import io.ghee.train.Trials;
import java.util.List;

/**
 * A stage under declaration that works on batches. Immutable: every method returns the pipeline with one more step.
 *
 * @param <T> the records of a batch
 */
public final class BatchStage<T> {
    private final Pipeline.Draft draft;

    BatchStage(Pipeline.Draft draft) {
        this.draft = draft;
    }

    /**
     * Makes a batch of each batch. What is made of a record must depend on that record alone, for after the loss of a worker
     * it may be in another batch. A function that does not make one record of each, in their order, makes the batch one
     * thing, which cannot be taken apart or regrouped before the last stage.
     */
    public <R> BatchStage<R> map(BatchFunction<T, R> function) {
        return new BatchStage<>(draft.plus(new Step.MapBatches(function, Shipping.check(function, "map"))));
    }

    /** Makes a batch of each batch, with something that every replica opens once: a model, to predict. */
    public <W, R> BatchStage<R> mapWith(Opener<W> opener, WithFunction<? super W, Batch<T>, List<R>> function) {
        Shipping.check(opener, "mapWith");
        String label = Shipping.check(function, "mapWith");
        return new BatchStage<>(draft.plus(new Step.MapBatchesWith(opener, function, label)));
    }

    /**
     * Adds up something of every batch by epoch, over all replicas: {@link io.ghee.run.JobProgress#tally} has the sums. In the
     * last stage each record counts once; in an earlier one, what is done again after the loss of a worker counts again.
     */
    public BatchStage<T> tally(String name, BatchTally<T> tally) {
        return new BatchStage<>(draft.plus(new Step.Tally(name, tally, Shipping.check(tally, "tally"))));
    }

    /** Takes the batches apart. */
    public RecordStage<T> unbatch() {
        return new RecordStage<>(draft.plus(new Step.Ungroup()));
    }

    /** Says how the batches are shared among the replicas of the next stage; {@code even} if it is not said. */
    public RecordStage.Boundary<BatchStage<T>> distribute(Distribution.OfBatches distribution) {
        return new RecordStage.Boundary<>(draft.plus(new Step.Distribute(distribution)), BatchStage::new);
    }

    /** Ends this stage and begins the next one. */
    public BatchStage<T> stage(String name, Resources resources) {
        return new BatchStage<>(draft.plus(new Step.Enter(name, resources)));
    }

    /** Trains on the batches, once per replica. */
    public <M extends Artifact> Training<M> train(TrainFunction<T, M> function) {
        return new Training<>(draft.plus(new Step.Train(function, Shipping.check(function, "train"))));
    }

    /** Ends the pipeline: the sink gets the records of the batches. */
    public Pipeline writeTo(Sink<? super T> sink) {
        return unbatch().writeTo(sink);
    }

    /**
     * Trains on all of the stream once for each trial, while it is read once: every trial is given all batches, dealt evenly
     * among its ranks, which work together as those of a single training do and know nothing of other trials. A trial that
     * fails does not stop the others. {@link io.ghee.run.JobProgress#trials} says how they did; the sink gets what rank 0 of
     * trial {@code n} has made from replica {@code n}.
     *
     * <p>To be asked for in a stage behind the one that reads, of as many replicas as a trial has ranks: {@code
     * stage("train", replicas(2)).trainEach(trials, function)} makes 16 replicas of 8 trials. The slowest trial sets the pace.
     */
    public <M extends Artifact> Training<M> trainEach(Trials trials, TrialFunction<T, M> function) {
        return new Training<>(draft.plus(new Step.TrainEach(trials, function, Shipping.check(function, "trainEach"))));
    }

    /**
     * A pipeline that ends in training.
     *
     * @param <M> what is trained
     */
    public static final class Training<M extends Artifact> {
        private final Pipeline.Draft draft;

        private Training(Pipeline.Draft draft) {
            this.draft = draft;
        }

        /** Ends the pipeline: the sink gets what was trained. */
        public Pipeline writeTo(Sink<? super M> sink) {
            return draft.finish(new Step.Write(sink));
        }
    }
}
