/**
 * Kafka topics as sources and sinks. A partition is a split, and the place of a record in it is its offset; ghee assigns the
 * partitions itself, without consumer groups. Output is written in transactions.
 *
 * <p>Start at {@link io.ghee.io.kafka.Kafka}.
 */
@NullMarked
package io.ghee.io.kafka;

import org.jspecify.annotations.NullMarked;
