package io.ghee.run;

import io.ghee.Batch;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Outlet;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lanes of one replica of a deterministic job, and sends what they make in their order. Sends itself: the chain of a
 * lane ends where its blocks are made.
 */
final class OrderedFeed extends Feed {
    /** A lane: what reads it, and what it makes. */
    static final class Lane {
        private final SourceFeed feed;
        private final ToRanks made;
        /** The last pass of which everything was sent. */
        private int ended;

        Lane(SourceFeed feed, ToRanks made) {
            this.feed = feed;
            this.made = made;
        }
    }

    private final List<Lane> lanes;
    private final Outlet outlet;
    private final ToStage sender;
    private final Consumed consumed;
    private final int passes;
    private final Start start;
    private final Wiring wiring;
    private int epoch;
    private int turn;
    private @Nullable Batch<?> spare;

    OrderedFeed(
            List<Lane> lanes,
            ToStage sender,
            Outlet outlet,
            Consumed consumed,
            int passes,
            Start start,
            Wiring wiring,
            WorkerMetrics metrics,
            Faults atEnd) {
        super(sender, metrics, atEnd, null);
        this.lanes = new ArrayList<>(lanes);
        this.sender = sender;
        this.outlet = outlet;
        this.consumed = consumed;
        this.passes = passes;
        this.start = start;
        this.wiring = wiring;
        this.epoch = start.epoch();
        sender.epoch = epoch;
    }

    @Override
    boolean pump() throws Exception {
        if (wiring.generation() != start.generation()) {
            throw new AbandonedException();
        }
        if (epoch > passes) {
            return false;
        }
        Lane lane = next();
        if (lane == null) {
            endEpoch();
        } else if (lane.made.peek() == null) {
            lane.feed.pump();
        } else {
            turn = (turn + 1) % lanes.size();
            ToRanks.Block block = lane.made.take();
            if (block.isEnd()) {
                lane.ended = block.epoch();
            } else {
                send(lane, block);
            }
        }
        return true;
    }

    /** The lane whose turn it is, or null if all have ended the pass at hand. */
    private @Nullable Lane next() {
        for (int k = 0; k < lanes.size(); k++) {
            Lane lane = lanes.get(turn);
            if (lane.ended < epoch) {
                return lane;
            }
            turn = (turn + 1) % lanes.size();
        }
        return null;
    }

    private void send(Lane lane, ToRanks.Block block) throws InterruptedException {
        spare = Batch.of(List.copyOf(block.rows().subList(0, 1)));
        for (int rank = 0; rank < outlet.consumers(); rank++) {
            ToRanks.Part part = lane.made.part(block, rank, outlet.consumers(), consumed);
            if (part != null) {
                sender.send(rank, part.batch(), part.origins());
            }
        }
    }

    private void endEpoch() throws Exception {
        outlet.endEpoch(epoch, outlet.consumers() > 1 ? spare : null);
        spare = null;
        turn = 0;
        epoch++;
        sender.epoch = epoch;
        metrics.epoch(Math.min(epoch, passes));
    }

    @Override
    void keepUp(boolean ahead) {
        throw new IllegalStateException("a reading stage has no train function");
    }

    @Override
    int generation() {
        return start.generation();
    }

    @Override
    String position() {
        return lanes.isEmpty()
                ? "the end of epoch " + epoch
                : lanes.get(turn).feed.position();
    }

    @Override
    public void close() throws IOException {
        for (Lane lane : lanes) {
            lane.feed.close();
        }
    }
}
