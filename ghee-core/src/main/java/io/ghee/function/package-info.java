/**
 * What users write: the functions of a stage.
 *
 * <p>All of them are {@link java.io.Serializable}, because they travel to other processes, and all of them may throw.
 * Start at {@link io.ghee.function.RecordFunction}.
 */
@NullMarked
package io.ghee.function;

import org.jspecify.annotations.NullMarked;
