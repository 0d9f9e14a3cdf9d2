/**
 * How batches cross between processes: ZeroMQ push/pull with one socket per consumer, credits in bytes, and pooled direct
 * buffers.
 *
 * <p>Start at {@link io.ghee.transfer.TransferManager}; the protocol is told on top of {@code ZmqOutlet}.
 */
@NullMarked
package io.ghee.transfer;

import org.jspecify.annotations.NullMarked;
