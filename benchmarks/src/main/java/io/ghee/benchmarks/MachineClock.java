package io.ghee.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How long the machine's processors were busy, all processes together. Against a child's own time it tells what else ran
 * meanwhile. Knows only Linux; elsewhere nothing else seems to run.
 */
final class MachineClock {
    private static final Path STAT = Path.of("/proc/stat");
    /** Of the times there, in hundredths of a second: user, nice and system, and irq, softirq and steal. */
    private static final int[] BUSY = {1, 2, 3, 6, 7, 8};

    private final double busy = busySeconds();
    private final long start = System.nanoTime();

    /** How many processors on average were busy with something else than {@code ownSeconds}, since this was made. */
    double otherCores(double ownSeconds) {
        return Math.max(0, busySeconds() - busy - ownSeconds) / wallSeconds();
    }

    /** Since this was made. */
    double wallSeconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    static double busySeconds() {
        try {
            return Files.exists(STAT)
                    ? busySeconds(
                            Files.readAllLines(STAT, StandardCharsets.US_ASCII).get(0))
                    : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Reads the line of all processors. */
    static double busySeconds(String line) {
        String[] fields = line.split(" +", -1);
        double hundredths = 0;
        for (int field : BUSY) {
            hundredths += field < fields.length ? Double.parseDouble(fields[field]) : 0;
        }
        return hundredths / 100;
    }
}
