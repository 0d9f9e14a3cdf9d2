package io.ghee;

import static io.ghee.ConfigurationException.check;

import java.io.Serializable;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An amount of memory or data, written as Kubernetes writes it: {@code 512Mi}, {@code 2Gi}, {@code 1500000}, {@code 2G}. */
public record DataSize(long bytes) implements Serializable {
    private static final Pattern FORM = Pattern.compile("(\\d{1,15})(|k|M|G|T|Ki|Mi|Gi|Ti)");

    public DataSize {
        check(bytes > 0, "size", bytes, "> 0 bytes");
    }

    /** Reads a whole number and one of the units k, M, G, T (powers of 1000), Ki, Mi, Gi, Ti (powers of 1024) or none. */
    public static DataSize parse(String text) {
        Matcher m = FORM.matcher(text.strip());
        check(m.matches(), "size", '"' + text + '"', "a whole number with k, M, G, T, Ki, Mi, Gi, Ti or no unit");
        try {
            return new DataSize(Math.multiplyExact(Long.parseLong(m.group(1)), unit(m.group(2))));
        } catch (ArithmeticException e) {
            throw new ConfigurationException("size: " + text + " (expected: fewer than 2^63 bytes)", e);
        }
    }

    private static long unit(String suffix) {
        return switch (suffix) {
            case "k" -> 1_000L;
            case "M" -> 1_000_000L;
            case "G" -> 1_000_000_000L;
            case "T" -> 1_000_000_000_000L;
            case "Ki" -> 1L << 10;
            case "Mi" -> 1L << 20;
            case "Gi" -> 1L << 30;
            case "Ti" -> 1L << 40;
            default -> 1L;
        };
    }

    public static DataSize mebibytes(long n) {
        return new DataSize(n << 20);
    }

    /** The size for people: {@code 1.5 GiB}. */
    @Override
    public String toString() {
        String[] units = {"B", "KiB", "MiB", "GiB", "TiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f %s", value, units[unit])
                : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
    }
}
