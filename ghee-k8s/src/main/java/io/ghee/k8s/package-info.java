/**
 * The Kubernetes launcher: a pod per replica. Empty so far: the agent that its pods will run is {@link io.ghee.agent.Agent}.
 */
@NullMarked
package io.ghee.k8s;

import org.jspecify.annotations.NullMarked;
