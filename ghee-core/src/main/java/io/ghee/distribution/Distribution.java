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

    /**
     * See {@link #even}.
     *
     * @param dropsRemainder true if what cannot be shared evenly is left out, instead of filled up
     */
    record Even(boolean dropsRemainder) implements OfBatches {
        /** Leaves out the last records of an epoch that would make a batch for some of the ranks only, or a short one. */
        public Even dropRemainder() {
            return new Even(true);
        }

        @Override
        public String toString() {
            return dropsRemainder ? "even, dropping the remainder" : "even";
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
     * Every replica gets the same number of batches of an epoch, whatever their speed and however many workers send: the
     * slowest replica sets the pace. For training: a train stage gets exactly the same number, the ranks that would have one
     * less being given one that only fills up ({@link io.ghee.Batch#isPadding}), unless {@linkplain Even#dropRemainder the
     * remainder is dropped}. Other stages get the same number within one.
     */
    static Even even() {
        return new Even(false);
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
