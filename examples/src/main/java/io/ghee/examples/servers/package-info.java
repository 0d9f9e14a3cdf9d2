/**
 * Servers that an example starts for itself, in its own JVM and on loopback: a Kafka broker, and HDFS. Real ones, for a try;
 * what they keep is gone with them.
 *
 * <p>Start at {@link io.ghee.examples.servers.LocalKafka} and {@link io.ghee.examples.servers.LocalHdfs}.
 */
@NullMarked
package io.ghee.examples.servers;

import org.jspecify.annotations.NullMarked;
