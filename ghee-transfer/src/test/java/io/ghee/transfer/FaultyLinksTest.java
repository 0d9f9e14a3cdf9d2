package io.ghee.transfer;

import static io.ghee.transfer.Rig.LITTLE;
import static io.ghee.transfer.Rig.SOON;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.describe;
import static io.ghee.transfer.Rig.drain;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.DataSize;
import io.ghee.channel.Delivery;
import io.ghee.channel.Outlet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whatever happens to connections, everything arrives once and in order. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class FaultyLinksTest {
    private final Rig rig = new Rig();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    /** Sends so many items of each epoch to all consumers in turn, and tells what each is to receive. */
    private static List<List<String>> sendAll(Outlet outlet, int sender, int items, RandomGenerator random)
            throws Exception {
        List<List<String>> sent = new ArrayList<>();
        for (int consumer = 0; consumer < outlet.consumers(); consumer++) {
            sent.add(new ArrayList<>());
        }
        for (int epoch = 1; epoch <= 2; epoch++) {
            for (int number = 0; number < items; number++) {
                int consumer = number % outlet.consumers();
                int ballast = random.nextInt(10) == 0 ? random.nextInt(300_000) : random.nextInt(2_000);
                send(outlet, consumer, epoch, sender, number, ballast);
                sent.get(consumer).add(epoch + ":" + number);
            }
            outlet.endEpoch(epoch, null);
            for (List<String> each : sent) {
                each.add("end of epoch " + epoch);
            }
        }
        outlet.endStream();
        sent.forEach(each -> each.add("end of stream"));
        return sent;
    }

    @Test
    void resetsAtAnyByteCostOnlyTime() throws Exception {
        long seed = Long.getLong("ghee.seed", System.nanoTime());
        System.out.println("resetsAtAnyByteCostOnlyTime: -Dghee.seed=" + seed);
        SplittableRandom random = new SplittableRandom(seed);
        List<TcpProxy> proxies = new ArrayList<>();
        // Each connection is cut at a place of its own.
        List<SplittableRandom> cuts = Stream.generate(random::split).limit(8).toList();
        AtomicInteger links = new AtomicInteger();
        Rig.Edge edge = rig.edge(
                rig.manager(config()),
                rig.manager(config()),
                2,
                2,
                DataSize.mebibytes(1),
                inlet -> bad(inlet, proxies, cut(cuts.get(links.getAndIncrement()), 400_000)),
                outlet -> bad(outlet, proxies, cut(cuts.get(links.getAndIncrement()), 5_000)));

        List<Future<List<List<String>>>> sending = new ArrayList<>();
        for (int sender = 0; sender < 2; sender++) {
            int self = sender;
            SplittableRandom own = random.split();
            sending.add(rig.start(() -> sendAll(edge.outlets().get(self), self, 500, own)));
        }
        List<Future<List<List<String>>>> receiving = edge.inlets().stream()
                .map(inlet -> rig.start(() -> {
                    List<List<String>> all = drain(inlet);
                    inlet.close();
                    return all;
                }))
                .toList();

        for (int sender = 0; sender < 2; sender++) {
            List<List<String>> sent = within(sending.get(sender));
            for (int consumer = 0; consumer < 2; consumer++) {
                assertThat(within(receiving.get(consumer)).get(sender)).isEqualTo(sent.get(consumer));
            }
        }
        int resets = proxies.stream().mapToInt(TcpProxy::resets).sum();
        System.out.println(resets + " resets");
        assertThat(resets).isGreaterThan(100);
    }

    private static LongSupplier cut(SplittableRandom random, long atMost) {
        return () -> 100 + random.nextLong(atMost);
    }

    @Test
    void aLinkThatDiesWithoutAWordIsReplaced() throws Exception {
        List<TcpProxy> proxies = new ArrayList<>();
        Rig.Edge edge = rig.edge(
                rig.manager(config()),
                rig.manager(config()),
                1,
                1,
                DataSize.mebibytes(1),
                inlet -> bad(inlet, proxies, () -> Long.MAX_VALUE),
                outlet -> bad(outlet, proxies, () -> Long.MAX_VALUE));
        send(edge.outlet(), 0, 1, 0, 0, 10);
        next(edge.inlet(), Delivery.Data.class).release().run();
        await().atMost(SOON).until(() -> edge.outlet().outstanding() == 0);

        proxies.forEach(TcpProxy::freeze);
        Future<Object> sending = rig.start(() -> {
            for (int number = 1; number < 100; number++) {
                send(edge.outlet(), 0, 1, 0, number, 30_000);
            }
            edge.outlet().endStream();
            return null;
        });
        List<String> got = drain(edge.inlet()).get(0);
        edge.inlet().close();
        within(sending);

        assertThat(got).hasSize(100);
        assertThat(proxies).allSatisfy(proxy -> assertThat(proxy.accepted()).isGreaterThan(1));
    }

    @Test
    void aLinkThatIsDownForAWhileCostsOnlyTime() throws Exception {
        List<TcpProxy> proxies = new ArrayList<>();
        Rig.Edge edge = rig.edge(
                rig.manager(config()),
                rig.manager(config()),
                1,
                1,
                DataSize.mebibytes(1),
                inlet -> bad(inlet, proxies, () -> Long.MAX_VALUE),
                outlet -> outlet);
        TcpProxy proxy = proxies.get(0);
        send(edge.outlet(), 0, 1, 0, 0, 10);
        next(edge.inlet(), Delivery.Data.class).release().run();
        proxy.refuse(true);
        proxy.reset();
        Future<Object> sending = rig.start(() -> {
            for (int number = 1; number < 100; number++) {
                send(edge.outlet(), 0, 1, 0, number, 30_000);
            }
            edge.outlet().endStream();
            return null;
        });
        await().atMost(SOON).until(() -> proxy.refused() > 3);
        assertThat(edge.inlet().receive(LITTLE)).isNull();

        proxy.refuse(false);
        assertThat(drain(edge.inlet()).get(0)).hasSize(100);
        edge.inlet().close();
        within(sending);
    }

    /** As from a port that has come into other hands: JeroMQ never tries again after that. */
    @Test
    void aLinkThatAnotherProgramAnswersIsTriedAgain() throws Exception {
        List<TcpProxy> proxies = new ArrayList<>();
        Rig.Edge edge = rig.edge(
                rig.manager(config()),
                rig.manager(config()),
                1,
                1,
                DataSize.mebibytes(1),
                inlet -> bad(inlet, proxies, () -> Long.MAX_VALUE),
                outlet -> outlet);
        TcpProxy proxy = proxies.get(0);
        // ZeroMQ too, but of those who want to see a key.
        proxy.answer("\u00ff\0\0\0\0\0\0\0\1\u007f\3\0CURVE" + "\0".repeat(47));
        proxy.reset();
        send(edge.outlet(), 0, 1, 0, 0, 10);
        await().atMost(SOON).until(() -> proxy.refused() > 0);
        proxy.refuse(false);

        assertThat(describe(next(edge.inlet(), Delivery.Data.class))).isEqualTo("1:0");
    }

    private String bad(String target, List<TcpProxy> proxies, LongSupplier bytesUntilReset) {
        try {
            TcpProxy proxy = rig.closing(new TcpProxy(target, bytesUntilReset));
            proxies.add(proxy);
            return proxy.endpoint();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
