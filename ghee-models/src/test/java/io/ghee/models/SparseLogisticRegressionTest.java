package io.ghee.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.ghee.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a regression is judged, and read again; that it learns is shown where there are tables, with the example lr-sparse. */
class SparseLogisticRegressionTest {
    @TempDir
    Path directory;

    private record Scored(float score, float label) {}

    @Test
    void areaUnderTheCurveAndLogLossAreThoseOfAllPairs() {
        SplittableRandom random = new SplittableRandom(3);
        List<Scored> all = new ArrayList<>();
        SparseLogisticRegression.Evaluation evaluation = new SparseLogisticRegression.Evaluation();
        for (int k = 0; k < 3000; k++) {
            float score = (float) random.nextDouble(-6, 6);
            float label = random.nextDouble() < 1 / (1 + Math.exp(-score)) ? 1 : 0;
            all.add(new Scored(score, label));
            evaluation.add(score, label);
        }
        double pairs = 0;
        double right = 0;
        double loss = 0;
        for (Scored one : all) {
            double p = 1 / (1 + Math.exp(-one.score()));
            loss -= Math.log(one.label() == 1 ? p : 1 - p) / all.size();
            for (Scored zero : all) {
                if (one.label() == 1 && zero.label() == 0) {
                    pairs++;
                    right += one.score() > zero.score() ? 1 : 0;
                }
            }
        }
        assertThat(evaluation.auc()).isCloseTo(right / pairs, within(1e-4));
        assertThat(evaluation.logLoss()).isCloseTo(loss, within(1e-5));
        assertThat(evaluation.examples()).isEqualTo(3000);
    }

    private static void write(Path part, int number, String weights) throws IOException {
        Files.createDirectories(part);
        Files.writeString(
                part.resolve("model.json"),
                "{\"kind\": \"sparse-logistic-regression\", \"version\": 1, \"features\": 10, \"part\": " + number
                        + ", \"parts\": 2}");
        Files.writeString(part.resolve("weights.tsv"), weights);
    }

    @Test
    void readsThePartsOfAllRanks() throws IOException {
        write(directory, 0, "0\t1.5\n10\t-0.25\n");
        write(directory.resolve("rank-1"), 1, "3\t2.0\n");
        SparseLogisticRegression.Weights weights = SparseLogisticRegression.load(directory);
        assertThat(weights.count()).isEqualTo(3);
        assertThat(weights.weight(3)).isEqualTo(2);
        assertThat(weights.weight(4)).isZero();
        assertThat(weights.predict(new long[] {0, 3, 7})).isCloseTo(1 / (1 + Math.exp(-3.25)), within(1e-6));
    }

    @Test
    void aPartThatIsMissingOrDamagedIsNamed() throws IOException {
        assertThatThrownBy(() -> SparseLogisticRegression.load(directory))
                .isInstanceOf(InputException.class)
                .hasMessageContaining(directory.resolve("model.json").toString());
        write(directory, 0, "0\t1.5\n");
        Path second = directory.resolve("rank-1");
        assertThatThrownBy(() -> SparseLogisticRegression.load(directory))
                .hasMessageContaining(second.resolve("model.json").toString());
        write(second, 0, "3\t2.0\n");
        assertThatThrownBy(() -> SparseLogisticRegression.load(directory))
                .hasMessageEndingWith("part 0 of 2 (expected: part 1 of 2)");
        write(second, 1, "3\t2.0\n1\t2.0\n");
        assertThatThrownBy(() -> SparseLogisticRegression.load(directory))
                .isInstanceOf(InputException.class)
                .hasMessageStartingWith(second.resolve("weights.tsv") + ", line 2: no weight");
    }
}
