package io.ghee.run;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Gives every rank of a train stage the same number of batches in an epoch: collectives wait for every rank at every step,
 * and one step too many hangs them all. Ranks that have fewer get batches that only fill up, or what is too much is left out.
 */
final class Evening {
    private final Coordinator coordinator;
    private final int attempt;
    private final int rank;
    private final Terminal.ToTrainer trainer;
    private final WorkerMetrics metrics;

    Evening(Coordinator coordinator, int attempt, int rank, Terminal.ToTrainer trainer, WorkerMetrics metrics) {
        this.coordinator = coordinator;
        this.attempt = attempt;
        this.rank = rank;
        this.trainer = trainer;
        this.metrics = metrics;
    }

    /** All batches of the pass have been pushed: adds what is missing, or drops what is too much. */
    void evenOut(int epoch, Feed.@Nullable Spare spare, Node chain) throws Exception {
        int target = target(epoch, trainer.countable());
        metrics.dropped(trainer.settle(target));
        int missing = target - trainer.countable();
        if (missing <= 0) {
            return;
        }
        if (spare == null) {
            throw cannotFill(epoch, missing);
        }
        metrics.filling(true);
        Batch<?> sample = trainer.capture(() -> {
            spare.pushInto(chain);
            chain.endEpoch(epoch);
        });
        metrics.filling(false);
        if (sample == null) {
            throw cannotFill(epoch, missing);
        }
        for (int k = 0; k < missing; k++) {
            trainer.fill(Batch.padding(sample.records().subList(0, 1)));
            metrics.padded(1);
        }
    }

    private ConfigurationException cannotFill(int epoch, int missing) {
        return new ConfigurationException("rank " + rank + " has " + missing + " batches less than others in epoch "
                + epoch + ", and no record to fill up with (expected: even() before the train stage, no filter inside"
                + " it, or even().dropRemainder())");
    }

    private int target(int epoch, int batches) throws InterruptedException {
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        try {
            OptionalInt target = OptionalInt.empty();
            while (target.isEmpty()) {
                target = coordinator.evenOut(attempt, rank, epoch, batches, Feed.PATIENCE);
            }
            return target.getAsInt();
        } finally {
            metrics.in(before);
        }
    }
}
