package io.ghee.transfer;

import io.ghee.InfrastructureException;
import io.ghee.channel.AbandonedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Connects to all ends of an edge at once. */
final class Connecting {
    private static final int POLL_MILLIS = 10;

    private Connecting() {}

    /**
     * Outboxes that are connected to {@code endpoints}.
     *
     * @param changed is called whenever a connection has come or gone, also later
     * @param ended when to give up
     * @throws InfrastructureException if some cannot be reached within {@code timeout}
     * @throws AbandonedException if {@code ended} comes first
     */
    static List<Transport.Outbox> to(
            List<String> endpoints, Transport transport, Duration timeout, Runnable changed, BooleanSupplier ended)
            throws InterruptedException {
        Semaphore signal = new Semaphore(0);
        List<Transport.Outbox> outboxes = new ArrayList<>();
        boolean done = false;
        try {
            for (String endpoint : endpoints) {
                outboxes.add(transport.connect(endpoint, () -> {
                    signal.release();
                    changed.run();
                }));
            }
            await(outboxes, signal, timeout, ended);
            done = true;
            return outboxes;
        } finally {
            if (!done) {
                outboxes.forEach(Transport.Outbox::close);
            }
        }
    }

    private static void await(
            List<Transport.Outbox> outboxes, Semaphore signal, Duration timeout, BooleanSupplier ended)
            throws InterruptedException {
        long start = System.nanoTime();
        while (true) {
            List<String> missing = outboxes.stream()
                    .filter(outbox -> !outbox.isConnected())
                    .map(Transport.Outbox::endpoint)
                    .toList();
            if (missing.isEmpty()) {
                return;
            }
            if (ended.getAsBoolean()) {
                throw new AbandonedException();
            }
            if (System.nanoTime() - start > timeout.toNanos()) {
                throw new InfrastructureException("no connection to " + missing.size() + " of " + outboxes.size()
                        + " endpoints, " + missing + ", within " + timeout.toMillis() + " ms");
            }
            outboxes.forEach(Transport.Outbox::help);
            outboxes.forEach(Transport.Outbox::renew);
            if (signal.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                signal.drainPermits();
            }
        }
    }
}
