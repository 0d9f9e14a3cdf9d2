package io.ghee.distribution;

import io.ghee.function.KeyFunction;
import java.io.Serializable;

/**
 * How the batches of a stage are shared among the replicas of the next one.
 *
 * <p>Batches can go {@link #even}, {@link #balanced} or {@link #broadcast}; single records, before they are batched,
 * can also go {@link #byKey}.
 */
public sealed interface Distribution extends Serializable {
    /** A distribution that keeps batches whole, and so fits batches and records alike. */
    sealed interface OfBatches extends Distribution {}

    /** See {@link #even}. */
    record Even() implements OfBatches {
        @Override
        public String toString() {
            return "even";
        }
    }

    /** See {@link #balanced}. */
    record Balanced() implements OfBatches {
        @Override
        public String toString() {
            return "balanced";
        }
    }

    /** See {@link #broadcast}. */
    record Broadcast() implements OfBatches {
        @Override
        public String toString() {
            return "broadcast";
        }
    }

    /** See {@link #byKey}. */
    record ByKey<T>(KeyFunction<T> key) implements Distribution {
        @Override
        public String toString() {
            return "byKey";
        }
    }

    /**
     * Every replica gets the same number of batches of an epoch, within one, whatever their speed and however many
     * workers send: the slowest replica sets the pace. For training.
     */
    static OfBatches even() {
        return new Even();
    }

    /** Each batch goes to the replica with the most room, so the fast ones get more. For prediction and writing. */
    static OfBatches balanced() {
        return new Balanced();
    }

    /** Every replica gets every batch. */
    static OfBatches broadcast() {
        return new Broadcast();
    }

    /** Records with equal keys go to the same replica. */
    static <T> ByKey<T> byKey(KeyFunction<T> key) {
        return new ByKey<>(key);
    }
}
