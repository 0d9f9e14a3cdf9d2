package io.ghee;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSizeTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "1500000, 1500000",
        "3k, 3000",
        "3M, 3000000",
        "3G, 3000000000",
        "3T, 3000000000000",
        "3Ki, 3072",
        "512Mi, 536870912",
        "2Gi, 2147483648",
        "1Ti, 1099511627776",
        "' 2Gi ', 2147483648"
    })
    void sizesAreReadAsKubernetesWritesThem(String text, long bytes) {
        assertThat(DataSize.parse(text)).isEqualTo(new DataSize(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Gi", "-1Gi", "1.5Gi", "2GB", "2 Gi", "2gi", "2K", "1e9", "1234567890123456", "٣"})
    void whatIsNoSizeIsRefusedWithTheValueAndTheForm(String text) {
        assertThatThrownBy(() -> DataSize.parse(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(
                        "size: \"" + text + "\" (expected: a whole number with k, M, G, T, Ki, Mi, Gi, Ti or no unit)");
    }

    @Test
    void sizesOutsideOfALongAndNothingAreRefused() {
        assertThatThrownBy(() -> DataSize.parse("999999999999999Ti"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("size: 999999999999999Ti (expected: fewer than 2^63 bytes)");
        assertThatThrownBy(() -> DataSize.parse("0Gi"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("size: 0 (expected: > 0 bytes)");
        assertThatThrownBy(() -> new DataSize(-1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("size: -1 (expected: > 0 bytes)");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1536, 1.5 KiB",
        "2147483648, 2 GiB",
        "1500000, 1.4 MiB",
        "1125899906842624, 1024 TiB"
    })
    void sizesAreShownForPeople(long bytes, String text) {
        assertThat(new DataSize(bytes)).hasToString(text);
    }

    @Test
    void mebibytesAreCountedInPowersOfTwo() {
        assertThat(DataSize.mebibytes(64)).isEqualTo(DataSize.parse("64Mi"));
    }
}
