package io.ghee.examples.movielens;

import ai.djl.Device;
import io.ghee.Batch;
import io.ghee.models.Example;
import io.ghee.models.FactorizationMachine;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * The movielens job without a framework: one thread reads a line, makes features of it, and trains when a batch is full. What
 * the framework costs and gains shows against it. Like the job it reads the file again for every epoch, and once more for the
 * held-out ratings.
 */
@NullMarked
public final class PlainLoop {
    private static final int USERS = 8192;
    private static final int ITEMS = 4096;
    private static final int BATCH = 4096;
    private static final float MEAN = 3.5f;

    private final Path file;
    private final Features features;
    private final @Nullable FactorizationMachine machine;
    private List<Example> batch = new ArrayList<>(BATCH);
    private long records;
    private long sum;
    private long stepNanos;

    private PlainLoop(Path file, int rounds, boolean drain) {
        this.file = file;
        this.features = new Features(USERS, ITEMS, rounds);
        this.machine = drain
                ? null
                : FactorizationMachine.create(FactorizationMachine.Config.of(features.ids(), MEAN, 0), Device.cpu());
    }

    /** {@code FILE n epochs [--drain]}; prints the result as a line of JSON. */
    public static void main(String[] args) throws IOException {
        boolean drain = args.length == 4 && args[3].equals("--drain");
        if (args.length != 3 && !drain) {
            System.err.println("usage: PlainLoop FILE n epochs [--drain]");
            System.exit(2);
        }
        System.out.println(
                new PlainLoop(Path.of(args[0]), Integer.parseInt(args[1]), drain).run(Integer.parseInt(args[2])));
    }

    private String run(int epochs) throws IOException {
        long start = System.nanoTime();
        for (int epoch = 0; epoch < epochs; epoch++) {
            pass(false);
            // Batches may straddle epochs nowhere: the job ends one with every epoch, too.
            step();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        double stall = 1 - stepNanos / 1e9 / seconds;
        double rmse = rmse();
        return String.format(
                Locale.ROOT,
                "{\"records\": %d, \"records_per_s\": %.0f, \"sum\": %d, \"stall\": %.4f, \"rmse\": %s}",
                records,
                records / seconds,
                sum,
                stall,
                Double.isNaN(rmse) ? "null" : String.format(Locale.ROOT, "%.5f", rmse));
    }

    private double rmse() throws IOException {
        List<Batch<Example>> heldOut = new ArrayList<>();
        List<Example> test = pass(true);
        for (int from = 0; from < test.size(); from += BATCH) {
            heldOut.add(Batch.of(test.subList(from, Math.min(test.size(), from + BATCH))));
        }
        return machine == null ? Double.NaN : machine.rmse(heldOut);
    }

    /** Reads the file to its end: trains on the train ratings, or returns the examples of the test ratings. */
    private List<Example> pass(boolean test) throws IOException {
        List<Example> kept = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Rating rating = Rating.parse(line);
                if (rating.isTest() != test) {
                    continue;
                }
                Example example = features.cross(rating);
                if (test) {
                    kept.add(example);
                } else {
                    batch.add(example);
                    if (batch.size() == BATCH) {
                        step();
                    }
                }
            }
        }
        return kept;
    }

    private void step() {
        if (batch.isEmpty()) {
            return;
        }
        for (Example example : batch) {
            for (int feature : example.features()) {
                sum += feature;
            }
            sum += (int) example.label();
        }
        records += batch.size();
        if (machine != null) {
            long start = System.nanoTime();
            machine.step(Batch.of(batch));
            stepNanos += System.nanoTime() - start;
        }
        batch = new ArrayList<>(BATCH);
    }
}
