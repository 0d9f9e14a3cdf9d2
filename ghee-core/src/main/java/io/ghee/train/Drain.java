package io.ghee.train;

import io.ghee.Batch;

/** Trains nothing: takes every batch and lets it go. Measures what a pipeline can deliver. */
public final class Drain implements Artifact {
    private Drain() {}

    /** A {@link TrainFunction} that consumes all training epochs and the held-out pass. */
    public static <T> Drain train(TrainContext<T> context) {
        for (Epoch<T> epoch : context.epochs()) {
            exhaust(epoch);
        }
        exhaust(context.heldOut());
        return new Drain();
    }

    private static <T> void exhaust(Epoch<T> epoch) {
        for (Batch<T> batch : epoch) {
            batch.size();
        }
    }

    /** Writes nothing. */
    @Override
    public void save(java.nio.file.Path directory) {}
}
