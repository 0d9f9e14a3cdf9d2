package io.ghee.train;

import java.io.Serializable;

/**
 * A training loop: it looks as it would without ghee, but that the data set comes from the stream.
 *
 * <pre>{@code
 * static Model train(TrainContext<Example> context) {
 *     Model model = ...
 *     for (Epoch<Example> epoch : context.epochs()) {
 *         for (Batch<Example> batch : epoch) {
 *             context.report("loss", model.step(batch));
 *         }
 *     }
 *     return model;
 * }
 * }</pre>
 *
 * <p>A worker of an earlier stage that is lost goes unnoticed here, but for a wait. When a replica of this stage is lost, the
 * function is run anew on all of them, from the first epoch.
 *
 * @param <T> the records of a batch
 * @param <M> what is made of them
 */
@FunctionalInterface
public interface TrainFunction<T, M extends Artifact> extends Serializable {
    M train(TrainContext<T> context) throws Exception;
}
