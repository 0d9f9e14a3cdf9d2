/**
 * Images for workers, made without a container daemon.
 *
 * <p>Start at {@link io.ghee.k8s.image.AgentImage}.
 */
@NullMarked
package io.ghee.k8s.image;

import org.jspecify.annotations.NullMarked;
