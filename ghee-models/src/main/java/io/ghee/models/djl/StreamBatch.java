package io.ghee.models.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.translate.Batchifier;

/** A batch that has come by the stream. */
final class StreamBatch extends Batch {
    private final int epoch;
    private final boolean padding;

    StreamBatch(NDManager scope, NDList data, NDList labels, int size, long index, int epoch, boolean padding) {
        super(scope, data, labels, size, Batchifier.STACK, Batchifier.STACK, index, -1);
        this.epoch = epoch;
        this.padding = padding;
    }

    /** The number of its epoch, from 1. */
    int epoch() {
        return epoch;
    }

    /** See {@link io.ghee.Batch#isPadding}. */
    boolean isPadding() {
        return padding;
    }
}
