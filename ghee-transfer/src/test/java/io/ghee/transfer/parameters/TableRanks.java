package io.ghee.transfer.parameters;

import io.ghee.train.Collective;
import io.ghee.train.TableSpec;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.collective.RingPort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Ranks with a table, as threads of this JVM, over real sockets. */
final class TableRanks implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(30);

    /** What a rank does. */
    interface Work<T> {
        T run(ShardedTable table, int rank) throws Exception;
    }

    private final List<RingPort> ports;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    final List<ShardedTable> tables;

    TableRanks(int size, TransferConfig config, TableSpec spec) throws Exception {
        this(size, config, rank -> spec, rank -> () -> {});
    }

    TableRanks(int size, TransferConfig config, IntFunction<TableSpec> spec, IntFunction<Runnable> whileWaiting)
            throws Exception {
        ports = IntStream.range(0, size).mapToObj(rank -> new RingPort(config)).toList();
        List<String> endpoints = ports.stream().map(RingPort::endpoint).toList();
        tables = await(IntStream.range(0, size)
                .mapToObj(rank -> threads.submit(() -> {
                    Collective ranks = ports.get(rank).join(1, rank, endpoints, SOON, () -> {});
                    return ShardedTable.open(
                            ranks, whileWaiting.apply(rank), spec.apply(rank), config, ParameterClient.Patience.USUAL);
                }))
                .toList());
    }

    <T> Future<T> start(int rank, Work<T> work) {
        return threads.submit(() -> work.run(tables.get(rank), rank));
    }

    /** What all ranks make, each in its thread. */
    <T> List<T> all(Work<T> work) throws Exception {
        return await(IntStream.range(0, tables.size())
                .mapToObj(rank -> start(rank, work))
                .toList());
    }

    private static <T> List<T> await(List<Future<T>> running) throws Exception {
        List<T> results = new ArrayList<>();
        for (Future<T> each : running) {
            results.add(each.get(SOON.toSeconds(), TimeUnit.SECONDS));
        }
        return results;
    }

    @Override
    public void close() {
        tables.forEach(ShardedTable::close);
        ports.forEach(RingPort::close);
        threads.shutdownNow();
    }
}
