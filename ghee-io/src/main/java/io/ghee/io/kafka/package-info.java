/**
 * Kafka topics as sources. A partition is a split, and the place of a record in it is its offset; ghee assigns the
 * partitions itself, without consumer groups.
 *
 * <p>Start at {@link io.ghee.io.kafka.Kafka}.
 */
@NullMarked
package io.ghee.io.kafka;

import org.jspecify.annotations.NullMarked;
