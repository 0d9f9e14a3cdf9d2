package io.ghee.benchmarks;

import io.ghee.examples.movielens.MakeRatings;
import java.nio.file.Files;
import java.nio.file.Path;

/** A million ratings with planted factors, as {@code docs/benchmarks.md} has them. */
final class RatingsFile {
    private RatingsFile() {}

    /** Makes it, if it is not there. */
    static void make(Path file) {
        if (!Files.exists(file)) {
            MakeRatings.main(new String[] {file.toString(), "1000000", "1", "6040", "3700"});
        }
    }
}
