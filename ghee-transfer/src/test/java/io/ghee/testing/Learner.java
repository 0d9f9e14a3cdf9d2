package io.ghee.testing;

import io.ghee.Batch;
import io.ghee.train.Artifact;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A train function that counts and adds up: what it has seen is what it has learnt. */
public final class Learner {
    private Learner() {}

    /** By rank: how many batches and numbers of each epoch there were, and their sum. */
    public record Learnt(String text) implements Artifact {
        @Override
        public void save(Path directory) throws IOException {
            Files.writeString(directory.resolve("learnt"), text);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    public static Learnt train(TrainContext<Integer> context) {
        StringBuilder text = new StringBuilder("rank " + context.rank() + " of " + context.worldSize());
        for (Epoch<Integer> epoch : context.epochs()) {
            int batches = 0;
            int numbers = 0;
            long sum = 0;
            for (Batch<Integer> batch : epoch) {
                batches++;
                for (int number : batch) {
                    numbers++;
                    sum += number;
                }
            }
            context.report("sum", sum);
            text.append("; epoch ")
                    .append(epoch.number() + ": " + batches + " batches, " + numbers + " numbers, sum " + sum);
        }
        return new Learnt(text.toString());
    }

    /** Learns by heart: the process it was in, and of each epoch all numbers, in order. */
    public static Learnt byHeart(TrainContext<Integer> context) {
        StringBuilder text =
                new StringBuilder("process " + ProcessHandle.current().pid());
        for (Epoch<Integer> epoch : context.epochs()) {
            List<Integer> numbers = new ArrayList<>();
            for (Batch<Integer> batch : epoch) {
                numbers.addAll(batch.records());
            }
            Collections.sort(numbers);
            text.append("; epoch ").append(epoch.number()).append(": ").append(numbers);
        }
        return new Learnt(text.toString());
    }
}
