package io.ghee.run;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.plan.Plan;
import io.ghee.source.Split;
import io.ghee.train.CheckpointStore;
import io.ghee.train.Checkpoints;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says when the ranks save, makes a checkpoint of what they have saved, and knows the last one. Guarded by the driver; what
 * takes time is done on a thread of its own.
 *
 * <p>All ranks must save at the same step: {@link StepOrders}.
 */
final class Checkpointing {
    /** The part that tells how far the ranks are. */
    static final String POSITION = "position";

    private static final Logger LOG = LoggerFactory.getLogger(Checkpointing.class);
    /** How often a rank asks, about. */
    static final long ASK_NANOS = 500_000_000;

    private static final long PUBLISHING_MILLIS = 60_000;

    private final int firstAttempt;
    private final String job;
    private final Checkpoints how;
    private final int readers;
    private final List<String> splits;
    private int ranks = 1;

    private final Map<Integer, TrainPosition> collected = new HashMap<>();
    private @Nullable TrainPosition latest;
    private @Nullable TrainPosition begunFrom;
    /** The step that is being saved, or -1. */
    private long saving = -1;
    /** All have saved it, and it is being made a checkpoint. */
    private boolean publishing;

    private volatile @Nullable Thread publisher;

    private long lastNanos = System.nanoTime();
    private final StepOrders orders;

    private Checkpointing(
            String job,
            Checkpoints how,
            int readers,
            List<String> splits,
            @Nullable TrainPosition latest,
            int firstAttempt) {
        this.job = job;
        this.firstAttempt = firstAttempt;
        this.how = how;
        this.readers = readers;
        this.splits = splits;
        this.latest = latest;
        this.orders = new StepOrders(how.millis() > 0 ? Math.min(ASK_NANOS, how.millis() * 1_000_000 / 4) : ASK_NANOS);
    }

    /** How many readers the input is to be cut for: as many as for the checkpoint that is there, if there is one. */
    static int readers(@Nullable TrainPosition kept, Plan plan) {
        if (plan.isDeterministic()) {
            return Lanes.COUNT;
        }
        return kept == null ? plan.stage(0).replicas() : kept.readers();
    }

    /**
     * The last checkpoint that is there, or null.
     *
     * @throws io.ghee.InputException if it is damaged
     */
    static @Nullable TrainPosition latest(Checkpoints how) {
        CheckpointStore store = how.store();
        try {
            List<Long> steps = store.list();
            if (steps.isEmpty()) {
                return null;
            }
            long step = steps.get(steps.size() - 1);
            try (InputStream in = store.read(step, POSITION)) {
                return TrainPosition.read(in.readAllBytes(), store.describe() + ", step " + step);
            }
        } catch (IOException e) {
            throw new InfrastructureException(store.describe() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Goes on from a checkpoint, if there is one.
     *
     * @throws ConfigurationException if it is of another input
     */
    static Checkpointing open(
            String job, Checkpoints how, Plan plan, List<Split> splits, @Nullable TrainPosition kept) {
        List<String> ids = splits.stream().map(Split::id).toList();
        if (kept != null && !kept.splits().equals(ids)) {
            List<String> gone = new ArrayList<>(kept.splits());
            gone.removeAll(ids);
            throw new ConfigurationException(how.store().describe() + " has a checkpoint of another input: "
                    + plan.source().describe() + " has " + ids.size() + " splits, "
                    + (gone.isEmpty() ? "other ones than then" : "and " + gone.get(0) + " is not among them")
                    + " (expected: the same input, or another place for the checkpoints)");
        }
        if (kept != null) {
            LOG.info(
                    "job {} goes on from step {} in {}",
                    job,
                    kept.step(),
                    how.store().describe());
        }
        int attempt = how.isAudited() ? TrainAudit.begin(how.store(), ids) : 0;
        return new Checkpointing(job, how, readers(kept, plan), ids, kept, attempt);
    }

    /** The number of the job's first attempt: where attempts are told apart that are of several jobs, higher than theirs. */
    int firstAttempt() {
        return firstAttempt;
    }

    /** An attempt begins: from the last checkpoint, which is what this returns; null if there is none. */
    @Nullable
    TrainPosition begin() {
        begunFrom = latest;
        orders.begin(latest == null ? 0 : latest.step());
        return latest;
    }

    /** What the attempt at hand has begun from; null if at the beginning. */
    @Nullable
    TrainPosition begunFrom() {
        return begunFrom;
    }

    /** True while it is not known yet which checkpoint is the last one. */
    boolean isPublishing() {
        return publishing;
    }

    /** The ranks begin anew. */
    void rewind() {
        orders.clear();
        collected.clear();
        if (!publishing) {
            saving = -1;
        }
    }

    /** An attempt begins with so many ranks. */
    void ranks(int number) {
        ranks = number;
    }

    /** True if the last checkpoint is that of this step. */
    boolean isAt(long step) {
        return latest != null && latest.step() == step;
    }

    /**
     * What the ranks are to do at the end of a step.
     *
     * @param isDue a checkpoint is due, whatever the time
     */
    Coordinator.StepOrder at(long step, boolean isDue) {
        return orders.at(step, ranks, next -> decide(step, isDue, next));
    }

    private Coordinator.StepOrder decide(long step, boolean isDue, long next) {
        long now = System.nanoTime();
        boolean due = how.steps() > 0 ? step % how.steps() == 0 : (now - lastNanos) / 1_000_000 >= how.millis();
        boolean saves = (due || isDue) && saving < 0 && !publishing;
        if (saves) {
            saving = step;
            lastNanos = now;
            collected.clear();
        }
        long again = how.steps() > 0 ? Math.min(next, (step / how.steps() + 1) * how.steps()) : next;
        String part = "state-" + Long.toHexString(ThreadLocalRandom.current().nextLong());
        return new Coordinator.StepOrder(saves ? part : "", false, again);
    }

    /**
     * A rank has saved.
     *
     * @param position of the rank
     * @param guard is held while something changes here
     * @param done is called when it is known which checkpoint is the last one, without the guard
     */
    void saved(int rank, TrainPosition position, Object guard, Runnable done) {
        if (position.step() != saving || publishing) {
            return;
        }
        collected.put(rank, position);
        if (collected.size() < ranks) {
            return;
        }
        List<TrainPosition> all = new ArrayList<>();
        for (int each = 0; each < ranks; each++) {
            all.add(collected.getOrDefault(each, position));
        }
        TrainPosition joined = TrainPosition.join(all, readers, splits);
        if (begunFrom != null && begunFrom.epoch() == joined.epoch()) {
            // The ranks tell what they have been given in this attempt.
            joined.consumed().addAll(begunFrom.consumed());
        }
        publishing = true;
        Thread thread = new Thread(
                () -> {
                    IOException failure = publish(joined);
                    synchronized (guard) {
                        publishing = false;
                        saving = -1;
                        if (failure == null) {
                            latest = joined;
                        } else {
                            failed(joined.step(), failure.toString());
                        }
                        guard.notifyAll();
                    }
                    done.run();
                },
                "ghee-checkpoint-" + job);
        thread.setDaemon(true);
        thread.start();
        publisher = thread;
    }

    private @Nullable IOException publish(TrainPosition joined) {
        CheckpointStore store = how.store();
        try {
            byte[] bytes = joined.toBytes();
            store.write(joined.step(), POSITION, out -> out.write(bytes));
            store.publish(joined.step());
            List<Long> steps = store.list();
            for (long old : steps.subList(0, Math.max(0, steps.size() - how.keep()))) {
                store.delete(old);
            }
            return null;
        } catch (IOException | RuntimeException e) {
            return e instanceof IOException io ? io : new IOException(e.toString(), e);
        }
    }

    /** A rank could not save: there will be another time. */
    void failed(long step, String reason) {
        if (step == saving) {
            saving = -1;
        }
        LOG.warn(
                "job {}: the checkpoint of step {} in {} failed: {}",
                job,
                step,
                how.store().describe(),
                reason);
    }

    /** The job has ended well: there is nothing to go on from any more. Called without the guard. */
    void clear() throws IOException, InterruptedException {
        Thread last = publisher;
        if (last != null) {
            last.join(PUBLISHING_MILLIS);
        }
        how.store().clear();
    }
}
