/**
 * Measurements: of the codec alone with JMH, of the packaged job side by side with other programs, of the channels beside
 * JeroMQ and a bare socket, and of what a pipeline of processes takes.
 *
 * <p>Start at {@link io.ghee.benchmarks.SideBySide} and {@link io.ghee.benchmarks.TransferBenchmark}.
 */
@NullMarked
package io.ghee.benchmarks;

import org.jspecify.annotations.NullMarked;
