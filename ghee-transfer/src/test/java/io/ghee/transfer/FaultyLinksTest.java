package io.ghee.transfer;

import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.drain;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.DataSize;
import io.ghee.channel.Outlet;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
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

    private String through(TcpProxy proxy) {
        return rig.closing(proxy).endpoint();
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
        SplittableRandom cuts = random.split();
        Rig.Edge edge = rig.edge(
                rig.manager(config()),
                rig.manager(config()),
                2,
                2,
                DataSize.mebibytes(1),
                inlet -> bad(inlet, proxies, () -> 100 + cuts.nextLong(400_000)),
                outlet -> bad(outlet, proxies, () -> 100 + cuts.nextLong(5_000)));

        List<Future<List<List<String>>>> sending = new ArrayList<>();
        for (int sender = 0; sender < 2; sender++) {
            int self = sender;
            SplittableRandom own = random.split();
            sending.add(rig.start(() -> sendAll(edge.outlets().get(self), self, 1500, own)));
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

    private synchronized String bad(
            String target, List<TcpProxy> proxies, java.util.function.LongSupplier bytesUntilReset) {
        try {
            TcpProxy proxy = new TcpProxy(target, bytesUntilReset);
            proxies.add(proxy);
            return through(proxy);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
