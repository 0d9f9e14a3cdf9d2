/**
 * A factorization machine that learns from MovieLens ratings.
 *
 * <p>Start at {@link io.ghee.examples.movielens.MovielensFm}.
 */
@NullMarked
package io.ghee.examples.movielens;

import org.jspecify.annotations.NullMarked;
