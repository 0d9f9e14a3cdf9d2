/**
 * What a train stage sees: epochs of batches, and its place among its ranks.
 *
 * <p>Start at {@link io.ghee.train.TrainFunction}.
 */
@NullMarked
package io.ghee.train;

import org.jspecify.annotations.NullMarked;
