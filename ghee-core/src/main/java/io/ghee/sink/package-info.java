/**
 * Where records end: {@link io.ghee.sink.SinkWriter}s write where nobody looks, and one commit makes the output visible.
 *
 * <p>Start at {@link io.ghee.sink.Sink}.
 */
@NullMarked
package io.ghee.sink;

import org.jspecify.annotations.NullMarked;
