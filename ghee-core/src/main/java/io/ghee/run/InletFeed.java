package io.ghee.run;

import io.ghee.Batch;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Origins;
import io.ghee.plan.PlannedStage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives from the stage before.
 *
 * <p>Senders are not in step: one may be an epoch ahead of another. What comes of a later epoch is parked until all
 * senders have ended the current one; the senders' credits bound how much that can be. Short batches, which every
 * sender makes at the end of an epoch, are joined, so that the chain sees one of them at most.
 *
 * <p>In the last stage ({@link Arrivals} there) it notes what arrives, and outlives generations: it joins the next one and
 * goes on where it was.
 */
final class InletFeed extends Feed {
    private static final Logger LOG = LoggerFactory.getLogger(InletFeed.class);
    private static final Duration RECEIVE = Duration.ofMillis(20);

    private final PlannedStage.FromStage input;
    private final int passes;
    private final Lineage lineage;
    private final @Nullable Arrivals arrivals;
    private final ArrayDeque<Delivery> parked = new ArrayDeque<>();
    /** Of a deterministic job; null where batches are taken as they come. */
    private final @Nullable Ordering ordering;

    private final List<Object> joined = new ArrayList<>();
    private final Lineage.Rows joinedOrigins;
    private final int[] endedEpoch;
    private final Wiring wiring;
    private Wiring.Wired wired;
    private Inlet inlet;
    private int epoch;
    private boolean begun;
    private int batchSize;
    /** Gives back what was taken last. */
    private @Nullable Runnable release;
    /** The same for what was taken before that, which the train function still has in use. */
    private @Nullable Runnable releaseUsed;
    /** A batch is in use that came from the inlet, or from one before: these are closed later. */
    private boolean inUse;

    private final List<Inlet> left = new ArrayList<>();
    private @Nullable Batch<?> spare;

    /**
     * A feed that begins in a generation.
     *
     * @param arrivals in the last stage; null in the others
     */
    InletFeed(
            Wiring wiring,
            Wiring.Wired wired,
            Inlet inlet,
            PlannedStage.FromStage input,
            int passes,
            Lineage lineage,
            @Nullable Arrivals arrivals,
            Node chain,
            WorkerMetrics metrics,
            Faults atEnd,
            @Nullable Evening evening,
            boolean ordered) {
        super(chain, metrics, atEnd, evening);
        this.wiring = wiring;
        this.wired = wired;
        this.inlet = inlet;
        this.input = input;
        this.passes = passes;
        this.lineage = lineage;
        this.arrivals = arrivals;
        this.joinedOrigins = lineage.rows();
        this.endedEpoch = new int[inlet.senders()];
        this.epoch = wired.start().epoch();
        this.ordering = ordered ? new Ordering(inlet.senders()) : null;
    }

    @Override
    boolean pump() throws Exception {
        if (!begun) {
            begun = true;
            lineage.ledger().epoch(epoch);
            begin(epoch);
        }
        release();
        if (epoch > passes) {
            return false;
        }
        try {
            if (wiring.generation() != wired.start().generation()) {
                throw new AbandonedException();
            }
            if (arrivals != null) {
                arrivals.settle();
            }
            if (haveAllEnded()) {
                endIfOver();
            } else {
                Activity before = metrics.in(Activity.WAIT_INPUT);
                Delivery delivery = next();
                metrics.in(before);
                if (delivery == null) {
                    idle();
                } else {
                    take(delivery);
                }
            }
        } catch (AbandonedException e) {
            if (arrivals == null) {
                throw e;
            }
            rejoin(arrivals);
        }
        return true;
    }

    private void release() {
        advance();
        if (release != null) {
            release.run();
            release = null;
        }
        if (!inUse) {
            left.forEach(Inlet::close);
            left.clear();
        }
    }

    @Override
    boolean prepare() throws Exception {
        if (epoch > passes
                || haveAllEnded()
                || !left.isEmpty()
                || wiring.generation() != wired.start().generation()) {
            return false;
        }
        if (releaseUsed == null) {
            releaseUsed = release;
        } else if (release != null) {
            release.run();
        }
        release = null;
        if (arrivals != null) {
            arrivals.settle();
        }
        try {
            Delivery delivery = next();
            if (delivery != null) {
                take(delivery);
            }
            return true;
        } catch (AbandonedException e) {
            return false;
        }
    }

    @Override
    void advance() {
        if (releaseUsed != null) {
            releaseUsed.run();
            releaseUsed = null;
        }
    }

    @Override
    void keepUp(boolean ahead) throws Exception {
        Runnable lent = release;
        Runnable lentBefore = releaseUsed;
        inUse = lent != null || lentBefore != null;
        release = null;
        releaseUsed = null;
        try {
            if (ahead) {
                pump();
                release();
            } else if (arrivals != null && wiring.generation() != wired.start().generation()) {
                rejoin(arrivals);
            }
        } finally {
            inUse = false;
            release = lent;
            releaseUsed = lentBefore;
        }
    }

    private @Nullable Delivery next() throws InterruptedException {
        for (var each = parked.iterator(); each.hasNext(); ) {
            Delivery delivery = each.next();
            if (epochOf(delivery) <= epoch) {
                each.remove();
                return delivery;
            }
        }
        Delivery inOrder = ordering == null ? null : ordering.next(epoch, endedEpoch);
        if (inOrder != null) {
            return inOrder;
        }
        Delivery delivery = inlet.receive(RECEIVE);
        if (ordering == null || delivery == null || delivery instanceof Delivery.EndOfStream) {
            return delivery;
        }
        ordering.add(delivery);
        return ordering.next(epoch, endedEpoch);
    }

    private int epochOf(Delivery delivery) {
        if (delivery instanceof Delivery.Data data) {
            return data.epoch();
        }
        return delivery instanceof Delivery.EndOfEpoch end ? end.epoch() : 0;
    }

    private void take(Delivery delivery) throws Exception {
        if (epochOf(delivery) > epoch) {
            parked.add(delivery);
        } else if (delivery instanceof Delivery.Data data) {
            release = data.release();
            Batch<?> batch = data.batch();
            metrics.received(batch.size(), 1);
            if (arrivals != null) {
                arrivals.arrived(epoch, batch.size(), data.origins());
            }
            push(batch, data.origins());
        } else if (delivery instanceof Delivery.EndOfEpoch end) {
            endedEpoch[end.sender()] = end.epoch();
            if (end.spare() != null) {
                spare = end.spare();
            }
        }
    }

    private void push(Batch<?> batch, Origins origins) throws Exception {
        batchSize = batch.size();
        if (input.unbatch()) {
            pushRows(batch, origins);
        } else if (input.rebatch() == 0 || batch.size() == input.rebatch()) {
            batch(batch, origins);
        } else {
            joined.addAll(batch.records());
            for (int row = 0; row < origins.rows(); row++) {
                joinedOrigins.add(origins.id(row), origins.path(row));
            }
            while (joined.size() >= input.rebatch()) {
                pushJoined(input.rebatch());
            }
        }
    }

    private void pushRows(Batch<?> batch, Origins origins) throws Exception {
        try {
            Node.pushRows(batch, origins, lineage, chain);
        } catch (Exception e) {
            throw atEnd.ending(e);
        }
    }

    private void pushJoined(int size) throws Exception {
        batchSize = size;
        List<Object> head = joined.subList(0, size);
        List<Object> records = new ArrayList<>(head);
        head.clear();
        batch(Batch.of(records), joinedOrigins.take(size));
    }

    @Override
    void flush() throws Exception {
        pushRest();
        super.flush();
    }

    private void pushRest() throws Exception {
        if (!joined.isEmpty()) {
            pushJoined(joined.size());
        }
    }

    private boolean haveAllEnded() {
        for (int ended : endedEpoch) {
            if (ended < epoch) {
                return false;
            }
        }
        return true;
    }

    /** In the last stage a pass ends for all replicas at once: until then, some of it may have to come again. */
    private void endIfOver() throws Exception {
        if (arrivals != null) {
            Activity before = metrics.in(Activity.WAIT_DRIVER);
            boolean over = arrivals.over(wired.start().generation(), epoch);
            metrics.in(before);
            if (!over) {
                return;
            }
        }
        endPass();
    }

    private void endPass() throws Exception {
        pushRest();
        batchSize = 0;
        Batch<?> one = spare;
        end(epoch, one == null ? null : into -> pushSpare(one, into));
        spare = null;
        epoch++;
        if (epoch <= passes) {
            lineage.ledger().epoch(epoch);
            begin(epoch);
        }
    }

    private void pushSpare(Batch<?> one, Node into) throws Exception {
        if (input.unbatch()) {
            Node.pushRows(one, Origins.NONE, lineage, into);
        } else {
            into.batch(one, Origins.NONE);
        }
    }

    /**
     * Joins the generation that was called for. If the pass was declared over before, it ends first: replicas that know are
     * evening out, and come to no other generation before this one has had its part in that.
     */
    private void rejoin(Arrivals kept) throws Exception {
        int generation = wired.start().generation();
        try {
            if (epoch <= passes && kept.over(generation, epoch)) {
                endPass();
            }
        } catch (AbandonedException e) {
            LOG.debug("generation {} was over before pass {}", generation, epoch);
        }
        Activity before = metrics.in(Activity.WAIT_DRIVER);
        left.add(inlet);
        release();
        parked.clear();
        if (ordering != null) {
            ordering.clear();
        }
        Wiring.Wired next = wiring.join(generation, kept.standing(epoch));
        // Before its inlet is ours: if the stage begins anew, it is not this feed that has to close it.
        kept.joined(next, metrics);
        wired = next;
        Arrays.fill(endedEpoch, wired.start().epoch() - 1);
        if (wired.inlet() != null) {
            inlet = wired.inlet();
        }
        metrics.in(before);
    }

    @Override
    int generation() {
        return wired.start().generation();
    }

    @Override
    String position() {
        return batchSize == 0
                ? "the end of epoch " + epoch
                : "epoch " + epoch + ", in a batch of " + batchSize + " records";
    }

    @Override
    public void close() {
        left.forEach(Inlet::close);
        inlet.close();
    }
}
