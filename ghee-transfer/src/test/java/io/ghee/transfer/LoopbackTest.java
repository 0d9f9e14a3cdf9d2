package io.ghee.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InfrastructureException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** Outlets and inlets over loopback: one manager on each side, a thread for each end. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LoopbackTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration LITTLE = Duration.ofMillis(50);
    private static final long JOB = 77;

    record Item(int sender, int number, byte[] ballast) {}

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() throws Exception {
        threads.shutdownNow();
        assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        for (int k = opened.size() - 1; k >= 0; k--) {
            opened.get(k).close();
        }
    }

    private static TransferConfig config(DataSize credit) {
        return new TransferConfig("127.0.0.1", JOB, 1, credit, SOON);
    }

    private TransferManager manager(TransferConfig config) {
        TransferManager manager = new TransferManager(config);
        opened.add(manager);
        return manager;
    }

    private TransferManager.Bound bind(TransferManager manager, int sender, int consumers) {
        TransferManager.Bound bound = manager.bind(sender, consumers);
        opened.add(bound.outlet());
        return bound;
    }

    private Inlet connect(TransferManager manager, int consumer, OutletAddress... senders) throws InterruptedException {
        Inlet inlet = manager.connect(consumer, List.of(senders));
        opened.add(inlet);
        return inlet;
    }

    private static Batch<Item> batch(int sender, int number, int ballast) {
        return Batch.of(List.of(new Item(sender, number, new byte[ballast])));
    }

    private static <D extends Delivery> D next(Inlet inlet, Class<D> type) throws InterruptedException {
        Delivery delivery = inlet.receive(SOON);
        assertThat(delivery).isInstanceOf(type);
        return type.cast(delivery);
    }

    private static Item item(Delivery.Data data) {
        return (Item) data.batch().records().get(0);
    }

    /** Takes everything of all senders and gives it back at once; what came, in order. */
    private static List<Delivery> drain(Inlet inlet) throws InterruptedException {
        List<Delivery> all = new ArrayList<>();
        int ended = 0;
        while (ended < inlet.senders()) {
            Delivery delivery = inlet.receive(SOON);
            assertThat(delivery).isNotNull();
            if (delivery instanceof Delivery.Data data) {
                // Before the buffer is used again.
                data.batch().records();
                data.release().run();
            }
            ended += delivery instanceof Delivery.EndOfStream ? 1 : 0;
            all.add(delivery);
        }
        return all;
    }

    private <T> T within(Future<T> future) throws Exception {
        return future.get(20, TimeUnit.SECONDS);
    }

    private static void awaitNothingLent(TransferManager... managers) {
        for (TransferManager manager : managers) {
            await().atMost(SOON).until(() -> manager.lentBuffers() == 0 && manager.lentBytes() == 0);
        }
    }

    @Test
    void everythingArrivesInTheOrderOfItsSender() throws Exception {
        TransferManager there = manager(config(DataSize.parse("64Ki")));
        TransferManager here = manager(config(DataSize.parse("64Ki")));
        List<TransferManager.Bound> bound = List.of(bind(there, 0, 2), bind(there, 1, 2), bind(there, 2, 2));
        OutletAddress[] addresses =
                bound.stream().map(TransferManager.Bound::address).toArray(OutletAddress[]::new);
        List<Inlet> inlets = List.of(connect(here, 0, addresses), connect(here, 1, addresses));

        List<Future<?>> sending = new ArrayList<>();
        for (int sender = 0; sender < 3; sender++) {
            int self = sender;
            Outlet outlet = bound.get(sender).outlet();
            sending.add(threads.submit(() -> {
                for (int epoch = 1; epoch <= 2; epoch++) {
                    for (int number = 0; number < 400; number++) {
                        outlet.send(number % 2, epoch, batch(self, number, number * 13 % 9000));
                    }
                    outlet.endEpoch(epoch);
                }
                outlet.endStream();
                return null;
            }));
        }
        List<Future<List<Delivery>>> receiving =
                inlets.stream().map(inlet -> threads.submit(() -> drain(inlet))).toList();

        for (int consumer = 0; consumer < 2; consumer++) {
            List<Delivery> all = within(receiving.get(consumer));
            for (int sender = 0; sender < 3; sender++) {
                int self = sender;
                List<Object> expected = new ArrayList<>();
                for (int epoch = 1; epoch <= 2; epoch++) {
                    for (int number = consumer; number < 400; number += 2) {
                        expected.add(List.of(epoch, number));
                    }
                    expected.add("end of epoch " + epoch);
                }
                expected.add("end of stream");
                assertThat(all.stream()
                                .filter(delivery -> delivery.sender() == self)
                                .map(LoopbackTest::describe))
                        .isEqualTo(expected);
            }
        }
        for (Future<?> each : sending) {
            within(each);
        }
        assertThat(bound)
                .allSatisfy(each -> assertThat(each.outlet().outstanding()).isZero());
        awaitNothingLent(here, there);
    }

    private static Object describe(Delivery delivery) {
        if (delivery instanceof Delivery.Data data) {
            return List.of(data.epoch(), item(data).number());
        }
        return delivery instanceof Delivery.EndOfEpoch end ? "end of epoch " + end.epoch() : "end of stream";
    }

    @Test
    void objectsAndColumnsCrossBesideEachOther() throws Exception {
        TransferManager manager = manager(config(DataSize.mebibytes(1)));
        TransferManager.Bound bound = bind(manager, 0, 1);
        Inlet inlet = connect(manager, 0, bound.address());

        bound.outlet().send(0, 1, Batch.of(List.of("text", 17)));
        bound.outlet().send(0, 1, batch(0, 5, 3));

        Delivery.Data objects = next(inlet, Delivery.Data.class);
        assertThat(objects.batch().records()).isEqualTo(List.of("text", 17));
        Delivery.Data columns = next(inlet, Delivery.Data.class);
        assertThat(columns.batch().isColumnar()).isTrue();
        assertThat(columns.batch().columns().encoded().isDirect()).isTrue();
        assertThat(item(columns).number()).isEqualTo(5);
        objects.release().run();
        columns.release().run();
    }

    @Test
    void aStoppedConsumerHoldsTheSenderWithinItsCredit() throws Exception {
        DataSize credit = DataSize.parse("256Ki");
        TransferManager there = manager(config(credit));
        TransferManager here = manager(config(credit));
        TransferManager.Bound bound = bind(there, 0, 2);
        Inlet stopped = connect(here, 0, bound.address());
        Inlet other = connect(here, 1, bound.address());
        AtomicInteger sent = new AtomicInteger();
        long[] bytes = new long[1];

        Future<?> sending = threads.submit(() -> {
            // One to the other consumer first: that it has room is of no use to the one that has none.
            bound.outlet().send(1, 1, batch(0, -1, 10));
            for (int number = 0; number < 200; number++) {
                bytes[0] = bound.outlet().send(0, 1, batch(0, number, 15_000));
                sent.incrementAndGet();
            }
            bound.outlet().endStream();
            return null;
        });
        List<Delivery.Data> held = new ArrayList<>();
        for (Delivery delivery = stopped.receive(SOON); delivery != null; delivery = stopped.receive(LITTLE)) {
            held.add((Delivery.Data) delivery);
        }

        int room = (int) (credit.bytes() / bytes[0]);
        assertThat(bytes[0]).isBetween(15_000L, 16_000L);
        assertThat(held).hasSize(room);
        assertThat(sent).hasValue(room);
        assertThat(bound.outlet().outstanding()).isEqualTo(room + 1);
        // Lent are powers of two, and one more frame than the credit covers: that which waits for credit.
        assertThat(there.lentBytes()).isLessThanOrEqualTo((room + 1) * 16384L + 4096);
        assertThat(here.lentBytes()).isLessThanOrEqualTo(room * 16384L + 4096);

        // What is given back goes on, and no more than that.
        held.remove(0).release().run();
        held.remove(0).release().run();
        held.add(next(stopped, Delivery.Data.class));
        held.add(next(stopped, Delivery.Data.class));
        assertThat(stopped.receive(LITTLE)).isNull();
        assertThat(held)
                .extracting(data -> item(data).number())
                .isEqualTo(IntStream.range(2, room + 2).boxed().toList());

        held.forEach(data -> data.release().run());
        Future<List<Delivery>> rest = threads.submit(() -> drain(stopped));
        assertThat(within(threads.submit(() -> drain(other)))).hasSize(2);
        assertThat(within(rest)).hasSize(200 - room - 2 + 1);
        within(sending);
        assertThat(bound.outlet().waitedNanos()).isPositive();
        awaitNothingLent(here, there);
    }

    @Test
    void aFrameLongerThanTheCreditGoesAlone() throws Exception {
        TransferManager there = manager(config(DataSize.parse("64Ki")));
        TransferManager here = manager(config(DataSize.parse("64Ki")));
        TransferManager.Bound bound = bind(there, 0, 1);
        Inlet inlet = connect(here, 0, bound.address());
        Future<?> sending = threads.submit(() -> {
            bound.outlet().send(0, 1, batch(0, 0, 100));
            bound.outlet().send(0, 1, batch(0, 1, 1_000_000));
            bound.outlet().send(0, 1, batch(0, 2, 100));
            bound.outlet().send(0, 1, batch(0, 3, 66_000));
            bound.outlet().endStream();
            return null;
        });

        for (int number = 0; number < 3; number++) {
            Delivery.Data data = next(inlet, Delivery.Data.class);
            assertThat(item(data).number()).isEqualTo(number);
            assertThat(inlet.receive(LITTLE)).as("beside frame %s", number).isNull();
            data.release().run();
        }
        assertThat(drain(inlet)).hasSize(2);
        within(sending);
        awaitNothingLent(here, there);
    }

    @Test
    void theRoomiestIsTheOneThatTakes() throws Exception {
        TransferManager there = manager(config(DataSize.parse("64Ki")));
        TransferManager here = manager(config(DataSize.parse("64Ki")));
        TransferManager.Bound bound = bind(there, 0, 3);
        List<Inlet> inlets = List.of(
                connect(here, 0, bound.address()),
                connect(here, 1, bound.address()),
                connect(here, 2, bound.address()));
        int batches = 300;
        CountDownLatch fastHaveAll = new CountDownLatch(1);
        AtomicInteger taken = new AtomicInteger();
        int[] counts = new int[3];

        Future<?> sending = threads.submit(() -> {
            for (int number = 0; number < batches; number++) {
                bound.outlet().send(bound.outlet().awaitRoomiest(), 1, batch(0, number, 10_000));
            }
            bound.outlet().endStream();
            return null;
        });
        List<Future<?>> receiving = new ArrayList<>();
        for (int consumer = 0; consumer < 3; consumer++) {
            int self = consumer;
            Callable<Void> work = () -> {
                if (self == 0) {
                    assertThat(fastHaveAll.await(20, TimeUnit.SECONDS)).isTrue();
                }
                Delivery delivery = inlets.get(self).receive(SOON);
                while (delivery instanceof Delivery.Data data) {
                    data.release().run();
                    counts[self]++;
                    // The slow one cannot hold more than its credit.
                    if (taken.incrementAndGet() == batches - 6) {
                        fastHaveAll.countDown();
                    }
                    delivery = inlets.get(self).receive(SOON);
                }
                assertThat(delivery).isInstanceOf(Delivery.EndOfStream.class);
                return null;
            };
            receiving.add(threads.submit(work));
        }
        for (Future<?> each : receiving) {
            within(each);
        }
        within(sending);

        assertThat(IntStream.of(counts).sum()).isEqualTo(batches);
        assertThat(counts[0]).isLessThanOrEqualTo(6);
        assertThat(counts[1] + counts[2]).isGreaterThanOrEqualTo(batches - 6);
        awaitNothingLent(here, there);
    }

    @Test
    void theStreamEndsWhenEverythingWasTakenAndNotBefore() throws Exception {
        TransferManager manager = manager(config(DataSize.mebibytes(1)));
        TransferManager.Bound bound = bind(manager, 0, 1);
        Inlet inlet = connect(manager, 0, bound.address());
        Future<?> sending = threads.submit(() -> {
            bound.outlet().send(0, 1, batch(0, 0, 10));
            bound.outlet().endEpoch(1);
            bound.outlet().endStream();
            return null;
        });

        Delivery.Data data = next(inlet, Delivery.Data.class);
        next(inlet, Delivery.EndOfEpoch.class);
        next(inlet, Delivery.EndOfStream.class);
        assertThat(inlet.receive(LITTLE)).isNull();
        assertThat(sending.isDone()).isFalse();

        data.release().run();
        within(sending);
        assertThat(bound.outlet().outstanding()).isZero();
    }

    @Test
    void theLastCreditsGoOutThoughTheInletIsClosed() throws Exception {
        TransferManager there = manager(config(DataSize.mebibytes(1)));
        TransferManager.Bound bound = bind(there, 0, 1);
        Future<?> sending = threads.submit(() -> {
            for (int number = 0; number < 50; number++) {
                bound.outlet().send(0, 1, batch(0, number, 10_000));
            }
            bound.outlet().endStream();
            return null;
        });

        try (TransferManager here = new TransferManager(config(DataSize.mebibytes(1)))) {
            Inlet inlet = here.connect(0, List.of(bound.address()));
            assertThat(drain(inlet)).hasSize(51);
            inlet.close();
        }

        within(sending);
    }

    @Test
    void aConsumerThatNeverConnectsIsNamedAfterTheConnectTimeout() throws Exception {
        TransferManager manager =
                manager(new TransferConfig("127.0.0.1", JOB, 1, DataSize.mebibytes(1), Duration.ofMillis(300)));
        TransferManager.Bound bound = bind(manager, 2, 2);
        connect(manager, 1, bound.address());
        long start = System.nanoTime();

        assertThatThrownBy(() -> bound.outlet().send(0, 1, batch(0, 0, 10)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("consumer 0 of replica 2 took nothing")
                .hasMessageContaining(bound.address().data().get(0));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(290), SOON);
        assertThatThrownBy(() -> bound.outlet().endStream()).isInstanceOf(InfrastructureException.class);
        assertThat(manager.lentBuffers()).isZero();
    }

    @Test
    void whatConnectsAndNeverSpeaksSwallowsNothing() throws Exception {
        TransferManager manager = manager(config(DataSize.mebibytes(1)));
        TransferManager.Bound bound = bind(manager, 0, 1);
        String port = bound.address().data().get(0).replaceAll(".*:", "");
        try (Socket mute = new Socket("127.0.0.1", Integer.parseInt(port))) {
            Future<?> sending = threads.submit(() -> {
                bound.outlet().send(0, 1, batch(0, 0, 10));
                bound.outlet().endStream();
                return null;
            });
            // It is greeted, and does not answer.
            assertThat(mute.getInputStream().read()).isEqualTo(0xFF);
            assertThat(bound.outlet().outstanding()).isZero();
            mute.close();

            assertThat(drain(connect(manager, 0, bound.address()))).hasSize(2);
            within(sending);
        }
    }

    @Test
    void aSenderThatIsNotThereIsNamedAfterTheConnectTimeout() throws Exception {
        TransferManager manager =
                manager(new TransferConfig("127.0.0.1", JOB, 1, DataSize.mebibytes(1), Duration.ofMillis(300)));
        OutletAddress there = bind(manager, 0, 1).address();
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        OutletAddress gone = new OutletAddress(List.of("tcp://127.0.0.1:" + free), there.credit());

        assertThatThrownBy(() -> manager.connect(0, List.of(there, gone)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("no connection to 1 of ")
                .hasMessageContaining("tcp://127.0.0.1:" + free)
                .hasMessageContaining("within 300 ms");
    }

    /** As many at once as keep the threads that connect busy: see {@link Dialer}. */
    @Test
    void manyConnectionsAtOnceAllComeAbout() throws Exception {
        TransferManager here = manager(config(DataSize.mebibytes(1)));
        for (int round = 0; round < 20; round++) {
            TransferManager there = manager(config(DataSize.mebibytes(1)));
            List<TransferManager.Bound> senders = new ArrayList<>();
            for (int sender = 0; sender < 10; sender++) {
                senders.add(bind(there, sender, 1));
            }
            try (Inlet inlet = here.connect(
                    0, senders.stream().map(TransferManager.Bound::address).toList())) {
                for (TransferManager.Bound bound : senders) {
                    bound.outlet().endEpoch(1);
                }
                for (int sender = 0; sender < senders.size(); sender++) {
                    next(inlet, Delivery.EndOfEpoch.class);
                }
            }
        }
    }

    @Test
    void framesOfAnotherJobOrGenerationAreRefused() throws Exception {
        for (TransferConfig other : List.of(
                new TransferConfig("127.0.0.1", JOB, 0, DataSize.mebibytes(1), SOON),
                new TransferConfig("127.0.0.1", JOB, 2, DataSize.mebibytes(1), SOON),
                new TransferConfig("127.0.0.1", JOB + 1, 1, DataSize.mebibytes(1), SOON))) {
            TransferManager.Bound stale = bind(manager(other), 0, 1);
            Inlet inlet = connect(manager(config(DataSize.mebibytes(1))), 0, stale.address());
            stale.outlet().send(0, 1, batch(0, 0, 10));

            assertThatThrownBy(() -> inlet.receive(SOON))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("frame of job " + other.job() + ", generation " + other.generation())
                    .hasMessageContaining("(expected: job " + JOB + ", generation 1)");
        }
    }

    /** A sender that writes its frames itself. */
    private final class Forger {
        private final ZContext context = new ZContext(1);
        private final ZMQ.Socket data = Zmq.socket(context, SocketType.PUSH);
        private final ZMQ.Socket credits = Zmq.socket(context, SocketType.PULL);
        private final OutletAddress address;

        Forger() {
            opened.add(context);
            address = new OutletAddress(List.of(bind(data)), bind(credits));
        }

        private static String bind(ZMQ.Socket socket) {
            return "tcp://127.0.0.1:" + socket.bindToRandomPort("tcp://127.0.0.1");
        }

        void send(int sender, long sequence) {
            ByteBuffer frame = new BatchCodec()
                    .encode(batch(0, 0, 10), new BatchCodec.Address(JOB, 1, sender, 1, sequence), ByteBuffer::allocate);
            byte[] bytes = new byte[frame.remaining()];
            frame.get(bytes);
            send(bytes);
        }

        void send(byte[] bytes) {
            assertThat(data.send(bytes)).isTrue();
        }
    }

    @Test
    void aGapOrARepetitionInTheSequenceIsRefused() throws Exception {
        for (long second : new long[] {0, 2, Long.MAX_VALUE}) {
            Forger forger = new Forger();
            Inlet inlet = connect(manager(config(DataSize.mebibytes(1))), 0, forger.address);
            forger.send(0, 0);
            forger.send(0, second);

            next(inlet, Delivery.Data.class);
            assertThatThrownBy(() -> inlet.receive(SOON))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("frame " + second + " of sender 0")
                    .hasMessageContaining("its next frame, 1)");
        }
    }

    @Test
    void aSenderThatThereIsNoneOfIsRefused() throws Exception {
        Forger forger = new Forger();
        Inlet inlet = connect(manager(config(DataSize.mebibytes(1))), 0, forger.address);
        forger.send(1, 0);

        assertThatThrownBy(() -> inlet.receive(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("sender 1 (expected: a sender < 1");
    }

    @Test
    void whatIsNoFrameIsRefused() throws Exception {
        for (byte[] bytes : List.of(new byte[0], new byte[10], new byte[FrameHeader.BYTES], new byte[100_000])) {
            Forger forger = new Forger();
            Inlet inlet = connect(manager(config(DataSize.mebibytes(1))), 0, forger.address);
            forger.send(bytes);

            assertThatThrownBy(() -> inlet.receive(SOON)).isInstanceOf(InfrastructureException.class);
        }
    }

    @Test
    void creditsThatFitNoFrameAreRefused() throws Exception {
        ByteBuffer unknown = ByteBuffer.allocate(ZmqOutlet.CREDIT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        byte[] another =
                unknown.putInt(0, 0).putLong(8, 99).putLong(16, 10).array().clone();
        byte[] outside = unknown.putInt(0, 7).putLong(8, 0).array().clone();
        for (byte[] credit : List.of(new byte[0], new byte[23], another, outside)) {
            TransferManager manager = manager(config(DataSize.parse("64Ki")));
            TransferManager.Bound bound = bind(manager, 0, 1);
            connect(manager, 0, bound.address());
            ZContext context = new ZContext(1);
            opened.add(context);
            ZMQ.Socket socket = Zmq.socket(context, SocketType.PUSH);
            Dialer dialer = new Dialer(context);
            dialer.connect(socket, bound.address().credit());
            dialer.await(SOON);
            assertThat(socket.send(credit)).isTrue();

            Future<Throwable> sending =
                    threads.submit(() -> catchThrowable(() -> bound.outlet().endStream()));

            assertThat(within(sending))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("a credit that fits no frame of replica 0");
        }
    }

    @Test
    void anInterruptEndsEveryWait() throws Exception {
        TransferManager manager = manager(config(DataSize.parse("64Ki")));
        TransferManager.Bound full = bind(manager, 0, 1);
        TransferManager.Bound idle = bind(manager, 1, 1);
        TransferManager.Bound alone = bind(manager, 2, 1);
        Inlet inlet = connect(manager, 0, full.address(), idle.address());
        full.outlet().send(0, 1, batch(0, 0, 60_000));
        next(inlet, Delivery.Data.class);

        assertInterrupted(() -> inlet.receive(Duration.ofSeconds(30)));
        assertInterrupted(() -> full.outlet().send(0, 1, batch(0, 1, 60_000)));
        assertInterrupted(() -> full.outlet().endStream());
        assertInterrupted(() -> alone.outlet().send(0, 1, batch(0, 0, 10)));
    }

    /** Interrupts {@code work} once it waits. */
    private void assertInterrupted(Callable<?> work) throws Exception {
        assertInterrupted(() -> {
            work.call();
        });
    }

    private interface Waiting {
        void run() throws Exception;
    }

    private void assertInterrupted(Waiting work) throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread thread = new Thread(() -> thrown.complete(catchThrowable(work::run)));
        thread.setDaemon(true);
        thread.start();
        await().atMost(SOON)
                .until(() -> List.of(thread.getStackTrace()).stream()
                        .map(StackTraceElement::getClassName)
                        .anyMatch(name -> name.endsWith("SelectorImpl") || name.endsWith("CountDownLatch")));
        thread.interrupt();
        assertThat(within(thrown)).isInstanceOf(InterruptedException.class);
    }

    @Test
    void aConfigurationThatCannotWorkIsRefused() {
        assertThatThrownBy(() -> new TransferConfig(" ", 1, 0, DataSize.mebibytes(1), SOON))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new TransferConfig("h", 1, -1, DataSize.mebibytes(1), SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("generation: -1 (expected: >= 0)");
        assertThatThrownBy(() -> new TransferConfig("h", 1, 0, DataSize.mebibytes(2048), SOON))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> new TransferConfig("h", 1, 0, DataSize.mebibytes(1), Duration.ZERO))
                .isInstanceOf(ConfigurationException.class);
    }
}
