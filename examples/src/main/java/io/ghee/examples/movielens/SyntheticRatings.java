package io.ghee.examples.movielens;

import io.ghee.InputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Random;

/**
 * Ratings that nobody gave, with something to learn in them: users and items have a bias and a vector of planted factors
 * each, and a rating is their sum and product, some noise, and rounded to whole stars. Active users and popular items occur
 * more often. The same seed gives the same file, byte for byte.
 */
final class SyntheticRatings {
    private static final int DEFAULT_USERS = 2000;
    private static final int DEFAULT_ITEMS = 1000;
    private static final int FACTORS = 4;
    private static final long START = 1_000_000_000L;
    private static final int YEAR = 365 * 86_400;

    private final Random random;
    private final int users;
    private final int items;
    private final double[] userBias;
    private final double[] itemBias;
    private final double[][] userFactors;
    private final double[][] itemFactors;

    SyntheticRatings(long seed) {
        this(seed, DEFAULT_USERS, DEFAULT_ITEMS);
    }

    SyntheticRatings(long seed, int users, int items) {
        this.random = new Random(seed);
        this.users = users;
        this.items = items;
        userBias = gaussian(users, 0.35);
        itemBias = gaussian(items, 0.45);
        userFactors = factors(users);
        itemFactors = factors(items);
    }

    /** Writes {@code ratings} lines as {@code u.data} has them; the file is there complete, or not at all. */
    void write(Path file, int ratings) {
        Path part = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (BufferedWriter out = Files.newBufferedWriter(part, StandardCharsets.US_ASCII)) {
                for (int k = 0; k < ratings; k++) {
                    out.write(line());
                }
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new InputException(file + ": the synthetic ratings cannot be written: " + e, e);
        }
    }

    private String line() {
        int user = skewed(users);
        int item = skewed(items);
        double score = 3.5 + userBias[user] + itemBias[item] + 0.4 * random.nextGaussian();
        for (int k = 0; k < FACTORS; k++) {
            score += userFactors[user][k] * itemFactors[item][k];
        }
        long stars = Math.max(1, Math.min(5, Math.round(score)));
        long time = START + random.nextInt(YEAR);
        return (user + 1) + "\t" + (item + 1) + "\t" + stars + "\t" + time + "\n";
    }

    private int skewed(int n) {
        double r = random.nextDouble();
        return (int) (n * r * r);
    }

    private double[] gaussian(int n, double deviation) {
        double[] values = new double[n];
        for (int k = 0; k < n; k++) {
            values[k] = deviation * random.nextGaussian();
        }
        return values;
    }

    private double[][] factors(int n) {
        double[][] rows = new double[n][];
        for (int k = 0; k < n; k++) {
            rows[k] = gaussian(FACTORS, 0.55);
        }
        return rows;
    }
}
