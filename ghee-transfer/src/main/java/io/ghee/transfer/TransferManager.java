package io.ghee.transfer;

import static io.ghee.ConfigurationException.check;

import io.ghee.DataSize;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.Route;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * Opens the channels of one worker. Each end is bound first and tells its endpoint; when all ends of an edge are bound, each
 * is connected to those on the other side. Thread-safe; an outlet or inlet belongs to the thread that uses it.
 */
public final class TransferManager implements AutoCloseable {
    /** A credit is never smaller: it would not do for a single usual batch. */
    private static final long SMALLEST_CREDIT = 1 << 16;

    private final TransferConfig config;
    private final BufferPool pool = new BufferPool();
    private final Transport transport;
    private final Keeper keeper = new Keeper();
    private final Strangers strangers = new Strangers();
    private final Set<String> sealed = ConcurrentHashMap.newKeySet();
    private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();

    public TransferManager(TransferConfig config) {
        this(config, pool -> new ZmqTransport(config.host(), pool));
    }

    TransferManager(TransferConfig config, Function<BufferPool, Transport> transport) {
        this.config = config;
        this.transport = transport.apply(pool);
    }

    /**
     * Binds the outlet of a replica.
     *
     * @param edge the index of the receiving stage
     * @param sender the replica that sends
     * @param consumers how many replicas receive at most
     * @param budget bytes that may be on the way to all consumers together; each has an equal part, and at least 64 KiB
     */
    public PendingOutlet outlet(int generation, int edge, int sender, int consumers, DataSize budget) {
        check(consumers >= 1, "consumers", consumers, ">= 1");
        long credit = Math.max(SMALLEST_CREDIT, budget.bytes() / consumers);
        Route route = new Route(
                config.job(),
                check(generation >= 0, "generation", generation, ">= 0"),
                check(edge >= 0, "edge", edge, ">= 0"),
                check(sender >= 0, "sender", sender, ">= 0"),
                0);
        once("outlet", route);
        FrameOutlet outlet = new FrameOutlet(this, route, consumers, credit);
        open.add(outlet);
        return new PendingOutlet() {
            @Override
            public String endpoint() {
                return outlet.endpoint();
            }

            @Override
            public Outlet connect(List<String> inlets, List<Integer> replicas) throws InterruptedException {
                check(
                        !inlets.isEmpty() && inlets.size() <= consumers,
                        "inlets",
                        inlets,
                        "1 to " + consumers + " endpoints");
                check(replicas.size() == inlets.size(), "replicas", replicas, "one for each of " + inlets);
                outlet.connect(inlets, replicas);
                return outlet;
            }

            @Override
            public void close() {
                outlet.close();
            }
        };
    }

    /**
     * Binds the inlet of a replica.
     *
     * @param edge the index of the receiving stage
     * @param consumer the replica that receives
     * @param senders how many replicas send
     */
    public PendingInlet inlet(int generation, int edge, int consumer, int senders) {
        check(senders >= 1, "senders", senders, ">= 1");
        Route route = new Route(
                config.job(),
                check(generation >= 0, "generation", generation, ">= 0"),
                check(edge >= 0, "edge", edge, ">= 0"),
                0,
                check(consumer >= 0, "consumer", consumer, ">= 0"));
        once("inlet", route);
        FrameInlet inlet = new FrameInlet(this, route, senders);
        open.add(inlet);
        return new PendingInlet() {
            @Override
            public String endpoint() {
                return inlet.endpoint();
            }

            @Override
            public Inlet connect(List<String> outlets) throws InterruptedException {
                check(outlets.size() == senders, "outlets", outlets, senders + " endpoints");
                inlet.connect(outlets);
                return inlet;
            }

            @Override
            public void close() {
                inlet.abandon();
                inlet.close();
            }
        };
    }

    /** What is sealed counts from the beginning in each generation, and must not do so twice. */
    private void once(String end, Route route) {
        check(config.key() == null || sealed.add(end + route), end, route, "to be opened once in a generation");
    }

    /** How its channels are set up. */
    public TransferConfig config() {
        return config;
    }

    BufferPool pool() {
        return pool;
    }

    Transport transport() {
        return transport;
    }

    Keeper keeper() {
        return keeper;
    }

    Strangers strangers() {
        return strangers;
    }

    /** To be called by an outlet or inlet that was closed. */
    void closed(AutoCloseable end) {
        open.remove(end);
        if (open.isEmpty()) {
            pool.clear();
        }
    }

    /** Buffers that are taken and not given back: frames on the way, and those that a stage holds. */
    int lentBuffers() {
        return pool.lent();
    }

    long lentBytes() {
        return pool.lentBytes();
    }

    /** Closes everything that is still open, at once. Whoever waits in one of them gets an exception. */
    @Override
    public void close() {
        for (AutoCloseable end : List.copyOf(open)) {
            if (end instanceof Outlet outlet) {
                outlet.abandon();
                outlet.close();
            } else if (end instanceof Inlet inlet) {
                inlet.abandon();
                inlet.close();
            }
        }
        transport.close();
    }
}
