package io.ghee.io.file;

import io.ghee.ConfigurationException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;

/** Points in time and days as files count them, from the first of January 1970. */
final class Instants {
    private static final long MICROS = 1_000_000;
    private static final long NANOS = 1_000_000_000;

    private Instants() {}

    static Instant ofMicros(long micros) {
        return Instant.ofEpochSecond(Math.floorDiv(micros, MICROS), Math.floorMod(micros, MICROS) * 1000);
    }

    static Instant ofNanos(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    /**
     * Microseconds, rounded down.
     *
     * @throws ConfigurationException if it is too far from 1970
     */
    static long micros(Instant instant, String column) {
        try {
            return ChronoUnit.MICROS.between(Instant.EPOCH, instant.truncatedTo(ChronoUnit.MICROS));
        } catch (ArithmeticException e) {
            throw new ConfigurationException(
                    "column " + column + ": " + instant + " (expected: within 290,000 years of 1970)", e);
        }
    }

    /**
     * Days from the first of January 1970.
     *
     * @throws ConfigurationException if it is too far from there
     */
    static int day(LocalDate date, String column) {
        long day = date.toEpochDay();
        if (day != (int) day) {
            throw new ConfigurationException(
                    "column " + column + ": " + date + " (expected: within 5,800,000 years of 1970)");
        }
        return (int) day;
    }
}
