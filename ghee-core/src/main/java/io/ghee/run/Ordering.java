package io.ghee.run;

import io.ghee.channel.Delivery;
import io.ghee.channel.Origins;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Puts the blocks that several senders send into their one order: each sends its own in order, so it is the least of those that
 * come next of each.
 */
final class Ordering {
    private final List<ArrayDeque<Delivery>> waiting = new ArrayList<>();

    Ordering(int senders) {
        for (int sender = 0; sender < senders; sender++) {
            waiting.add(new ArrayDeque<>());
        }
    }

    /** The place of a block: the first blocks of all lanes come before the second ones. */
    static long place(int lane, long round) {
        return round * Lanes.COUNT + lane;
    }

    void add(Delivery delivery) {
        waiting.get(delivery.sender()).add(delivery);
    }

    /**
     * What comes next, or null if that is not known yet.
     *
     * @param endedEpoch by sender, the last pass of which everything was taken
     */
    @Nullable
    Delivery next(int epoch, int[] endedEpoch) {
        int least = -1;
        long place = Long.MAX_VALUE;
        for (int sender = 0; sender < waiting.size(); sender++) {
            if (endedEpoch[sender] >= epoch) {
                continue;
            }
            Delivery head = waiting.get(sender).peek();
            if (head == null) {
                return null;
            } else if (!(head instanceof Delivery.Data data)) {
                return waiting.get(sender).poll();
            } else if (data.origins().id(0) < place) {
                place = data.origins().id(0);
                least = sender;
            }
        }
        return least < 0 ? null : bare(waiting.get(least).remove());
    }

    /** Without the place, which stands before the origins. */
    private static Delivery bare(Delivery delivery) {
        Delivery.Data data = (Delivery.Data) delivery;
        long[] ids = data.origins().ids();
        long[] paths = data.origins().paths();
        Origins rows = Origins.of(
                Arrays.copyOfRange(ids, 1, ids.length),
                paths == null ? null : Arrays.copyOfRange(paths, 1, ids.length));
        return new Delivery.Data(data.sender(), data.epoch(), data.batch(), rows, data.release());
    }

    void clear() {
        waiting.forEach(ArrayDeque::clear);
    }
}
