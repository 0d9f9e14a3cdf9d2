package io.ghee.train;

import java.io.Serializable;

/**
 * A training loop with parameters, of which a sweep runs one for each of its trials, all on the same stream.
 *
 * @param <T> the records of a batch
 * @param <M> what is made of them
 */
@FunctionalInterface
public interface TrialFunction<T, M extends Artifact> extends Serializable {
    M train(Trial trial, TrainContext<T> context) throws Exception;
}
