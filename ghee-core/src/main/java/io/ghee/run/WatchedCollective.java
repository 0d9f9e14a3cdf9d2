package io.ghee.run;

import io.ghee.train.Collective;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.util.List;

/** Keeps the time that a rank spends with the others. */
final class WatchedCollective implements Collective {
    private final Collective collective;
    private final WorkerMetrics metrics;

    WatchedCollective(Collective collective, WorkerMetrics metrics) {
        this.collective = collective;
        this.metrics = metrics;
    }

    @Override
    public int rank() {
        return collective.rank();
    }

    @Override
    public int size() {
        return collective.size();
    }

    private void timed(Runnable call) {
        Activity before = metrics.in(Activity.WAIT_RANKS);
        try {
            call.run();
        } finally {
            metrics.in(before);
        }
    }

    @Override
    public void allReduce(Buffer data, Reduction how) {
        timed(() -> collective.allReduce(data, how));
    }

    @Override
    public void reduceScatter(Buffer all, Buffer mine, Reduction how) {
        timed(() -> collective.reduceScatter(all, mine, how));
    }

    @Override
    public void allGather(Buffer mine, Buffer all) {
        timed(() -> collective.allGather(mine, all));
    }

    @Override
    public List<ByteBuffer> allGather(ByteBuffer mine) {
        Activity before = metrics.in(Activity.WAIT_RANKS);
        try {
            return collective.allGather(mine);
        } finally {
            metrics.in(before);
        }
    }

    @Override
    public void broadcast(Buffer data, int root) {
        timed(() -> collective.broadcast(data, root));
    }

    @Override
    public void barrier() {
        timed(collective::barrier);
    }

    @Override
    public void keepUp() {
        collective.keepUp();
    }
}
