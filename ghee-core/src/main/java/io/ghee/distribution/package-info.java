/**
 * How batches are shared among the replicas of the next stage.
 *
 * <p>Start at {@link io.ghee.distribution.Distribution}.
 */
@NullMarked
package io.ghee.distribution;

import org.jspecify.annotations.NullMarked;
