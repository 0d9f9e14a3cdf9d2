/**
 * The edge between two stages, as the stages see it: {@link io.ghee.channel.Outlet} and {@link io.ghee.channel.Inlet}.
 *
 * <p>{@link io.ghee.channel.MemoryChannel} joins threads of one JVM; ghee-transfer joins processes.
 */
@NullMarked
package io.ghee.channel;

import org.jspecify.annotations.NullMarked;
