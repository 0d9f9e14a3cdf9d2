package io.ghee.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.DataSize;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Origins;
import io.ghee.channel.Outlet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * Channels over loopback for a test: managers, edges between them, and threads for their ends. When it is closed, it closes
 * what it opened, and checks that no buffer is left lent.
 */
final class Rig implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);
    static final Duration LITTLE = Duration.ofMillis(50);
    static final long JOB = 77;
    static final int GENERATION = 3;
    static final int EDGE = 1;

    /** One record. */
    record Item(int sender, int number, byte[] ballast) {}

    /** The ends of an edge, by replica. */
    record Edge(List<Outlet> outlets, List<Inlet> inlets) {
        Outlet outlet() {
            return outlets.get(0);
        }

        Inlet inlet() {
            return inlets.get(0);
        }
    }

    private final List<TransferManager> managers = new ArrayList<>();
    private final List<AutoCloseable> others = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    static TransferConfig config() {
        return TransferConfig.loopback(JOB).withConnectTimeout(SOON).withProbeInterval(Duration.ofMillis(200));
    }

    static byte[] key() {
        byte[] key = new byte[32];
        for (int k = 0; k < key.length; k++) {
            key[k] = (byte) (7 * k + 1);
        }
        return key;
    }

    TransferManager manager(TransferConfig config) {
        return managing(new TransferManager(config));
    }

    TransferManager managing(TransferManager manager) {
        managers.add(manager);
        return manager;
    }

    <C extends AutoCloseable> C closing(C other) {
        others.add(other);
        return other;
    }

    /** One sender, one consumer, a manager for each. */
    Edge edge(TransferConfig config, DataSize budget) throws Exception {
        return edge(manager(config), manager(config), 1, 1, budget);
    }

    Edge edge(TransferManager there, TransferManager here, int senders, int consumers, DataSize budget)
            throws Exception {
        return edge(there, here, senders, consumers, budget, inlet -> inlet, outlet -> outlet);
    }

    /**
     * An edge whose connections may go over something in between.
     *
     * @param toInlet the endpoint that outlets are told instead of an inlet's
     * @param toOutlet the endpoint that inlets are told instead of an outlet's
     */
    Edge edge(
            TransferManager there,
            TransferManager here,
            int senders,
            int consumers,
            DataSize budget,
            UnaryOperator<String> toInlet,
            UnaryOperator<String> toOutlet)
            throws Exception {
        List<PendingOutlet> outlets = new ArrayList<>();
        for (int sender = 0; sender < senders; sender++) {
            outlets.add(there.outlet(GENERATION, EDGE, sender, consumers, budget));
        }
        List<PendingInlet> inlets = new ArrayList<>();
        for (int consumer = 0; consumer < consumers; consumer++) {
            inlets.add(here.inlet(GENERATION, EDGE, consumer, senders));
        }
        Edge edge = new Edge(new ArrayList<>(), new ArrayList<>());
        for (PendingOutlet outlet : outlets) {
            edge.outlets.add(outlet.connect(
                    inlets.stream().map(PendingInlet::endpoint).map(toInlet).toList()));
        }
        for (PendingInlet inlet : inlets) {
            edge.inlets.add(inlet.connect(
                    outlets.stream().map(PendingOutlet::endpoint).map(toOutlet).toList()));
        }
        return edge;
    }

    <T> Future<T> start(Callable<T> work) {
        return threads.submit(work);
    }

    static <T> T within(Future<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    static Batch<Item> batch(int sender, int number, int ballast) {
        return Batch.of(List.of(new Item(sender, number, new byte[ballast])));
    }

    /** Sends one item, with its number as origin. */
    static long send(Outlet outlet, int consumer, int epoch, int sender, int number, int ballast) throws Exception {
        return outlet.send(consumer, epoch, batch(sender, number, ballast), Origins.of(new long[] {number}, null));
    }

    static Item item(Delivery.Data data) {
        return (Item) data.batch().records().get(0);
    }

    static <D extends Delivery> D next(Inlet inlet, Class<D> type) throws InterruptedException {
        Delivery delivery = inlet.receive(SOON);
        assertThat(delivery).isInstanceOf(type);
        return type.cast(delivery);
    }

    /** What was delivered, in a form that outlives the frame: "epoch:number" for an item. */
    static String describe(Delivery delivery) {
        if (delivery instanceof Delivery.Data data) {
            assertThat(data.origins().ids()).containsExactly(item(data).number());
            return data.epoch() + ":" + item(data).number();
        }
        return delivery instanceof Delivery.EndOfEpoch end ? "end of epoch " + end.epoch() : "end of stream";
    }

    /** Takes everything of all senders and releases it at once; what came of each, in order. */
    static List<List<String>> drain(Inlet inlet) throws InterruptedException {
        List<List<String>> all = new ArrayList<>();
        for (int sender = 0; sender < inlet.senders(); sender++) {
            all.add(new ArrayList<>());
        }
        int ended = 0;
        while (ended < inlet.senders()) {
            Delivery delivery = inlet.receive(Duration.ofSeconds(60));
            assertThat(delivery).as("after %s", all).isNotNull();
            all.get(delivery.sender()).add(describe(delivery));
            if (delivery instanceof Delivery.Data data) {
                data.release().run();
            }
            ended += delivery instanceof Delivery.EndOfStream ? 1 : 0;
        }
        return all;
    }

    void awaitNothingLent() {
        for (TransferManager manager : managers) {
            await().atMost(SOON)
                    .pollDelay(Duration.ZERO)
                    .until(() -> manager.lentBuffers() == 0 && manager.lentBytes() == 0);
        }
    }

    @Override
    public void close() throws Exception {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
        for (TransferManager manager : managers) {
            manager.close();
        }
        for (AutoCloseable other : others) {
            other.close();
        }
        for (TransferManager manager : managers) {
            assertThat(manager.lentBuffers()).as("lent buffers").isZero();
            assertThat(manager.lentBytes()).as("lent bytes").isZero();
            assertThat(manager.pool().freeBytes()).as("kept bytes").isZero();
        }
    }
}
