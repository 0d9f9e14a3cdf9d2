package io.ghee.examples.movielens;

import static io.ghee.Resources.replicas;

import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.Resources;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.CheckpointFiles;
import io.ghee.io.file.Text;
import io.ghee.models.Example;
import io.ghee.models.FactorizationMachine;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.train.Checkpointable;
import io.ghee.train.Checkpoints;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import io.ghee.train.TrainFunction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.NullMarked;

/**
 * The movielens job in processes, with checkpoints or without; tells how long its train function stood still for them. One
 * program of those that {@code CheckpointCost} compares.
 */
@NullMarked
public final class SavedTraining {
    private static final int USERS = 8192;
    private static final int ITEMS = 4096;
    private static final int BATCH = 4096;
    private static final int ROUNDS = 8;
    private static final String STOOD = "seconds for a checkpoint";

    private SavedTraining() {}

    /** {@code FILE EPOCHS SECONDS DIRECTORY}, seconds between checkpoints or 0 for none; prints a line of JSON. */
    public static void main(String[] args) throws InterruptedException {
        Path directory = Path.of(args[3]);
        Features features = new Features(USERS, ITEMS, ROUNDS);
        TrainFunction<Example, FactorizationMachine> training =
                FactorizationMachine.training(FactorizationMachine.Config.of(features.ids(), 3.5f, 0));
        Pipeline pipeline = Pipeline.named("saved")
                .readFrom(Text.lines(args[0], Rating::parse).epochs(Integer.parseInt(args[1])))
                .stage("preprocess", replicas(2))
                .holdOut(Rating::isTest)
                .map(features::cross)
                .batch(BATCH)
                .stage("train", replicas(1))
                .train(context -> training.train(new Timed(context)))
                .writeTo(Artifacts.to(directory.resolve("model").toString()));
        double seconds = Double.parseDouble(args[2]);
        if (seconds > 0) {
            String store = directory.resolve("checkpoints").toString();
            pipeline = pipeline.withCheckpoints(
                    Checkpoints.every(Duration.ofMillis((long) (1000 * seconds)), CheckpointFiles.in(store)));
        }
        JobProgress end = Ghee.processes().launch(pipeline).await();
        List<Point> stood = end.metric(STOOD);
        System.out.printf(
                Locale.ROOT,
                "{\"records\": %d, \"seconds\": %.4f, \"stalled\": %.4f, \"checkpoints\": %d, \"stood\": %.6f,"
                        + " \"rmse\": %.6f}%n",
                end.training().records(),
                end.training().nanos() / 1e9,
                end.training().stallNanos() / 1e9,
                stood.size(),
                stood.stream().mapToDouble(Point::value).sum(),
                end.metric("rmse").get(0).value());
    }

    /** Takes the time of those requests for a batch in which a checkpoint was made. */
    private static final class Timed implements TrainContext<Example> {
        private final TrainContext<Example> context;
        private boolean saved;

        Timed(TrainContext<Example> context) {
            this.context = context;
        }

        @Override
        public void checkpoint(Checkpointable state) throws IOException {
            context.checkpoint(new Checkpointable() {
                @Override
                public boolean isOfEachRank() {
                    return state.isOfEachRank();
                }

                @Override
                public Snapshot snapshot() {
                    saved = true;
                    return state.snapshot();
                }

                @Override
                public void restore(InputStream in) throws IOException {
                    state.restore(in);
                }
            });
        }

        @Override
        public Iterable<Epoch<Example>> epochs() {
            return () -> StreamSupport.stream(context.epochs().spliterator(), false)
                    .<Epoch<Example>>map(Pass::new)
                    .iterator();
        }

        private final class Pass implements Epoch<Example> {
            private final Epoch<Example> epoch;

            Pass(Epoch<Example> epoch) {
                this.epoch = epoch;
            }

            @Override
            public int number() {
                return epoch.number();
            }

            @Override
            public Iterator<Batch<Example>> iterator() {
                Iterator<Batch<Example>> batches = epoch.iterator();
                return new Iterator<>() {
                    @Override
                    public boolean hasNext() {
                        long asked = System.nanoTime();
                        boolean has = batches.hasNext();
                        if (saved) {
                            saved = false;
                            context.report(STOOD, (System.nanoTime() - asked) / 1e9);
                        }
                        return has;
                    }

                    @Override
                    public Batch<Example> next() {
                        return batches.next();
                    }
                };
            }
        }

        @Override
        public Epoch<Example> heldOut() {
            return context.heldOut();
        }

        @Override
        public int rank() {
            return context.rank();
        }

        @Override
        public int worldSize() {
            return context.worldSize();
        }

        @Override
        public Collective collective() {
            return context.collective();
        }

        @Override
        public Resources resources() {
            return context.resources();
        }

        @Override
        public long step() {
            return context.step();
        }

        @Override
        public void report(String metric, double value) {
            context.report(metric, value);
        }
    }
}
