package io.ghee.benchmarks;

import io.ghee.examples.movielens.MakeRatings;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The input of a benchmark: {@code --input}. */
final class RatingsFile {
    @Option(
            names = "--input",
            paramLabel = "FILE",
            defaultValue = "runs/ratings-1m.tsv",
            description = "Ratings; a million with planted factors are made if they are not there"
                    + " (default: ${DEFAULT-VALUE}).")
    private Path file = Path.of("");

    /** The file, which is there now. */
    Path made() {
        if (!Files.exists(file)) {
            MakeRatings.main(new String[] {file.toString(), "1000000", "1", "6040", "3700"});
        }
        return file;
    }
}
