/**
 * A logistic regression over hashed features that learns from clicks.
 *
 * <p>Start at {@link io.ghee.examples.lr.LrSparse}.
 */
@NullMarked
package io.ghee.examples.lr;

import org.jspecify.annotations.NullMarked;
