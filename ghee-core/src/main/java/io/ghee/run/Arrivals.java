package io.ghee.run;

import io.ghee.channel.Origins;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What has arrived at one replica of the last stage: enough to tell the driver, after a loss in the stages before, exactly
 * what need not come again. Used by one thread at a time.
 */
final class Arrivals {
    private final Coordinator coordinator;
    private final int replica;
    private final int attempt;
    private final Units units;
    private final boolean exactly;
    private final boolean commits;
    private final Consumed consumed = new Consumed();
    private final Queue<WorkerProgress.Settled> settled = new ConcurrentLinkedQueue<>();
    private Ledger ledger = Ledger.none();
    private long records;
    private long batches;
    private long total;
    private Map<Integer, Long> known = Map.of();

    /**
     * Nothing has arrived yet in this attempt.
     *
     * @param units that accounts are kept of
     * @param exactly what comes again is to be left out
     * @param commits all that has arrived is to be remembered, to be committed with what is made of it
     */
    Arrivals(Coordinator coordinator, int replica, int attempt, Units units, boolean exactly, boolean commits) {
        this.coordinator = coordinator;
        this.replica = replica;
        this.attempt = attempt;
        this.units = units;
        this.exactly = exactly;
        this.commits = commits;
    }

    /** A batch enters the chain, and so has arrived. */
    void arrived(int epoch, int size, Origins origins) {
        total += size;
        records += size;
        batches++;
        if (exactly) {
            consumed.add(epoch, origins);
        }
        ledger.epoch(epoch);
        ledger.remove(origins);
    }

    /** A record was read, where this stage reads itself. */
    void read(int epoch, long id) {
        total++;
        if (commits) {
            consumed.add(epoch, id, 0);
        }
    }

    /** How many records have arrived in this attempt. */
    long total() {
        return total;
    }

    /** Stands for all that has arrived in this attempt; what is before the marks is forgotten. */
    Position position(Map<Integer, Long> marks) {
        if (marks != known) {
            marks.forEach((split, mark) -> consumed.forgetBefore(1, split, mark));
            known = marks;
        }
        return Position.of(marks, consumed);
    }

    /** Forgets what will not be read again; with commits on the way, that is what is before the marks. */
    void settle() {
        for (WorkerProgress.Settled unit = settled.poll(); unit != null; unit = settled.poll()) {
            if (!commits) {
                consumed.forget(unit.epoch(), units.split(unit.unit()));
            }
        }
    }

    /** This replica has been given all of a pass; true if all have. */
    boolean over(int generation, int epoch) throws InterruptedException {
        if (!coordinator.epochOver(generation, replica, epoch, Feed.PATIENCE)) {
            return false;
        }
        if (!commits) {
            consumed.forgetUntil(epoch);
        }
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
        ledger = Ledger.of(wired.start().generation(), units);
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
