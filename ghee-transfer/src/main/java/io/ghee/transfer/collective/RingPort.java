package io.ghee.transfer.collective;

import static io.ghee.ConfigurationException.check;

import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.transfer.TransferConfig;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a worker process takes part in the ring of its stage. It is bound once, on the host of the configuration, and tells
 * its endpoint; each attempt is joined there. Only ranks of the same job are let in, which prove it by the job's key if
 * there is one; then everything is sealed with AES-256-GCM.
 *
 * <p>Thread-safe; a {@link Collective} belongs to the thread that uses it.
 */
public final class RingPort implements AutoCloseable {
    private final TransferConfig config;
    private final RingWatch watch;
    private @Nullable Ring ring;
    private long sentEarlier;
    private boolean closed;

    /**
     * Binds.
     *
     * @throws InfrastructureException if the host of {@code config} is no address of this machine
     */
    public RingPort(TransferConfig config) {
        this.config = config;
        watch = new RingWatch(config);
    }

    /** Where this worker is reached, {@code tcp://host:port}. */
    public String endpoint() {
        return watch.endpoint();
    }

    /**
     * Finds together with the other ranks of an attempt, and closes the collective of an earlier one. Returns when all ranks have
     * joined.
     *
     * @param attempt later than any before
     * @param rank this worker's
     * @param endpoints of all ranks, in their order
     * @param timeout how long the others may take
     * @param whileWaiting is called about every 20 ms, by the thread that uses the collective, while that waits for others, and
     *     already here; what it throws ends the waiting, and the collective
     * @throws InfrastructureException if the ranks do not find together in time, naming who is missing
     */
    public Collective join(int attempt, int rank, List<String> endpoints, Duration timeout, Runnable whileWaiting)
            throws InterruptedException {
        check(rank >= 0 && rank < endpoints.size(), "rank", rank, ">= 0 and < " + endpoints.size());
        check(endpoints.get(rank).equals(endpoint()), "endpoint of rank " + rank, endpoints.get(rank), endpoint());
        Ring joined = begin(attempt, rank, endpoints, whileWaiting);
        joined.join(timeout);
        return joined;
    }

    private synchronized Ring begin(int attempt, int rank, List<String> endpoints, Runnable whileWaiting) {
        if (closed) {
            throw new InfrastructureException("the ring port " + endpoint() + " was closed");
        }
        Ring earlier = ring;
        if (earlier != null) {
            check(attempt > earlier.attempt(), "attempt", attempt, "> " + earlier.attempt() + ", the one before");
            earlier.close();
            sentEarlier += earlier.sent();
        }
        Ring next = new Ring(config, watch, attempt, rank, List.copyOf(endpoints), whileWaiting);
        ring = next;
        return next;
    }

    /** Bytes of data that were sent to the neighbour so far, in all attempts. */
    public synchronized long sentBytes() {
        Ring now = ring;
        return sentEarlier + (now == null ? 0 : now.sent());
    }

    /** How many connections were refused. */
    long strangers() {
        return watch.strangers();
    }

    /** Leaves the ring. Whoever is in an operation gets an error. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Ring now = ring;
            if (now != null) {
                now.close();
            }
            watch.close();
        }
    }
}
