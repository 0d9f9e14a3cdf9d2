/**
 * From the declared steps to stages and edges.
 *
 * <p>Start at {@link io.ghee.plan.Planner}; {@link io.ghee.plan.Plan} is its result.
 */
@NullMarked
package io.ghee.plan;

import org.jspecify.annotations.NullMarked;
