package io.ghee.transfer;

import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import io.ghee.transfer.wire.Receipt;
import io.ghee.transfer.wire.Route;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The lanes of an outlet, by consumer. Used under its lock, but for {@link #outstanding}. */
final class Lanes {
    private final List<Lane> lanes = new ArrayList<>();
    private final AtomicInteger outstanding = new AtomicInteger();

    /** Adds the lane of the next consumer. */
    void add(Lane lane) {
        lanes.add(lane);
    }

    /** If a consumer has room for so many bytes. */
    boolean hasRoom(int consumer, int bytes) {
        return lanes.get(consumer).hasRoom(bytes);
    }

    /** If a batch would only be added to a frame that is being filled. */
    boolean joins(int consumer, int epoch, int bytes) {
        return lanes.get(consumer).joins(epoch, bytes);
    }

    int roomiest() {
        int best = 0;
        for (int consumer = 1; consumer < lanes.size(); consumer++) {
            if (lanes.get(consumer).left() > lanes.get(best).left()) {
                best = consumer;
            }
        }
        return best;
    }

    void send(int consumer, int epoch, BatchCodec.Measured batch) {
        lanes.get(consumer).add(epoch, batch);
        outstanding.incrementAndGet();
    }

    void flush(int consumer) {
        lanes.get(consumer).flush();
    }

    void flushAll() {
        lanes.forEach(Lane::flush);
    }

    void mark(FrameHeader.Kind kind, int epoch, BatchCodec.@Nullable Measured spare) {
        lanes.forEach(lane -> lane.mark(kind, epoch, spare));
    }

    /** If a frame is being filled somewhere. */
    boolean isOpen() {
        for (Lane lane : lanes) {
            if (lane.isOpen()) {
                return true;
            }
        }
        return false;
    }

    /** If everything was released. */
    boolean isReleased() {
        return lanes.stream().allMatch(Lane::isReleased);
    }

    /** Batches that are on the way, or not released. Any thread may ask. */
    int outstanding() {
        return outstanding.get();
    }

    /** Takes a receipt, or tells why not. */
    @Nullable
    String refused(ByteBuffer message) {
        String foreign = Receipt.foreign(message);
        if (foreign != null) {
            return foreign;
        }
        Route route = Receipt.route(message);
        Lane lane = route.consumer() < 0 || route.consumer() >= lanes.size() ? null : lanes.get(route.consumer());
        if (lane == null || !lane.route.equals(route)) {
            return "it is of another job, generation or edge, or of a replica that there is not";
        }
        int released = lane.take(message);
        if (released < 0) {
            return "its seal is wrong, or it tells of what was never sent";
        }
        outstanding.addAndGet(-released);
        return null;
    }

    /**
     * Does what is due.
     *
     * @return nanoseconds until something is due again
     */
    long upkeep() {
        long left = Keeper.NEVER;
        for (Lane lane : lanes) {
            left = Math.min(left, lane.upkeep());
        }
        return left;
    }

    void close(int lingerMillis) {
        lanes.forEach(lane -> lane.close(lingerMillis));
    }
}
