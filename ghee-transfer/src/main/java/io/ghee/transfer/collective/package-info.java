/**
 * What the ranks of a train stage do together, between processes: a ring over TCP; with Open MPI or, for arrays on GPUs, NCCL,
 * where they are installed.
 *
 * <p>Start at {@link io.ghee.transfer.collective.RingPort}; the algorithm is told on top of {@code Ring}, what makes sure that
 * nobody waits for ever on top of {@code RingWatch}.
 */
@NullMarked
package io.ghee.transfer.collective;

import org.jspecify.annotations.NullMarked;
