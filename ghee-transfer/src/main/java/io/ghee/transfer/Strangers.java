package io.ghee.transfer;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts and reports messages that were not meant for where they arrived: anyone may connect to a bound port. They are
 * dropped; the log has the first of each cause, the tenth, the hundredth and so on. Thread-safe.
 */
public final class Strangers {
    private static final Logger LOG = LoggerFactory.getLogger(Strangers.class);

    private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

    /**
     * Reports one.
     *
     * @param what was dropped
     * @param cause one of few
     */
    public void dropped(String what, String cause) {
        long count = counts.computeIfAbsent(cause, key -> new AtomicLong()).incrementAndGet();
        for (long power = 1; power <= count; power *= 10) {
            if (power == count) {
                LOG.warn("dropped {}, as {} ({} so far)", what, cause, count);
            }
        }
    }

    /** How many were dropped. */
    public long count() {
        return counts.values().stream().mapToLong(AtomicLong::get).sum();
    }
}
