package io.ghee.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TransferTableTest {
    private static TransferRun run(Variant variant, int round, double perSecond) {
        return new TransferRun(variant, 1000, round, perSecond, 2000, 30, 40, 0.25);
    }

    private final TransferTable table = new TransferTable(List.of(
            run(Variant.RAW, 0, 10_000),
            run(Variant.GHEE, 0, 5_000),
            run(Variant.RAW, 1, 1_000),
            run(Variant.GHEE, 1, 900),
            run(Variant.RAW, 2, 10_000),
            run(Variant.GHEE, 2, 7_000),
            run(Variant.GHEE, 3, 1)));

    @Test
    void ratiosAreOfRunsOfTheSameRound() {
        assertThat(table.ratio(Variant.GHEE, 1000, Variant.RAW, 1000, TransferRun::perSecond))
                .hasValue(0.7);
        assertThat(table.ratio(Variant.GHEE, 1000, Variant.CURVE, 1000, TransferRun::perSecond))
                .isEmpty();
    }

    @Test
    void aRowForEachVariant() {
        assertThat(table.ofSize(1000).lines())
                .last()
                .isEqualTo("| ghee | 3 | 0 to 7 | 0.70 | | | 2.00 | 1.00 | 30 | 40 |");
        assertThat(table.targets(List.of(1000)).lines()).contains("| ghee / raw NIO | 0.70 |");
        assertThat(table.noise()).contains("0.25 were busy with something else in the median run");
    }
}
