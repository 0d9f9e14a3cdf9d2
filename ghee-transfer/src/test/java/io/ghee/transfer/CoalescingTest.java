package io.ghee.transfer;

import static io.ghee.transfer.Rig.LITTLE;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.describe;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.DataSize;
import io.ghee.channel.Delivery;
import io.ghee.channel.Outlet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches go together in frames. How many frames there are is told by the buffers that are lent for them. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CoalescingTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Rig rig = new Rig();
    private final List<Delivery.Data> held = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private Rig.Edge edge(Duration linger) throws Exception {
        return rig.edge(
                rig.manager(config().withLinger(linger).withFrameSize(DataSize.parse("64Ki"))),
                here = rig.manager(config()),
                1,
                1,
                DataSize.mebibytes(4));
    }

    private TransferManager here;

    private void sendItems(Outlet outlet, int epoch, int from, int to, int ballast) throws Exception {
        for (int number = from; number < to; number++) {
            send(outlet, 0, epoch, 0, number, ballast);
        }
    }

    private void take(Rig.Edge edge, int count) throws Exception {
        for (int k = 0; k < count; k++) {
            held.add(next(edge.inlet(), Delivery.Data.class));
        }
    }

    @Test
    void anIdleConsumerGetsItsBatchAtOnceAndTheNextOnesTogether() throws Exception {
        Rig.Edge edge = edge(LONG);
        sendItems(edge.outlet(), 1, 0, 100, 100);
        take(edge, 1);
        assertThat(here.lentBuffers()).isEqualTo(1);
        assertThat(edge.inlet().receive(LITTLE)).as("before its frame is full").isNull();

        edge.outlet().endEpoch(1, null);
        take(edge, 99);
        next(edge.inlet(), Delivery.EndOfEpoch.class);
        assertThat(here.lentBuffers()).isEqualTo(2);
        assertThat(held)
                .extracting(Rig::describe)
                .startsWith("1:0", "1:1", "1:2")
                .endsWith("1:99");
    }

    @Test
    void aFrameGoesWhenItIsFull() throws Exception {
        Rig.Edge edge = edge(LONG);
        sendItems(edge.outlet(), 1, 0, 1 + 200, 1000);

        int batch = 1000 + 150;
        int perFrame = (64 << 10) / batch;
        take(edge, 1 + 200 / perFrame * perFrame);
        assertThat(here.lentBuffers()).isBetween(1 + 200 / perFrame, 2 + 200 / perFrame);
    }

    @Test
    void aFrameGoesWhenTheLingerIsOverThoughTheTaskIsBusy() throws Exception {
        Rig.Edge edge = edge(Duration.ofMillis(30));
        // This thread does nothing more for the outlet.
        sendItems(edge.outlet(), 1, 0, 10, 100);

        take(edge, 10);
        assertThat(here.lentBuffers()).isLessThanOrEqualTo(10);
        assertThat(describe(held.get(9))).isEqualTo("1:9");
    }

    @Test
    void withoutLingerEveryBatchGoesAtOnce() throws Exception {
        Rig.Edge edge = edge(Duration.ZERO);
        sendItems(edge.outlet(), 1, 0, 10, 100);

        take(edge, 10);
        assertThat(here.lentBuffers()).isEqualTo(10);
    }

    @Test
    void aLongBatchGoesAlone() throws Exception {
        Rig.Edge edge = edge(LONG);
        sendItems(edge.outlet(), 1, 0, 3, 100);
        sendItems(edge.outlet(), 1, 3, 4, 100_000);

        take(edge, 4);
        assertThat(here.lentBuffers()).isEqualTo(3);
    }

    @Test
    void epochsDoNotShareAFrame() throws Exception {
        Rig.Edge edge = edge(LONG);
        sendItems(edge.outlet(), 1, 0, 5, 100);
        sendItems(edge.outlet(), 2, 5, 10, 100);
        edge.outlet().endEpoch(2, null);

        take(edge, 10);
        assertThat(here.lentBuffers()).isEqualTo(3);
        assertThat(held).extracting(Delivery.Data::epoch).containsExactly(1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
    }

    @Test
    void aFrameIsReleasedWhenAllItsBatchesAre() throws Exception {
        Rig.Edge edge = edge(LONG);
        sendItems(edge.outlet(), 1, 0, 10, 100);
        edge.outlet().endEpoch(1, null);
        take(edge, 10);
        held.get(0).release().run();
        for (int k = 2; k < 10; k++) {
            held.get(k).release().run();
        }
        assertThat(here.lentBuffers()).isEqualTo(1);

        held.get(1).release().run();
        next(edge.inlet(), Delivery.EndOfEpoch.class);
        rig.awaitNothingLent();
    }
}
