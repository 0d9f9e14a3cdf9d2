/**
 * Where records come from: a {@link io.ghee.source.Source} is cut into {@link io.ghee.source.Split}s, and each is read by a
 * {@link io.ghee.source.SplitReader}.
 *
 * <p>Start at {@link io.ghee.source.BoundedSource} to add a storage system.
 */
@NullMarked
package io.ghee.source;

import org.jspecify.annotations.NullMarked;
