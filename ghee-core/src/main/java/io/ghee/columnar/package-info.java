/**
 * Batches column by column: how Java records become buffers that tensors and the wire share.
 *
 * <p>Start at {@link io.ghee.columnar.RecordLayout}.
 */
@NullMarked
package io.ghee.columnar;

import org.jspecify.annotations.NullMarked;
