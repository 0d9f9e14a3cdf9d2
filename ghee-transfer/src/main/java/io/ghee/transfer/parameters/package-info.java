/**
 * Tables of parameters that are too large for one worker, in parts that servers keep: the parameter-server pattern (Li et al.,
 * OSDI 2014).
 *
 * <p>Start at {@link io.ghee.transfer.parameters.ShardedTable}; the protocol is told on top of {@code ParameterServer}.
 */
@NullMarked
package io.ghee.transfer.parameters;

import org.jspecify.annotations.NullMarked;
