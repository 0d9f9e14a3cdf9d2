/**
 * The stream as DJL sees it.
 *
 * <p>Start at {@link io.ghee.models.djl.StreamDataset}, with which any DJL training loop takes its batches from ghee, and {@link
 * io.ghee.models.djl.DataParallel}, with which it runs on several ranks.
 */
@NullMarked
package io.ghee.models.djl;

import org.jspecify.annotations.NullMarked;
