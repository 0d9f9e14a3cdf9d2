package io.ghee.io.file;

import io.ghee.ConfigurationException;
import java.math.BigDecimal;
import java.util.Arrays;

/** Decimals as files have them: of a fixed number of digits. */
final class Decimals {
    /** Digits of what is written, and how many of them are behind the point; as Spark has it for BigDecimal. */
    static final int PRECISION = 38;

    static final int SCALE = 18;

    private Decimals() {}

    /**
     * The value at the scale that is written.
     *
     * @throws ConfigurationException if it has too many digits
     */
    static BigDecimal scaled(BigDecimal value, String column) {
        BigDecimal stripped = value.scale() > SCALE ? value.stripTrailingZeros() : value;
        if (stripped.scale() > SCALE || (long) stripped.precision() - stripped.scale() > PRECISION - SCALE) {
            throw new ConfigurationException("column " + column + ": " + value + " (expected: at most "
                    + (PRECISION - SCALE) + " digits before the point and " + SCALE + " behind it)");
        }
        return stripped.setScale(SCALE);
    }

    /** A number in two's complement, of more bytes. */
    static byte[] widened(byte[] minimal, int length) {
        byte[] bytes = new byte[length];
        int sign = length - minimal.length;
        Arrays.fill(bytes, 0, sign, (byte) (minimal[0] < 0 ? -1 : 0));
        System.arraycopy(minimal, 0, bytes, sign, minimal.length);
        return bytes;
    }
}
