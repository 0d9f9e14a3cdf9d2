/**
 * What runs in a worker's process before and around the user's code, and the driver's end of the connection to it.
 *
 * <p>Start at {@link io.ghee.agent.Agent}, the main class of a worker; {@link io.ghee.agent.ControlServer} is its other end,
 * and {@code ControlMessage} what they say to each other.
 */
@NullMarked
package io.ghee.agent;

import org.jspecify.annotations.NullMarked;
