/**
 * Packaged jobs: each runs by name.
 *
 * <p>Start at {@link io.ghee.examples.PackagedJob}; {@link io.ghee.examples.cli.Main} is the command line that runs them.
 */
@NullMarked
package io.ghee.examples;

import org.jspecify.annotations.NullMarked;
