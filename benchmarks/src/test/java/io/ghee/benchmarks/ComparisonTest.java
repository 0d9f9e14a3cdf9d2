package io.ghee.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ghee.benchmarks.Setting.Mode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static Sample sample(String program, int n, double rate, double cpuSeconds, Double stall) {
        return new Sample(program, Mode.TRAIN, n, 1, cpuSeconds, 9, 0, new Outcome(1_000_000, rate, stall, 0.9, 7L));
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
        assertThat(Comparison.median(List.of(9.0, 1.0, 5.0))).isEqualTo(5);
        assertThat(Comparison.median(List.of(9.0, 1.0, 5.0, 2.0))).isEqualTo(3.5);
    }

    @Test
    void ratiosAreOfMediansAndOnlyOfTheSameSetting() {
        List<Sample> samples = List.of(
                sample("us", 8, 300_000, 3, 0.1),
                sample("them", 8, 100_000, 8, null),
                sample("us", 8, 500_000, 1, 0.3),
                sample("us", 8, 400_000, 2, 0.2),
                sample("us", 64, 1, 1, 0.9));
        Comparison comparison = Comparison.of(Mode.TRAIN, 8, samples);
        assertThat(comparison.rows()).extracting(Comparison.Row::program).containsExactly("us", "them");
        Comparison.Row us = comparison.rows().get(0);
        Comparison.Row them = comparison.rows().get(1);
        assertThat(us.runs()).isEqualTo(3);
        assertThat(us.stall()).isEqualTo(0.2);
        assertThat(them.stall()).isNull();
        assertThat(us.cpuMicrosPerRecord()).isCloseTo(2, within(1e-9));
        assertThat(us.speedOver(them)).isCloseTo(4, within(1e-9));
        assertThat(us.cpuOver(them)).isCloseTo(0.25, within(1e-9));
        assertThat(comparison.table(List.of("us")).lines())
                .last()
                .isEqualTo("| them | 1 | 100,000 | 100,000 to 100,000 |  | 8.00 | 0.9000 | 4.00 | 0.25 |");
    }

    @Test
    void programsThatDeliverOtherRowsAreNamed() {
        Outcome right = new Outcome(10, 1, null, null, 7L);
        Outcome silent = new Outcome(10, 1, null, null, null);
        Outcome wrong = new Outcome(10, 1, null, null, 8L);
        assertThat(SideBySide.differences(Map.of("a", right, "b", silent))).isEmpty();
        assertThat(SideBySide.differences(Map.of("a", right, "b", wrong))).hasSize(1);
    }
}
