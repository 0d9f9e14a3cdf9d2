package io.ghee.run;

import io.ghee.InfrastructureException;
import io.ghee.sink.CommittingWriter;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Commits on the way what one replica of the last stage has written. Used by the task's thread. */
final class Commits {
    private final CommittingWriter<?> writer;
    private final Feed feed;
    private final Arrivals arrivals;
    private final WorkerMetrics metrics;
    private final long everyNanos;
    private long lastNanos = System.nanoTime();
    private long committed;
    private Map<Integer, Long> marks = Map.of();

    Commits(CommittingWriter<?> writer, Feed feed, Arrivals arrivals, WorkerMetrics metrics, long everyMillis) {
        this.writer = writer;
        this.feed = feed;
        this.arrivals = arrivals;
        this.metrics = metrics;
        this.everyNanos = TimeUnit.MILLISECONDS.toNanos(everyMillis);
    }

    /** Commits if it is time, or the writer asks for it, and there is something new. */
    void ifDue() throws Exception {
        long now = System.nanoTime();
        if (now - lastNanos >= everyNanos || writer.wantsCommit()) {
            long proposed = metrics.proposed();
            feed.flush();
            commit();
            metrics.agrees(proposed);
            lastNanos = System.nanoTime();
        }
    }

    /** Commits what is left, when everything has been pushed. */
    void commit() {
        long all = arrivals.total();
        Map<Integer, Long> known = metrics.marks();
        if (all == committed && known == marks) {
            return;
        }
        try {
            writer.commit(arrivals.position(known).toBytes());
        } catch (IOException e) {
            throw new InfrastructureException("the sink cannot commit: " + e, e);
        }
        committed = all;
        marks = known;
    }
}
