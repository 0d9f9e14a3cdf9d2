/**
 * The pipeline as a value, and what a user writes and reads.
 *
 * <p>Start at {@link io.ghee.Pipeline#named}: it begins the sentence that declares source, stages and sink. {@link
 * io.ghee.Ghee} launches the result and {@link io.ghee.Job} is what is running.
 */
@NullMarked
package io.ghee;

import org.jspecify.annotations.NullMarked;
