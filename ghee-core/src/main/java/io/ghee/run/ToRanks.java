package io.ghee.run;

import static io.ghee.ConfigurationException.check;

import io.ghee.Batch;
import io.ghee.channel.Origins;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of one lane of a deterministic job: gathers the rows that come out of its chain into blocks, and cuts each into as
 * many parts as there are ranks.
 *
 * <p>What a row's place is must not depend on what has been trained on already: that is left out when the parts are cut.
 */
final class ToRanks extends Terminal {
    /** A block, or the end of the lane's pass, which has no rows. */
    record Block(int epoch, long round, List<Object> rows, long[] ids, long[] paths) {
        boolean isEnd() {
            return rows.isEmpty();
        }
    }

    /** What one rank gets of a block. */
    record Part(Batch<?> batch, Origins origins) {}

    private final int lane;
    private final int size;
    private final boolean paths;
    private final ArrayDeque<Block> made = new ArrayDeque<>();
    private List<Object> rows = new ArrayList<>();
    private long[] id;
    private long[] path;
    private int epoch;
    private long round;

    /**
     * The end of a lane.
     *
     * @param size rows of a block
     * @param paths whether one record can have become several
     */
    ToRanks(int lane, int size, boolean paths) {
        this.lane = lane;
        this.size = size;
        this.paths = paths;
        this.id = new long[size];
        this.path = new long[paths ? size : 0];
    }

    @Override
    void record(Object record, long itsId, long itsPath) {
        id[rows.size()] = itsId;
        if (paths) {
            path[rows.size()] = itsPath;
        }
        rows.add(record);
        if (rows.size() == size) {
            emit();
        }
    }

    @Override
    void batch(Batch<?> batch, Origins origins) {
        check(
                origins.rows() == batch.size(),
                "rows of a batch",
                batch.size(),
                origins.rows() + ", one for each record");
        List<?> records = batch.records();
        for (int row = 0; row < records.size(); row++) {
            record(records.get(row), origins.id(row), origins.path(row));
        }
    }

    private void emit() {
        made.add(new Block(epoch, round++, rows, id, path));
        rows = new ArrayList<>();
        id = new long[size];
        path = new long[paths ? size : 0];
    }

    @Override
    void beginEpoch(int number) {
        epoch = number;
        round = 0;
    }

    @Override
    void endEpoch(int number) {
        if (!rows.isEmpty()) {
            emit();
        }
        made.add(new Block(number, round, List.of(), new long[0], new long[0]));
    }

    /** What has been made first, and not taken yet; null if there is nothing. */
    @Nullable
    Block peek() {
        return made.peek();
    }

    Block take() {
        return made.remove();
    }

    /**
     * The part of a rank, without what has been trained on; null if nothing is left of it. Its first origin is not that of a
     * row: it is the block's place in the {@linkplain Ordering order}.
     */
    @Nullable
    Part part(Block block, int rank, int ranks, Consumed consumed) {
        int all = block.rows().size();
        // Where a block is short, another rank has more each time.
        int share = (int) ((rank + block.round() + lane) % ranks);
        int from = (int) ((long) all * share / ranks);
        int to = (int) ((long) all * (share + 1) / ranks);
        List<Object> records = new ArrayList<>(to - from);
        long[] ids = new long[to - from + 1];
        long[] itsPaths = new long[paths ? to - from + 1 : 0];
        ids[0] = Ordering.place(lane, block.round());
        int count = 1;
        for (int row = from; row < to; row++) {
            long itsPath = paths ? block.paths()[row] : 0;
            if (!consumed.contains(block.epoch(), block.ids()[row], itsPath)) {
                records.add(block.rows().get(row));
                ids[count] = block.ids()[row];
                if (paths) {
                    itsPaths[count] = itsPath;
                }
                count++;
            }
        }
        return records.isEmpty()
                ? null
                : new Part(
                        Batch.of(records),
                        Origins.of(Arrays.copyOf(ids, count), paths ? Arrays.copyOf(itsPaths, count) : null));
    }
}
