package io.ghee.run;

import io.ghee.InfrastructureException;
import io.ghee.sink.CommittingWriter;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Commits on the way what one replica of the last stage has written. Used by the task's thread. */
final class Commits {
    private final CommittingWriter<?> writer;
    private final Feed feed;
    private final Arrivals arrivals;
    private final long everyNanos;
    private long lastNanos = System.nanoTime();
    private long committed;

    Commits(CommittingWriter<?> writer, Feed feed, Arrivals arrivals, long everyMillis) {
        this.writer = writer;
        this.feed = feed;
        this.arrivals = arrivals;
        this.everyNanos = TimeUnit.MILLISECONDS.toNanos(everyMillis);
    }

    /** Commits if it is time, and something has arrived. */
    void ifDue() throws Exception {
        long now = System.nanoTime();
        if (now - lastNanos >= everyNanos) {
            feed.flush();
            commit();
            lastNanos = System.nanoTime();
        }
    }

    /** Commits what is left, when everything has been pushed. */
    void commit() {
        long all = arrivals.total();
        if (all == committed) {
            return;
        }
        try {
            writer.commit(arrivals.position().toBytes());
        } catch (IOException e) {
            throw new InfrastructureException("the sink cannot commit: " + e, e);
        }
        committed = all;
    }
}
