package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.balanced;
import static io.ghee.distribution.Distribution.broadcast;
import static io.ghee.distribution.Distribution.byKey;
import static io.ghee.distribution.Distribution.even;

import io.ghee.Batch;
import io.ghee.BatchStage;
import io.ghee.DataSize;
import io.ghee.Pipeline;
import io.ghee.RecordStage;
import io.ghee.Resources;
import io.ghee.distribution.Distribution;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.Text;
import io.ghee.source.Source;
import io.ghee.train.Artifact;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A pipeline of two or three stages over numbers, drawn with a seed: what its stages do, how many replicas they have, how
 * records cross between them, whether it ends in files or in training. What it writes, as a multiset, is the same in every
 * run.
 *
 * @param how the distribution at the first crossing, of {@link #DISTRIBUTIONS}
 */
record Shape(long seed, String how) {
    static final List<String> DISTRIBUTIONS = List.of("even", "balanced", "broadcast", "byKey");

    /** Records of which every stage makes one pause, so that a run is long enough to be disturbed. */
    private static final int PACE_RECORDS = 4;

    /** What a train stage has been given, a line each. */
    private record Collected(List<String> lines) implements Artifact {
        @Override
        public void save(Path directory) throws IOException {
            Files.write(directory.resolve("collected"), lines);
        }
    }

    /** What only fills up is left out: which record that is a copy of is free. */
    private static Collected collect(TrainContext<Integer> context) {
        List<String> lines = new ArrayList<>();
        for (Epoch<Integer> epoch : context.epochs()) {
            for (Batch<Integer> batch : epoch) {
                if (!batch.isPadding()) {
                    batch.forEach(number -> lines.add(epoch.number() + ": " + number));
                }
            }
        }
        return new Collected(lines);
    }

    /** The work that a record is. */
    private static int paced(int number) throws InterruptedException {
        if (number % PACE_RECORDS == 0) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return number;
    }

    /** The pipeline, which reads {@code numbers} and whose stages are all sabotaged. */
    Pipeline declare(Path numbers, Path output, Sabotage sabotage) {
        Random random = new Random(seed);
        boolean trains = random.nextInt(4) == 0;
        boolean three = random.nextBoolean();
        Source<Integer> source = Text.lines(numbers.toString(), Integer::parseInt)
                .splitSize(new DataSize(2048))
                .epochs(1 + random.nextInt(2));
        RecordStage<Integer> stage =
                work("read", Pipeline.named("shape").readFrom(source).stage("read", some(random)), sabotage, random);
        String crossing = how;
        if (three) {
            stage = work("use", cross(stage, crossing, "use", random), sabotage, random);
            crossing = DISTRIBUTIONS.get(random.nextInt(DISTRIBUTIONS.size()));
        }
        if (trains) {
            return stage.batch(1 + random.nextInt(64))
                    .distribute(batches(crossing))
                    .stage("train", some(random))
                    .map(sabotage.mapBatches("train", Batch::records))
                    .train(Shape::collect)
                    .writeTo(Artifacts.to(output.toString()));
        }
        return work("write", cross(stage, crossing, "write", random), sabotage, random)
                .writeTo(Text.to(output.toString()));
    }

    private static Resources some(Random random) {
        return replicas(1 + random.nextInt(2)).memory("256Mi");
    }

    /** By key where records cross one by one; batches have no key. */
    private static Distribution.OfBatches batches(String how) {
        return switch (how) {
            case "even" -> even();
            case "broadcast" -> broadcast();
            default -> balanced();
        };
    }

    private static RecordStage<Integer> cross(RecordStage<Integer> from, String how, String next, Random random) {
        if (how.equals("byKey")) {
            return from.distribute(byKey(number -> number % 97)).stage(next, some(random));
        }
        if (random.nextBoolean()) {
            return from.distribute(batches(how)).stage(next, some(random));
        }
        BatchStage<Integer> batched = from.batch(1 + random.nextInt(64));
        return batched.distribute(batches(how)).stage(next, some(random)).unbatch();
    }

    /** Up to three steps. */
    private static RecordStage<Integer> work(
            String name, RecordStage<Integer> stage, Sabotage sabotage, Random random) {
        RecordStage<Integer> made = stage.map(sabotage.map(name, Shape::paced));
        for (int steps = random.nextInt(4); steps > 0; steps--) {
            made = step(made, random);
        }
        return made;
    }

    private static RecordStage<Integer> step(RecordStage<Integer> stage, Random random) {
        int n = 3 + random.nextInt(7);
        return switch (random.nextInt(5)) {
            case 0 -> stage.map(number -> number + n);
            case 1 -> stage.filter(number -> number % n != 0);
            case 2 -> stage.flatMap(number -> number % n == 0 ? List.of(number, number + 1) : List.of(number));
            case 3 -> stage.shuffle(10 * n, n);
            default ->
                stage.batch(10 * n)
                        .map(batch -> batch.records().stream()
                                .map(number -> number + n)
                                .toList())
                        .unbatch();
        };
    }

    @Override
    public String toString() {
        return "shape " + seed + ", " + how;
    }
}
