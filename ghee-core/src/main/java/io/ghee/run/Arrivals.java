package io.ghee.run;

import io.ghee.channel.Origins;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What has arrived at one replica of the last stage: enough to tell the driver, after a loss in the stages before, exactly
 * what need not come again. Used by the task's thread.
 */
final class Arrivals {
    private final Coordinator coordinator;
    private final int replica;
    private final int attempt;
    private final boolean exactly;
    private final Consumed consumed = new Consumed();
    private final Queue<WorkerProgress.Settled> settled = new ConcurrentLinkedQueue<>();
    private Ledger ledger = Ledger.none();
    private long records;
    private long batches;

    /** Nothing has arrived yet in this attempt; {@code exactly}: what comes again is to be left out. */
    Arrivals(Coordinator coordinator, int replica, int attempt, boolean exactly) {
        this.coordinator = coordinator;
        this.replica = replica;
        this.attempt = attempt;
        this.exactly = exactly;
    }

    /** A batch enters the chain, and so has arrived. */
    void arrived(int epoch, int size, Origins origins) {
        records += size;
        batches++;
        if (exactly) {
            consumed.add(epoch, origins);
        }
        ledger.epoch(epoch);
        ledger.remove(origins);
    }

    /** Forgets splits that will not be read again. */
    void settle() {
        for (WorkerProgress.Settled split = settled.poll(); split != null; split = settled.poll()) {
            consumed.forget(split.epoch(), split.split());
        }
    }

    /** This replica has been given all of a pass; true if all have. */
    boolean over(int generation, int epoch) throws InterruptedException {
        if (!coordinator.epochOver(generation, replica, epoch, Feed.PATIENCE)) {
            return false;
        }
        consumed.forgetUntil(epoch);
        records = 0;
        batches = 0;
        return true;
    }

    Standing standing(int epoch) {
        return new Standing(attempt, epoch, records, batches, consumed.toBytes());
    }

    /**
     * A generation was joined.
     *
     * @throws RewoundException if the stage has to begin anew
     */
    void joined(Wiring.Wired wired, WorkerMetrics metrics) {
        if (wired.start().attempt() != attempt) {
            throw new RewoundException(wired);
        }
        ledger = Ledger.of(wired.start().generation());
        metrics.settledTo(settled);
        metrics.ledger(ledger);
    }

    /** The last stage begins anew, in a generation that was joined already. */
    static final class RewoundException extends RuntimeException {
        private final transient Wiring.Wired wired;

        RewoundException(Wiring.Wired wired) {
            super("the stage begins anew", null, false, false);
            this.wired = wired;
        }

        Wiring.Wired wired() {
            return wired;
        }
    }
}
