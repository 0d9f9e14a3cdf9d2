/**
 * The command line.
 *
 * <p>Start at {@link io.ghee.examples.cli.Main}.
 */
@NullMarked
package io.ghee.examples.cli;

import org.jspecify.annotations.NullMarked;
