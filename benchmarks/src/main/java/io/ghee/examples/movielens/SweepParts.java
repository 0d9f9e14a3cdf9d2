package io.ghee.examples.movielens;

import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.columnar.RecordLayout;
import io.ghee.models.Example;
import io.ghee.run.BatchesInMemory;
import io.ghee.train.Trial;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.NullMarked;
import picocli.CommandLine;

/** The packaged sweep, and one of its trials by itself with the same batches in memory; see {@code SweepCost}. */
@NullMarked
public final class SweepParts {
    private SweepParts() {}

    /** How many trials there are. */
    public static int trials() {
        return FmSweep.GRID.size();
    }

    /** The packaged sweep. */
    public static Pipeline pipeline(Path input, int epochs, Path output) {
        FmSweepJob job = new FmSweepJob();
        new CommandLine(job).parseArgs("--input=" + input, "--epochs=" + epochs, "--output=" + output);
        return FmSweep.pipeline(job, output.toString());
    }

    /** {@code FILE EPOCHS TRIAL}: trains one of them, and prints a line of JSON. */
    public static void main(String[] args) throws Exception {
        FmSweepJob job = new FmSweepJob();
        new CommandLine(job).parseArgs("--input=" + args[0], "--epochs=" + args[1]);
        Trial trial = FmSweep.GRID.all().get(Integer.parseInt(args[2]) - 1);
        BatchesInMemory<Example> context = read(job.ratings(), Path.of(args[0]));
        FmSweep.train(FmSweep.base(job), trial, context);
        Map<String, Double> reported = context.reported();
        System.out.printf(
                Locale.ROOT,
                "{\"records\": %d, \"cpu\": %.3f, \"rmse\": %.6f}%n",
                context.records(),
                context.cpuSeconds(),
                reported.getOrDefault("rmse", Double.NaN));
    }

    private static BatchesInMemory<Example> read(Ratings ratings, Path file) throws IOException {
        Features features = ratings.features();
        List<Example> train = new ArrayList<>();
        List<Example> test = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Rating rating = Rating.parse(line);
                (rating.isTest() ? test : train).add(features.cross(rating));
            }
        }
        return new BatchesInMemory<>(
                batches(train, ratings.batchSize()), batches(test, ratings.batchSize()), ratings.epochs());
    }

    /** Columns in memory of their own, which is how they come out of a frame. */
    private static List<Batch<Example>> batches(List<Example> examples, int size) {
        RecordLayout<Example> layout = RecordLayout.of(Example.class);
        List<Batch<Example>> batches = new ArrayList<>();
        for (int from = 0; from < examples.size(); from += size) {
            List<Example> rows = examples.subList(from, Math.min(examples.size(), from + size));
            batches.add(Batch.of(layout, layout.columns(layout.encode(rows))).detach());
        }
        return batches;
    }
}
