package io.ghee.examples.lr;

import io.ghee.InputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.SplittableRandom;

/**
 * Impressions that nobody saw, with something to learn in them: each value of a field has a planted weight, and the chance of a
 * click is the logistic function of their sum. Some fields have few values, others very many; low values are more frequent. The
 * same seed gives the same file, byte for byte.
 */
final class GeneratedImpressions {
    static final int FIELDS = 20;

    private static final double BIAS = -1.5;

    private final long seed;
    private final SplittableRandom random;

    GeneratedImpressions(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** Writes so many lines; the file is there complete, or not at all. */
    void write(Path file, long lines) {
        Path part = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (BufferedWriter out = Files.newBufferedWriter(part, StandardCharsets.US_ASCII)) {
                StringBuilder line = new StringBuilder();
                for (long k = 0; k < lines; k++) {
                    line.setLength(0);
                    out.append(line(line));
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new InputException(file + ": the generated impressions cannot be written: " + e, e);
        }
    }

    private StringBuilder line(StringBuilder line) {
        double score = BIAS;
        line.append("0");
        for (int field = 0; field < FIELDS; field++) {
            // From 10 values to 2^24 or so.
            double most = 10 * Math.pow(2, field * 20.5 / (FIELDS - 1));
            double skewed = Math.pow(random.nextDouble(), 4);
            long value = (long) (most * skewed);
            score += weight(field, value);
            line.append('\t').append(Long.toHexString(value));
        }
        if (random.nextDouble() < 1 / (1 + Math.exp(-score))) {
            line.setCharAt(0, '1');
        }
        return line.append('\n');
    }

    private double weight(int field, long value) {
        long hash = Impression.mix(seed + Impression.GOLDEN * (value * FIELDS + field + 1));
        return ((hash >>> 11) * 0x1p-53 - 0.5) * 1.6;
    }
}
