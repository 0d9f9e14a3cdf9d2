/**
 * How a plan is run: {@link io.ghee.run.JobDriver} on the driver's side, {@link io.ghee.run.StageTask} on the worker's, and
 * {@link io.ghee.run.Coordinator} between them.
 *
 * <p>A launcher decides where stage tasks run; {@link io.ghee.run.LocalLauncher} is the simplest one and the one to read first.
 */
@NullMarked
package io.ghee.run;

import org.jspecify.annotations.NullMarked;
