package io.ghee.models;

import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.Resources;
import io.ghee.distribution.Distribution;
import io.ghee.run.JobProgress;
import io.ghee.sink.Sink;
import io.ghee.sink.SinkWriter;
import io.ghee.source.BoundedSource;
import io.ghee.source.Split;
import io.ghee.source.SplitReader;
import io.ghee.train.Artifact;
import io.ghee.train.TrainFunction;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Pipelines that end in training, on examples made up on the way. */
public final class Streams {
    private Streams() {}

    /** What the ranks of a job have made, by the job's name and the rank. */
    private static final Map<String, Map<Integer, Artifact>> TRAINED = new ConcurrentHashMap<>();

    /** What a run has made: an artifact of every rank, or of rank 0 if they are all the same. */
    public record Result<M>(List<M> artifacts, JobProgress progress) {
        public M artifact() {
            return artifacts.get(0);
        }
    }

    /** A target that a factorization machine can learn: a bias of each feature, and a product of the two. */
    static Example example(RandomGenerator random) {
        int a = random.nextInt(20);
        int b = 20 + random.nextInt(30);
        float label = 3 + (a % 5 - 2) * 0.4f + (b % 3 - 1) * 0.3f + (a % 2 == b % 2 ? 0.5f : -0.5f);
        return new Example(new int[] {a, b}, label);
    }

    /** Examples made up from a seed. */
    public static List<Example> examples(int count, long seed) {
        RandomGenerator random = new Random(seed);
        return IntStream.range(0, count).mapToObj(k -> example(random)).toList();
    }

    /** Streams examples, a tenth of them held out, into a train function on the local launcher. */
    public static <M extends Artifact> Result<M> train(
            int count, int epochs, int batchSize, TrainFunction<Example, M> function) throws InterruptedException {
        return train(1, Distribution.even(), count, epochs, batchSize, function);
    }

    /** The same, to several ranks; a batch is one of a rank. */
    public static <M extends Artifact> Result<M> train(
            int ranks, int count, int epochs, int batchSize, TrainFunction<Example, M> function)
            throws InterruptedException {
        return train(ranks, Distribution.even(), count, epochs, batchSize, function);
    }

    @SuppressWarnings("unchecked")
    public static <M extends Artifact> Result<M> train(
            int ranks,
            Distribution.OfBatches distribution,
            int count,
            int epochs,
            int batchSize,
            TrainFunction<Example, M> function)
            throws InterruptedException {
        var job = Ghee.local()
                .launch(Pipeline.named("learn")
                        .readFrom(new Examples(count).epochs(epochs))
                        .stage("make", Resources.replicas(2))
                        .holdOut(example -> (example.features()[0] * 31 + example.features()[1] * 17) % 10 == 0)
                        .batch(batchSize)
                        .distribute(distribution)
                        .stage("train", Resources.replicas(ranks))
                        .train(function)
                        .writeTo(new Keep()));
        JobProgress progress = job.await(Duration.ofMinutes(5));
        Map<Integer, Artifact> trained = TRAINED.remove(job.name());
        return new Result<>((List<M>) List.copyOf(new TreeMap<>(trained).values()), progress);
    }

    private record Part(int from, int to) implements Split {
        @Override
        public String describe() {
            return "examples[" + from + ", " + to + ")";
        }
    }

    private record Examples(int count) implements BoundedSource<Example> {
        @Override
        public String describe() {
            return count + " examples";
        }

        @Override
        public List<Part> splits(int readers) {
            return List.of(new Part(0, count / 2), new Part(count / 2, count));
        }

        @Override
        public SplitReader<Example> open(Split split) {
            Part part = (Part) split;
            Iterator<Example> rest =
                    examples(part.to() - part.from(), part.from()).iterator();
            return new SplitReader<>() {
                @Override
                public @Nullable Example next() {
                    return rest.hasNext() ? rest.next() : null;
                }

                @Override
                public String position() {
                    return part.describe();
                }

                @Override
                public void close() {}
            };
        }
    }

    private record Keep() implements Sink<Artifact> {
        @Override
        public String describe() {
            return "kept in memory";
        }

        @Override
        public void prepare(String job) {}

        @Override
        public SinkWriter<Artifact> open(String job, int replica, int attempt) {
            return new SinkWriter<>() {
                @Override
                public void write(Artifact artifact) {
                    TRAINED.computeIfAbsent(job, name -> new ConcurrentHashMap<>())
                            .put(replica, artifact);
                }

                @Override
                public String finish() {
                    return "kept";
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public void commit(String job, List<String> finished) {}

        @Override
        public void abort(String job) {
            TRAINED.remove(job);
        }
    }
}
