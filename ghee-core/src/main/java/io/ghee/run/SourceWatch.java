package io.ghee.run;

import io.ghee.source.Source;
import io.ghee.source.Split;
import io.ghee.source.UnboundedSource;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the driver tells the source of a job that commits on the way, and asks of it: how far the job is, and, if the source never
 * ends, whether there are more splits. On a thread of its own, as storage may take its time. What fails is said in the log and
 * tried again: the readers find out by themselves if the storage is gone.
 */
final class SourceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(SourceWatch.class);
    /** How long the end of a job waits for what is under way. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final JobDriver driver;
    private final Source<?> source;
    private final Thread thread;
    private final long everyMillis;
    private Map<Split, Long> told = new HashMap<>();
    private boolean ended;

    SourceWatch(JobDriver driver) {
        this.driver = driver;
        this.source = driver.plan().source();
        long look = source instanceof UnboundedSource<?> unbounded
                ? unbounded.lookEvery().toMillis()
                : Long.MAX_VALUE;
        this.everyMillis = Math.min(look, driver.plan().limits().commitMillis());
        this.thread = new Thread(this::run, "ghee-source-" + driver.job());
        thread.setDaemon(true);
    }

    void start() {
        if (driver.plan().commits()) {
            thread.start();
        }
    }

    private void run() {
        long looked = System.nanoTime();
        while (pause()) {
            tell(driver.committed());
            if (source instanceof UnboundedSource<?> unbounded
                    && System.nanoTime() - looked >= unbounded.lookEvery().toNanos()) {
                look(unbounded);
                looked = System.nanoTime();
            }
        }
    }

    private synchronized boolean pause() {
        long deadline = System.nanoTime() + everyMillis * 1_000_000;
        try {
            for (long left = everyMillis; left > 0 && !ended; left = (deadline - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            return false;
        }
        return !ended;
    }

    private void tell(Map<Split, Long> places) {
        if (places.equals(told)) {
            return;
        }
        try {
            source.committed(places);
            told = places;
        } catch (IOException | RuntimeException e) {
            LOG.warn("job {}: {} is not told how far it is read: {}", driver.job(), source.describe(), e.toString());
        }
    }

    private void look(UnboundedSource<?> unbounded) {
        try {
            driver.grow(unbounded.splits(driver.plan().stage(0).replicas(), driver.known()));
        } catch (IOException | RuntimeException e) {
            LOG.warn("job {}: {} is not asked for more: {}", driver.job(), source.describe(), e.toString());
        }
    }

    /** The job has ended; if it has ended well, the source is told so. */
    void end(boolean well) throws InterruptedException {
        synchronized (this) {
            ended = true;
            notifyAll();
        }
        thread.join(PATIENCE.toMillis());
        if (thread.isAlive()) {
            thread.interrupt();
            LOG.warn("job {}: {} has not answered for {} s", driver.job(), source.describe(), PATIENCE.toSeconds());
        } else if (well) {
            tell(driver.committedInTheEnd());
        }
    }
}
