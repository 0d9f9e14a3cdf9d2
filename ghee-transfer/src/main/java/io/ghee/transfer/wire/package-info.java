/**
 * What is on the wire: frames and how a batch lies in one.
 *
 * <p>Start at {@link io.ghee.transfer.wire.FrameHeader}.
 */
@NullMarked
package io.ghee.transfer.wire;

import org.jspecify.annotations.NullMarked;
