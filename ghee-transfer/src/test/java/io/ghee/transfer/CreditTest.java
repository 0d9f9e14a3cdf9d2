package io.ghee.transfer;

import static io.ghee.transfer.Rig.LITTLE;
import static io.ghee.transfer.Rig.SOON;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.drain;
import static io.ghee.transfer.Rig.item;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.DataSize;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An outlet has no more on the way to a consumer than its credit. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CreditTest {
    private final Rig rig = new Rig();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    /** Takes what comes until that is enough, and nothing comes any more. */
    private static void takeAll(Inlet inlet, List<Delivery.Data> held, BooleanSupplier isEnough)
            throws InterruptedException {
        long deadline = System.nanoTime() + SOON.toNanos();
        while (true) {
            boolean enough = !held.isEmpty() && isEnough.getAsBoolean();
            Delivery delivery = inlet.receive(LITTLE);
            if (delivery != null) {
                held.add((Delivery.Data) delivery);
            } else if (enough || System.nanoTime() > deadline) {
                return;
            }
        }
    }

    @Test
    void aStoppedConsumerHoldsTheSenderWithinItsCredit() throws Exception {
        stopped(15_000, 16_000);
    }

    /** Many batches to a frame. */
    @Test
    void aStoppedConsumerHoldsTheSenderWithinItsCreditWhenBatchesAreSmall() throws Exception {
        stopped(500, 800);
    }

    private void stopped(int ballast, int atMost) throws Exception {
        long credit = 256 << 10;
        TransferManager there = rig.manager(config());
        TransferManager here = rig.manager(config());
        Rig.Edge edge = rig.edge(there, here, 1, 2, new DataSize(2 * credit));
        Inlet stopped = edge.inlets().get(0);
        Inlet other = edge.inlets().get(1);
        AtomicInteger sent = new AtomicInteger();
        long[] bytes = new long[1];
        int batches = 3000;

        Future<Object> sending = rig.start(() -> {
            // One to the other consumer first: that it has room is of no use to the one that has none.
            send(edge.outlet(), 1, 1, 0, -1, 10);
            for (int number = 0; number < batches; number++) {
                bytes[0] = send(edge.outlet(), 0, 1, 0, number, ballast);
                sent.incrementAndGet();
            }
            edge.outlet().endStream();
            return null;
        });
        List<Delivery.Data> held = new ArrayList<>();
        takeAll(stopped, held, () -> held.size() == sent.get() && held.size() >= credit / bytes[0] * 9 / 10);

        assertThat(bytes[0]).isBetween((long) ballast, (long) atMost);
        // The headers of the frames take their part.
        int room = (int) (credit / bytes[0]);
        assertThat(held.size()).isBetween(room * 9 / 10, room);
        assertThat(sent).hasValue(held.size());
        assertThat(edge.outlet().outstanding()).isEqualTo(held.size() + 1);
        assertThat(there.lentBytes()).isLessThanOrEqualTo(2 * credit);
        assertThat(here.lentBytes()).isLessThanOrEqualTo(2 * credit);

        // What is given back goes on, and no more than that.
        int before = held.size();
        List<Delivery.Data> first = held.subList(0, before / 2);
        first.forEach(data -> data.release().run());
        first.clear();
        takeAll(stopped, held, () -> before / 2 + held.size() == sent.get());
        assertThat(held.size()).isLessThanOrEqualTo(room);
        assertThat(held)
                .extracting(data -> item(data).number())
                .isEqualTo(IntStream.range(before / 2, before / 2 + held.size())
                        .boxed()
                        .toList());

        int delivered = before / 2 + held.size();
        held.forEach(data -> data.release().run());
        Future<List<List<String>>> rest = rig.start(() -> drain(stopped));
        assertThat(within(rig.start(() -> drain(other))).get(0)).hasSize(2);
        assertThat(within(rest).get(0)).hasSize(batches - delivered + 1);
        within(sending);
        assertThat(edge.outlet().waitedNanos(0)).isPositive();
        assertThat(edge.outlet().waitedNanos(1)).isZero();
        rig.awaitNothingLent();
    }

    @Test
    void aBatchLongerThanTheCreditGoesAlone() throws Exception {
        Rig.Edge edge = rig.edge(config(), DataSize.parse("64Ki"));
        Future<Object> sending = rig.start(() -> {
            send(edge.outlet(), 0, 1, 0, 0, 100);
            send(edge.outlet(), 0, 1, 0, 1, 1_000_000);
            send(edge.outlet(), 0, 1, 0, 2, 100);
            send(edge.outlet(), 0, 1, 0, 3, 66_000);
            edge.outlet().endStream();
            return null;
        });

        for (int number = 0; number < 3; number++) {
            Delivery.Data data = next(edge.inlet(), Delivery.Data.class);
            assertThat(item(data).number()).isEqualTo(number);
            assertThat(edge.inlet().receive(LITTLE))
                    .as("beside batch %s", number)
                    .isNull();
            data.release().run();
        }
        assertThat(drain(edge.inlet()).get(0)).hasSize(2);
        within(sending);
        rig.awaitNothingLent();
    }

    @Test
    void theRoomiestIsTheOneThatTakes() throws Exception {
        Rig.Edge edge = rig.edge(rig.manager(config()), rig.manager(config()), 1, 3, DataSize.parse("192Ki"));
        int batches = 300;
        CountDownLatch fastHaveAll = new CountDownLatch(1);
        AtomicInteger taken = new AtomicInteger();
        int[] counts = new int[3];

        Future<Object> sending = rig.start(() -> {
            for (int number = 0; number < batches; number++) {
                send(edge.outlet(), edge.outlet().awaitRoomiest(), 1, 0, number, 10_000);
            }
            edge.outlet().endStream();
            return null;
        });
        List<Future<Object>> receiving = new ArrayList<>();
        for (int consumer = 0; consumer < 3; consumer++) {
            int self = consumer;
            Callable<Object> work = () -> {
                if (self == 0) {
                    assertThat(fastHaveAll.await(20, TimeUnit.SECONDS)).isTrue();
                }
                Delivery delivery = edge.inlets().get(self).receive(SOON);
                while (delivery instanceof Delivery.Data data) {
                    data.release().run();
                    counts[self]++;
                    // The slow one cannot hold more than its credit.
                    if (taken.incrementAndGet() == batches - 6) {
                        fastHaveAll.countDown();
                    }
                    delivery = edge.inlets().get(self).receive(SOON);
                }
                assertThat(delivery).isInstanceOf(Delivery.EndOfStream.class);
                return null;
            };
            receiving.add(rig.start(work));
        }
        for (Future<Object> each : receiving) {
            within(each);
        }
        within(sending);

        assertThat(IntStream.of(counts).sum()).isEqualTo(batches);
        assertThat(counts[0]).isLessThanOrEqualTo(6);
        assertThat(counts[1] + counts[2]).isGreaterThanOrEqualTo(batches - 6);
        rig.awaitNothingLent();
    }

    @Test
    void theBudgetIsSharedByTheConsumers() throws Exception {
        Rig.Edge edge = rig.edge(rig.manager(config()), rig.manager(config()), 1, 4, DataSize.parse("1Mi"));
        List<Future<Object>> sending = new ArrayList<>();
        AtomicInteger sent = new AtomicInteger();
        sending.add(rig.start(() -> {
            for (int number = 0; number < 1000; number++) {
                send(edge.outlet(), 2, 1, 0, number, 30_000);
                sent.incrementAndGet();
            }
            return null;
        }));
        Inlet inlet = edge.inlets().get(2);
        List<Delivery.Data> held = new ArrayList<>();
        int room = (256 << 10) / 30_200;
        takeAll(inlet, held, () -> held.size() == sent.get() && held.size() >= room);

        assertThat(held).hasSize(room);
        assertThat(sent).hasValue(room);
        edge.outlet().abandon();
    }

    @Test
    void thePoolKeepsNoMoreThanWasLentAtOnce() throws Exception {
        TransferManager there = rig.manager(config());
        TransferManager here = rig.manager(config());
        Rig.Edge edge = rig.edge(there, here, 1, 1, DataSize.parse("256Ki"));
        Future<Object> sending = rig.start(() -> {
            for (int number = 0; number < 2000; number++) {
                send(edge.outlet(), 0, 1, 0, number, number * 7919 % 60_000);
            }
            edge.outlet().endStream();
            return null;
        });
        drain(edge.inlet());
        within(sending);
        rig.awaitNothingLent();

        assertThat(there.pool().freeBytes()).isLessThanOrEqualTo(512 << 10);
        assertThat(here.pool().freeBytes()).isLessThanOrEqualTo(512 << 10);
    }
}
