package io.ghee.examples.movielens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.BadRecordException;
import io.ghee.Batch;
import io.ghee.models.Example;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FeaturesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 186, 302, 3, 891717742, false, 186 8494 20281 26774 32175 39226",
        "8, 186, 302, 3, 891717742, false, 186 8494 14243 24227 34800 43096",
        "64, 186, 302, 3, 891717742, false, 186 8494 16568 28584 36547 37519",
        "0, 196, 242, 3, 881250949, true, 196 8434 12851 22595 32509 42211",
        "8, 196, 242, 3, 881250949, true, 196 8434 13234 21650 34863 41761",
    })
    void crossesAreThoseOfTheBenchmark(
            int rounds, int user, int item, float stars, long time, boolean test, String expected) {
        Rating rating = new Rating(user, item, stars, time);
        Example example = new Features(8192, 4096, rounds).cross(rating);
        int[] features = List.of(expected.split(" ")).stream()
                .mapToInt(Integer::parseInt)
                .toArray();
        assertThat(example.features()).containsExactly(features);
        assertThat(example.label()).isEqualTo(stars);
        assertThat(rating.isTest()).isEqualTo(test);
    }

    @Test
    void widerIdSpacesMoveTheCrossesBehindThem() {
        Rating rating = new Rating(200_000, 90_000, 3.5f, 891717742);
        Example example = new Features(250_000, 100_000, 0).cross(rating);
        assertThat(example.features()[1]).isEqualTo(250_000 + 90_000);
        assertThat(example.features()[2]).isBetween(350_000, 350_000 + 8191);
        assertThat(example.features()[5]).isBetween(350_000 + 3 * 8192, 350_000 + 4 * 8192 - 1);
    }

    @Test
    void theRowSumRoundsHalfStarsDown() {
        Example example = new Example(new int[] {1, 2, 3, 4, 5, 6}, 3.5f);
        assertThat(Features.rowSum(Batch.of(List.of(example, example)))).isEqualTo(2 * (21 + 3));
    }

    @Test
    void anIdOutsideTheSpaceIsNamed() {
        Features features = new Features(10, 10, 0);
        assertThatThrownBy(() -> features.cross(new Rating(10, 1, 3, 0)))
                .isInstanceOf(BadRecordException.class)
                .hasMessage("user: 10 (expected: 0 to 9; --users N widens it)");
        assertThatThrownBy(() -> features.cross(new Rating(1, -1, 3, 0)))
                .isInstanceOf(BadRecordException.class)
                .hasMessage("item: -1 (expected: 0 to 9; --items N widens it)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1\t2\t3.5\t9", "1::2::3.5::9", "1,2,3.5,9"})
    void readsTheThreePublishedForms(String line) {
        assertThat(Rating.parse(line)).isEqualTo(new Rating(1, 2, 3.5f, 9));
    }

    @ParameterizedTest
    @CsvSource({
        "'1\t2\t3', too few fields",
        "'', too few fields",
        "'1\t2\tx\t9', no number",
        "'1\t2\t\t9', no number",
        "'1\t2\t6\t9', rating: 6 (expected: 0.5 to 5)",
        "'1\t2\tNaN\t9', rating: NaN (expected: 0.5 to 5)",
        "'a\t2\t3\t9', no number",
        "'1\t2\t3\t9\t7', no number",
        "'1\t99999999999\t3\t9', no number",
    })
    void aMalformedLineIsNamed(String line, String message) {
        assertThatThrownBy(() -> Rating.parse(line))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining(message);
    }
}
