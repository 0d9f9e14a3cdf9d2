package io.ghee.transfer.collective;

import io.ghee.train.Collective;
import io.ghee.transfer.TransferConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The ranks of a ring as threads of this JVM, over real sockets. */
final class Ranks implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);

    /** What a rank does. */
    interface Work<T> {
        T run(Collective collective) throws Exception;
    }

    private final List<RingPort> ports;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private List<Collective> collectives = List.of();

    Ranks(int size, TransferConfig config) {
        ports = IntStream.range(0, size).mapToObj(rank -> new RingPort(config)).toList();
    }

    /** Ranks that have joined their first attempt. */
    static Ranks joined(int size) throws Exception {
        Ranks ranks = new Ranks(size, TransferConfig.loopback(4711));
        ranks.join(1);
        return ranks;
    }

    List<RingPort> ports() {
        return ports;
    }

    List<String> endpoints() {
        return ports.stream().map(RingPort::endpoint).toList();
    }

    void join(int attempt) throws Exception {
        join(attempt, () -> {});
    }

    void join(int attempt, Runnable whileWaiting) throws Exception {
        List<Future<Collective>> joining = IntStream.range(0, ports.size())
                .mapToObj(rank ->
                        threads.submit(() -> ports.get(rank).join(attempt, rank, endpoints(), SOON, whileWaiting)))
                .toList();
        List<Collective> joined = new ArrayList<>();
        for (Future<Collective> each : joining) {
            joined.add(each.get(SOON.toSeconds(), TimeUnit.SECONDS));
        }
        collectives = joined;
    }

    Collective rank(int rank) {
        return collectives.get(rank);
    }

    <T> Future<T> start(int rank, Work<T> work) {
        return threads.submit(() -> work.run(collectives.get(rank)));
    }

    /** What all ranks make, each in its thread. */
    <T> List<T> all(Work<T> work) throws Exception {
        List<Future<T>> running = IntStream.range(0, ports.size())
                .mapToObj(rank -> start(rank, work))
                .toList();
        List<T> results = new ArrayList<>();
        for (Future<T> each : running) {
            results.add(each.get(SOON.toSeconds(), TimeUnit.SECONDS));
        }
        return results;
    }

    /** What {@code running} fails with. */
    static Throwable failure(Future<?> running) throws Exception {
        try {
            throw new AssertionError("no failure, but " + running.get(SOON.toSeconds(), TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    long sentBytes() {
        return ports.stream().mapToLong(RingPort::sentBytes).sum();
    }

    @Override
    public void close() {
        ports.forEach(RingPort::close);
        threads.shutdownNow();
    }
}
