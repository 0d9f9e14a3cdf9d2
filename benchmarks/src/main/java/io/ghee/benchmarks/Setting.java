package io.ghee.benchmarks;

import java.nio.file.Path;
import java.util.Locale;

/**
 * What a program is asked to do.
 *
 * @param n how heavy preprocessing is: how often each hash is mixed again
 * @param input the ratings, as an absolute path
 */
record Setting(Mode mode, int n, int epochs, Path input) {
    /** Which part of the job is measured. */
    enum Mode {
        /** Preprocess and train. */
        TRAIN,
        /** Preprocess and deliver; nothing is learnt. */
        DRAIN;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    boolean drains() {
        return mode == Mode.DRAIN;
    }
}
