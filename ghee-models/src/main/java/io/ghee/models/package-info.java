/**
 * Reusable models: each trains from a stream, saves, loads and evaluates itself.
 *
 * <p>Start at {@link io.ghee.models.FactorizationMachine}.
 */
@NullMarked
package io.ghee.models;

import org.jspecify.annotations.NullMarked;
