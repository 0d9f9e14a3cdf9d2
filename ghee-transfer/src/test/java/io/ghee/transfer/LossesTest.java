package io.ghee.transfer;

import static io.ghee.transfer.Rig.SOON;
import static io.ghee.transfer.Rig.drain;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.DataSize;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.Packing;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever the transport loses, everything arrives once and in order, and no buffer is used again too early. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LossesTest {
    private static final TransferConfig CONFIG = Rig.config()
            .withProbeInterval(Duration.ofMillis(20))
            .withLinger(Duration.ofMillis(1))
            .withFrameSize(DataSize.parse("8Ki"));

    private final Rig rig = new Rig();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private static Rig.Edge edge(Rig rig, FlakyTransport network, TransferConfig config, int senders, int consumers)
            throws Exception {
        TransferManager there = rig.managing(new TransferManager(config, pool -> network.open()));
        TransferManager here = rig.managing(new TransferManager(config, pool -> network.open()));
        return rig.edge(there, here, senders, consumers, DataSize.parse("128Ki"));
    }

    @Test
    void everythingArrivesOnceThoughConnectionsBreakAllTheTime() throws Exception {
        long seed = Long.getLong("ghee.seed", System.nanoTime());
        int rounds = Integer.getInteger("ghee.rounds", 40);
        System.out.println("everythingArrivesOnceThoughConnectionsBreakAllTheTime: -Dghee.seed=" + seed);
        int breaks = 0;
        for (int round = 0; round < rounds; round++) {
            FlakyTransport network = new FlakyTransport(seed + round, 3 + round % 20);
            TransferConfig sealed = round % 2 == 0 ? CONFIG : CONFIG.withKey(Rig.key());
            TransferConfig config = round % 3 == 0 ? sealed.withPacking(Packing.LZ4) : sealed;
            try (Rig own = new Rig()) {
                exchange(own, edge(own, network, config, 2, 2), seed + round, 150);
            }
            network.end();
            assertThat(network.violated()).as("seed %s", seed + round).isNull();
            breaks += network.breaks();
        }
        assertThat(breaks).isGreaterThan(10 * rounds);
    }

    private static void exchange(Rig rig, Rig.Edge edge, long seed, int items) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        List<Future<List<List<String>>>> sending = new ArrayList<>();
        for (int sender = 0; sender < 2; sender++) {
            Outlet outlet = edge.outlets().get(sender);
            SplittableRandom own = random.split();
            int self = sender;
            sending.add(rig.start(() -> sendAll(outlet, self, items, own)));
        }
        List<Future<List<List<String>>>> receiving = new ArrayList<>();
        for (Inlet inlet : edge.inlets()) {
            SplittableRandom own = random.split();
            receiving.add(rig.start(() -> drainHolding(inlet, own)));
        }
        for (int sender = 0; sender < 2; sender++) {
            List<List<String>> sent = within(sending.get(sender));
            for (int consumer = 0; consumer < 2; consumer++) {
                assertThat(within(receiving.get(consumer)).get(sender))
                        .as("seed %s", seed)
                        .isEqualTo(sent.get(consumer));
            }
        }
        for (Outlet outlet : edge.outlets()) {
            assertThat(outlet.outstanding()).isZero();
            outlet.close();
        }
        rig.awaitNothingLent();
    }

    private static List<List<String>> sendAll(Outlet outlet, int sender, int items, SplittableRandom random)
            throws Exception {
        List<List<String>> sent = List.of(new ArrayList<>(), new ArrayList<>());
        for (int number = 0; number < items; number++) {
            int consumer = random.nextInt(2);
            send(outlet, consumer, 1, sender, number, random.nextInt(random.nextInt(1, 6000)));
            sent.get(consumer).add("1:" + number);
        }
        outlet.endEpoch(1, null);
        outlet.endStream();
        sent.forEach(each -> each.addAll(List.of("end of epoch 1", "end of stream")));
        return sent;
    }

    /** Like {@link Rig#drain}, but some batches are held for a while, and released in another order. */
    private static List<List<String>> drainHolding(Inlet inlet, SplittableRandom random) throws Exception {
        List<List<String>> all = List.of(new ArrayList<>(), new ArrayList<>());
        List<Runnable> held = new ArrayList<>();
        int ended = 0;
        while (ended < inlet.senders()) {
            Delivery delivery = inlet.receive(Duration.ofMillis(10));
            if (delivery instanceof Delivery.Data data) {
                held.add(data.release());
            }
            if (delivery != null) {
                all.get(delivery.sender()).add(Rig.describe(delivery));
                ended += delivery instanceof Delivery.EndOfStream ? 1 : 0;
            }
            while (held.size() > (delivery == null ? 0 : random.nextInt(6))) {
                held.remove(random.nextInt(held.size())).run();
            }
        }
        held.forEach(Runnable::run);
        inlet.close();
        return all;
    }

    @Test
    void aTailThatIsLostIsAskedForAndSentAgain() throws Exception {
        FlakyTransport network = new FlakyTransport(1, 0);
        TransferManager there = rig.managing(new TransferManager(CONFIG, pool -> network.open()));
        TransferManager here = rig.managing(new TransferManager(CONFIG, pool -> network.open()));
        PendingInlet bound = here.inlet(1, 1, 0, 1);
        PendingOutlet sends = there.outlet(1, 1, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = sends.connect(List.of(bound.endpoint()));
        Inlet inlet = bound.connect(List.of(sends.endpoint()));
        network.swallow(bound.endpoint(), true);
        send(outlet, 0, 1, 0, 0, 10);
        await().atMost(SOON).until(() -> network.lost() >= 1);
        network.swallow(bound.endpoint(), false);

        assertThat(Rig.item(next(inlet, Delivery.Data.class)).number()).isZero();
        network.end();
    }

    @Test
    void receiptsThatAreLostAreAskedForAndToldAgain() throws Exception {
        FlakyTransport network = new FlakyTransport(1, 0);
        TransferManager there = rig.managing(new TransferManager(CONFIG, pool -> network.open()));
        TransferManager here = rig.managing(new TransferManager(CONFIG, pool -> network.open()));
        PendingInlet bound = here.inlet(1, 1, 0, 1);
        PendingOutlet sends = there.outlet(1, 1, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = sends.connect(List.of(bound.endpoint()));
        Inlet inlet = bound.connect(List.of(sends.endpoint()));
        network.swallow(sends.endpoint(), true);
        Future<Object> sending = rig.start(() -> {
            for (int number = 0; number < 5; number++) {
                send(outlet, 0, 1, 0, number, 10);
            }
            outlet.endStream();
            return null;
        });
        assertThat(drain(inlet).get(0)).hasSize(6);
        await().atMost(SOON).until(() -> network.lost() >= 1);
        assertThat(sending.isDone()).isFalse();
        network.swallow(sends.endpoint(), false);

        inlet.close();
        within(sending);
        network.end();
    }

    @Test
    void aConsumerThatHoldsFramesWhileConnectionsBreakGetsNothingTwice() throws Exception {
        FlakyTransport network = new FlakyTransport(1, 0);
        Rig.Edge edge = edge(rig, network, CONFIG, 1, 1);
        Future<Object> sending = rig.start(() -> {
            for (int number = 0; number < 100; number++) {
                send(edge.outlet(), 0, 1, 0, number, 3000);
            }
            edge.outlet().endStream();
            return null;
        });
        ArrayDeque<Delivery.Data> held = new ArrayDeque<>();
        List<String> got = new ArrayList<>();
        while (got.size() < 100) {
            Delivery delivery = edge.inlet().receive(Duration.ofMillis(20));
            if (delivery instanceof Delivery.Data data) {
                held.add(data);
                got.add(Rig.describe(data));
            } else {
                network.breakAll();
                // None, if nothing has come since they were released.
                if (!held.isEmpty()) {
                    held.removeFirst().release().run();
                }
                if (!held.isEmpty()) {
                    held.removeLast().release().run();
                }
            }
        }
        held.forEach(data -> data.release().run());

        assertThat(got).doesNotHaveDuplicates();
        next(edge.inlet(), Delivery.EndOfStream.class);
        within(sending);
        network.end();
    }
}
