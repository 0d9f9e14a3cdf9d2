/**
 * What runs in a pod.
 *
 * <p>Start at {@link io.ghee.k8s.agent.PodAgent}, its main class.
 */
@NullMarked
package io.ghee.k8s.agent;

import org.jspecify.annotations.NullMarked;
