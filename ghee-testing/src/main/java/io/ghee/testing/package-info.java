/**
 * A fault kit: runs a pipeline while its workers are killed and paused and its connections are reset, delayed and cut, by a
 * schedule that follows from a seed, and compares what it wrote with an undisturbed run.
 *
 * <p>Start at {@link io.ghee.testing.FaultyRun}; its parts can be used alone.
 */
@NullMarked
package io.ghee.testing;

import org.jspecify.annotations.NullMarked;
