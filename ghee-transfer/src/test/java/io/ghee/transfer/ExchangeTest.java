package io.ghee.transfer;

import static io.ghee.transfer.Rig.LITTLE;
import static io.ghee.transfer.Rig.batch;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.describe;
import static io.ghee.transfer.Rig.drain;
import static io.ghee.transfer.Rig.item;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InfrastructureException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Origins;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.Packing;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is sent arrives, as it was. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ExchangeTest {
    private final Rig rig = new Rig();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private Rig.Edge edge() throws Exception {
        return rig.edge(config(), DataSize.mebibytes(1));
    }

    static List<TransferConfig> configs() {
        TransferConfig plain = config();
        TransferConfig sealed = plain.withKey(Rig.key());
        return List.of(
                plain,
                sealed,
                plain.withPacking(Packing.LZ4),
                plain.withPacking(Packing.ZSTD),
                sealed.withPacking(Packing.LZ4),
                sealed.withPacking(Packing.ZSTD));
    }

    @ParameterizedTest
    @MethodSource("configs")
    void everythingArrivesInTheOrderOfItsSender(TransferConfig config) throws Exception {
        exchange(config);
    }

    private void exchange(TransferConfig config) throws Exception {
        Rig.Edge edge = rig.edge(rig.manager(config), rig.manager(config), 3, 2, DataSize.parse("128Ki"));
        List<Future<?>> sending = new ArrayList<>();
        for (int sender = 0; sender < 3; sender++) {
            int self = sender;
            Outlet outlet = edge.outlets().get(sender);
            sending.add(rig.start(() -> {
                for (int epoch = 1; epoch <= 2; epoch++) {
                    for (int number = 0; number < 400; number++) {
                        send(outlet, number % 2, epoch, self, number, number * 13 % 9000);
                    }
                    outlet.endEpoch(epoch, null);
                }
                outlet.endStream();
                return null;
            }));
        }
        List<Future<List<List<String>>>> receiving = edge.inlets().stream()
                .map(inlet -> rig.start(() -> drain(inlet)))
                .toList();

        for (int consumer = 0; consumer < 2; consumer++) {
            List<String> expected = new ArrayList<>();
            for (int epoch = 1; epoch <= 2; epoch++) {
                for (int number = consumer; number < 400; number += 2) {
                    expected.add(epoch + ":" + number);
                }
                expected.add("end of epoch " + epoch);
            }
            expected.add("end of stream");
            assertThat(within(receiving.get(consumer))).isEqualTo(List.of(expected, expected, expected));
        }
        for (Future<?> each : sending) {
            within(each);
        }
        assertThat(edge.outlets()).allSatisfy(outlet -> {
            assertThat(outlet.outstanding()).isZero();
        });
        rig.awaitNothingLent();
    }

    @Test
    void objectsAndColumnsCrossBesideEachOther() throws Exception {
        Rig.Edge edge = edge();
        edge.outlet().send(0, 1, Batch.of(List.of("text", 17)), Origins.NONE);
        edge.outlet().send(0, 1, batch(0, 5, 3), Origins.NONE);

        Delivery.Data objects = next(edge.inlet(), Delivery.Data.class);
        assertThat(objects.batch().records()).isEqualTo(List.of("text", 17));
        Delivery.Data columns = next(edge.inlet(), Delivery.Data.class);
        assertThat(columns.batch().isColumnar()).isTrue();
        assertThat(columns.batch().columns().encoded().isDirect()).isTrue();
        assertThat(item(columns).number()).isEqualTo(5);
        assertThat(columns.origins().rows()).isZero();
        objects.release().run();
        columns.release().run();
    }

    @Test
    void aSealedBatchIsInADirectBufferToo() throws Exception {
        Rig.Edge edge = rig.edge(config().withKey(Rig.key()), DataSize.mebibytes(1));
        edge.outlet().send(0, 1, batch(0, 5, 3), Origins.NONE);

        Delivery.Data data = next(edge.inlet(), Delivery.Data.class);
        assertThat(data.batch().columns().encoded().isDirect()).isTrue();
        assertThat(item(data).number()).isEqualTo(5);
    }

    @Test
    void packedFramesAreShorterOnTheirWayAndTakeTheirCreditAsTheyAre() throws Exception {
        TransferConfig config = config().withPacking(Packing.LZ4).withFrameSize(DataSize.parse("4Ki"));
        TransferManager there = rig.manager(config);
        Rig.Edge edge = rig.edge(there, rig.manager(config), 1, 1, DataSize.parse("64Ki"));
        Future<Object> sending = rig.start(() -> {
            for (int number = 0; number < 10; number++) {
                send(edge.outlet(), 0, 1, 0, number, 20_000);
            }
            edge.outlet().endStream();
            return null;
        });
        List<Delivery.Data> held = new ArrayList<>();
        for (int k = 0; k < 3; k++) {
            held.add(next(edge.inlet(), Delivery.Data.class));
        }

        assertThat(edge.inlet().receive(LITTLE)).as("beyond the credit").isNull();
        assertThat(there.lentBytes()).isLessThanOrEqualTo(3 * 4096);
        held.forEach(data -> data.release().run());
        assertThat(drain(edge.inlet()).get(0)).hasSize(8);
        within(sending);
        rig.awaitNothingLent();
    }

    @Test
    void originsTravelWithTheirBatch() throws Exception {
        Rig.Edge edge = edge();
        long[] ids = {Origins.id(3, 7), Origins.id(3, 8), Origins.id(1, 0)};
        edge.outlet().send(0, 1, batch(0, 0, 1), Origins.of(ids, null));
        edge.outlet().send(0, 1, batch(0, 0, 1), Origins.of(ids, new long[] {0, -5, Long.MAX_VALUE}));

        Origins plain = next(edge.inlet(), Delivery.Data.class).origins();
        assertThat(plain.ids()).isEqualTo(ids);
        assertThat(plain.paths()).isNull();
        Origins withPaths = next(edge.inlet(), Delivery.Data.class).origins();
        assertThat(withPaths.ids()).isEqualTo(ids);
        assertThat(withPaths.paths()).containsExactly(0, -5, Long.MAX_VALUE);
    }

    @Test
    void theEndOfAnEpochBringsARecordToFillUpWith() throws Exception {
        Rig.Edge edge = rig.edge(rig.manager(config()), rig.manager(config()), 1, 2, DataSize.mebibytes(1));
        edge.outlet().endEpoch(1, batch(4, 44, 7));
        edge.outlet().endEpoch(2, Batch.of(List.of("a text")));
        edge.outlet().endEpoch(3, null);

        for (Inlet inlet : edge.inlets()) {
            Batch<?> record = next(inlet, Delivery.EndOfEpoch.class).spare();
            assertThat(next(inlet, Delivery.EndOfEpoch.class).spare().records()).isEqualTo(List.of("a text"));
            assertThat(next(inlet, Delivery.EndOfEpoch.class).spare()).isNull();
            assertThat(((Rig.Item) record.records().get(0)).number()).isEqualTo(44);
            assertThat(record.columns().rows()).isEqualTo(1);
        }
    }

    @Test
    void theStreamEndsWhenEverythingWasReleasedAndNotBefore() throws Exception {
        Rig.Edge edge = edge();
        Future<Object> sending = rig.start(() -> {
            send(edge.outlet(), 0, 1, 0, 0, 10);
            edge.outlet().endEpoch(1, null);
            edge.outlet().endStream();
            return null;
        });

        Delivery.Data data = next(edge.inlet(), Delivery.Data.class);
        next(edge.inlet(), Delivery.EndOfEpoch.class);
        next(edge.inlet(), Delivery.EndOfStream.class);
        assertThat(edge.inlet().receive(LITTLE)).isNull();
        assertThat(sending.isDone()).isFalse();
        assertThat(edge.outlet().outstanding()).isEqualTo(1);

        data.release().run();
        within(sending);
        assertThat(edge.outlet().outstanding()).isZero();
    }

    @Test
    void whatIsReleasedInAnotherOrderGivesTheCreditBackToo() throws Exception {
        Rig.Edge edge = rig.edge(config().withFrameSize(DataSize.parse("4Ki")), DataSize.parse("64Ki"));
        Future<Object> sending = rig.start(() -> {
            for (int number = 0; number < 30; number++) {
                send(edge.outlet(), 0, 1, 0, number, 10_000);
            }
            edge.outlet().endStream();
            return null;
        });
        Delivery.Data first = next(edge.inlet(), Delivery.Data.class);
        for (int number = 1; number < 30; number++) {
            Delivery.Data data = next(edge.inlet(), Delivery.Data.class);
            assertThat(describe(data)).isEqualTo("1:" + number);
            data.release().run();
        }
        next(edge.inlet(), Delivery.EndOfStream.class);
        assertThat(item(first).number()).isZero();
        assertThat(edge.outlet().outstanding()).isPositive();
        first.release().run();
        within(sending);
    }

    @Test
    void releasingTwiceCountsOnce() throws Exception {
        Rig.Edge edge = edge();
        send(edge.outlet(), 0, 1, 0, 0, 10);
        Delivery.Data first = next(edge.inlet(), Delivery.Data.class);
        first.release().run();
        first.release().run();
        send(edge.outlet(), 0, 1, 0, 1, 10);

        assertThat(describe(next(edge.inlet(), Delivery.Data.class))).isEqualTo("1:1");
        await().atMost(Rig.SOON).until(() -> edge.outlet().outstanding() <= 1);
        assertThat(edge.inlet().receive(LITTLE)).isNull();
        assertThat(edge.outlet().outstanding()).isEqualTo(1);
    }

    @Test
    void theLastReceiptsGoOutThoughTheInletIsClosed() throws Exception {
        TransferManager there = rig.manager(config());
        PendingOutlet sends = there.outlet(1, 1, 0, 1, DataSize.mebibytes(1));
        Future<Object> sending;
        try (TransferManager here = new TransferManager(config())) {
            PendingInlet receives = here.inlet(1, 1, 0, 1);
            Outlet outlet = sends.connect(List.of(receives.endpoint()));
            Inlet inlet = receives.connect(List.of(sends.endpoint()));
            sending = rig.start(() -> {
                for (int number = 0; number < 50; number++) {
                    send(outlet, 0, 1, 0, number, 10_000);
                }
                outlet.endStream();
                return null;
            });
            assertThat(drain(inlet).get(0)).hasSize(51);
            inlet.close();
        }

        within(sending);
    }

    @Test
    void aBatchThatIsTooLargeForAFrameIsRefusedBeforeItIsSent() throws Exception {
        Rig.Edge edge = rig.edge(
                config().withFrameSize(DataSize.parse("64Ki")).withLargestFrame(DataSize.parse("64Ki")),
                DataSize.mebibytes(1));

        assertThatThrownBy(() -> send(edge.outlet(), 0, 1, 0, 0, 70_000))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a batch of 1 records takes 70")
                .hasMessageContaining("(expected: <= 65536 bytes; use smaller batches)");
        send(edge.outlet(), 0, 1, 0, 1, 65_000);
        assertThat(describe(next(edge.inlet(), Delivery.Data.class))).isEqualTo("1:1");
    }

    @Test
    void aClosedOutletSendsNothing() throws Exception {
        Rig.Edge edge = edge();
        edge.outlet().close();
        edge.outlet().close();

        assertThatThrownBy(() -> send(edge.outlet(), 0, 1, 0, 0, 10)).isInstanceOf(RuntimeException.class);
    }

    /** A class that this test can load, and the receiver cannot: the record is undecodable, not a stranger. */
    @Test
    void whatIsAuthenticAndCannotBeReadIsAFailure() throws Exception {
        Rig.Edge edge = edge();
        edge.outlet().send(0, 1, batch(0, 0, 1), Origins.NONE);

        Thread.currentThread().setContextClassLoader(new ClassLoader(null) {});
        try {
            assertThatThrownBy(() -> edge.inlet().receive(Rig.SOON))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("record class: " + Rig.Item.class.getName());
        } finally {
            Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
        }
    }
}
