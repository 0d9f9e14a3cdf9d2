package io.ghee.examples.movielens;

import static io.ghee.Resources.replicas;

import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.io.file.Text;
import io.ghee.models.Example;
import io.ghee.run.JobProgress;
import io.ghee.run.WorkerProgress.Point;
import io.ghee.train.Artifact;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.NullMarked;

/**
 * The movielens job with a train step that takes a fixed time and no processor, as that of an accelerator does; then the ranks
 * wait for each other. With a step of no time it is the data part, drained as fast as it goes.
 */
@NullMarked
public final class PacedTraining implements Artifact {
    private static final int USERS = 8192;
    private static final int ITEMS = 4096;
    private static final int BATCH = 4096;

    private PacedTraining() {}

    /**
     * An epoch of one rank.
     *
     * @param seconds from the end of the epoch before, or the first request for a batch
     * @param stalled seconds of them in which it waited for batches
     * @param turning seconds of these from when the last batch of an epoch was done with to the first one of the next
     * @param stepping seconds in steps, what else ranks wait for each other not included
     */
    public record Pass(long records, int steps, double seconds, double stalled, double turning, double stepping) {
        /** Adds what came after it. */
        public Pass plus(Pass next) {
            return new Pass(
                    records + next.records,
                    steps + next.steps,
                    seconds + next.seconds,
                    stalled + next.stalled,
                    turning + next.turning,
                    stepping + next.stepping);
        }
    }

    /** The epochs of a rank, in order, as it has reported them. */
    public static List<Pass> passes(JobProgress end, int rank) {
        List<Pass> passes = new ArrayList<>();
        for (int k = 0; k < end.metric(name("seconds", rank)).size(); k++) {
            passes.add(new Pass(
                    (long) value(end, "records", rank, k),
                    (int) value(end, "steps", rank, k),
                    value(end, "seconds", rank, k),
                    value(end, "stalled", rank, k),
                    value(end, "turning", rank, k),
                    value(end, "stepping", rank, k)));
        }
        return passes;
    }

    private static double value(JobProgress end, String what, int rank, int epoch) {
        List<Point> points = end.metric(name(what, rank));
        return points.get(epoch).value();
    }

    private static String name(String what, int rank) {
        return what + " of rank " + rank;
    }

    /**
     * The pipeline.
     *
     * @param rounds how heavy preprocessing is
     * @param stepNanos of a step; 0 to drain
     */
    public static Pipeline pipeline(
            Path input, int rounds, int epochs, int readers, int ranks, long stepNanos, Path output) {
        Features features = new Features(USERS, ITEMS, rounds);
        return Pipeline.named("paced")
                .readFrom(Text.lines(input.toString(), Rating::parse).epochs(epochs))
                .stage("preprocess", replicas(readers).memory("1Gi"))
                .filter(rating -> !rating.isTest())
                .map(features::cross)
                .batch(BATCH)
                .stage("train", replicas(ranks).memory("512Mi"))
                .train(context -> train(stepNanos, context))
                .writeTo(Artifacts.to(output.toString()));
    }

    private static PacedTraining train(long stepNanos, TrainContext<Example> context) {
        Collective ranks = context.collective();
        long since = 0;
        for (Epoch<Example> epoch : context.epochs()) {
            long begun = System.nanoTime();
            since = since == 0 ? begun : since;
            Pass pass = new Pass(0, 0, 0, 0, 0, 0);
            Iterator<Batch<Example>> batches = epoch.iterator();
            boolean more = true;
            while (more) {
                boolean first = pass.steps == 0;
                long asked = System.nanoTime();
                more = batches.hasNext();
                long given = System.nanoTime();
                double waited = (given - asked) / 1e9;
                long records = 0;
                if (more) {
                    Batch<Example> batch = batches.next();
                    records = batch.isPadding() ? 0 : batch.size();
                    pause(given + stepNanos);
                }
                double stepped = (System.nanoTime() - given) / 1e9;
                pass = pass.plus(new Pass(records, more ? 1 : 0, 0, waited, first || !more ? waited : 0, stepped));
                if (more && stepNanos > 0) {
                    ranks.barrier();
                }
            }
            long ended = System.nanoTime();
            report(context, pass.plus(new Pass(0, 0, (ended - since) / 1e9, 0, 0, 0)));
            since = ended;
        }
        return new PacedTraining();
    }

    private static void pause(long untilNanos) {
        for (long left = untilNanos - System.nanoTime(); left > 0; left = untilNanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private static void report(TrainContext<Example> context, Pass pass) {
        context.report(name("records", context.rank()), pass.records);
        context.report(name("steps", context.rank()), pass.steps);
        context.report(name("seconds", context.rank()), pass.seconds);
        context.report(name("stalled", context.rank()), pass.stalled);
        context.report(name("turning", context.rank()), pass.turning);
        context.report(name("stepping", context.rank()), pass.stepping);
    }

    /** Writes nothing. */
    @Override
    public void save(Path directory) {}
}
