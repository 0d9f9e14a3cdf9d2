/**
 * Measurements: of the codec alone with JMH, of the packaged job side by side with other programs, of the channels beside
 * JeroMQ and a bare socket, of reading beside Spark, and of what a pipeline of processes takes.
 *
 * <p>Start at {@link io.ghee.benchmarks.SideBySide}, {@link io.ghee.benchmarks.TransferBenchmark} and {@link
 * io.ghee.benchmarks.ReadingBenchmark}.
 */
@NullMarked
package io.ghee.benchmarks;

import org.jspecify.annotations.NullMarked;
