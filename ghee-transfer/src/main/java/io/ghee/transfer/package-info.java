/**
 * How batches cross between processes: frames over ZeroMQ, in sequence, with credits in bytes, sent again until they have
 * arrived, in pooled direct buffers, and sealed if there is a key.
 *
 * <p>Start at {@link io.ghee.transfer.TransferManager}; the protocol is told on top of {@code FrameOutlet}, what makes frames
 * arrive on top of {@code Flight}.
 */
@NullMarked
package io.ghee.transfer;

import org.jspecify.annotations.NullMarked;
