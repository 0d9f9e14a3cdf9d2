/**
 * The launcher that starts a pod for every replica.
 *
 * <p>Start at {@link io.ghee.k8s.Kubernetes}. {@code Manifests} says what is created for a job, {@code JobPods} watches over
 * it.
 */
@NullMarked
package io.ghee.k8s;

import org.jspecify.annotations.NullMarked;
