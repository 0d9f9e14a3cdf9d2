/**
 * The launcher that starts a local JVM for every replica.
 *
 * <p>Start at {@link io.ghee.process.ProcessLauncher}.
 */
@NullMarked
package io.ghee.process;

import org.jspecify.annotations.NullMarked;
