/**
 * Measurements: of the codec alone with JMH, and of the packaged job side by side with other programs.
 *
 * <p>Start at {@link io.ghee.benchmarks.SideBySide}.
 */
@NullMarked
package io.ghee.benchmarks;

import org.jspecify.annotations.NullMarked;
