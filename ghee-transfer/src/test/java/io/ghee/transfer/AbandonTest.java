package io.ghee.transfer;

import static io.ghee.transfer.Rig.SOON;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static io.ghee.transfer.Rig.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.ghee.DataSize;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever waits in a channel can be made to stop. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AbandonTest {
    private static final Duration FOREVER = Duration.ofHours(1);

    private Rig rig;
    private Rig.Edge edge;

    /** Work that waits. */
    private interface Waiting {
        void run() throws Exception;
    }

    @BeforeEach
    void fill() throws Exception {
        rig = new Rig();
        edge = rig.edge(config(), DataSize.parse("64Ki"));
        send(edge.outlet(), 0, 1, 0, 0, 60_000);
        next(edge.inlet(), Delivery.Data.class);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    /** What {@code work} throws when something is done to its thread once it waits. */
    private static Throwable thrown(Waiting work, Consumer<Thread> then) throws Exception {
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        Thread thread = new Thread(() -> thrown.complete(catchThrowable(work::run)));
        thread.setDaemon(true);
        thread.start();
        await().atMost(SOON)
                .until(() -> List.of(thread.getStackTrace()).stream()
                        .map(StackTraceElement::getClassName)
                        .anyMatch(name -> name.endsWith("SelectorImpl") || name.endsWith("Semaphore")));
        then.accept(thread);
        return within(thrown);
    }

    private List<Waiting> waits(Outlet outlet) {
        return List.of(() -> send(outlet, 0, 1, 0, 1, 60_000), outlet::awaitRoomiest, outlet::endStream);
    }

    @Test
    void abandoningEndsEveryWait() throws Exception {
        for (int k = 0; k < 3; k++) {
            if (k > 0) {
                rig.close();
                fill();
            }
            Outlet outlet = edge.outlet();
            assertThat(thrown(waits(outlet).get(k), thread -> outlet.abandon())).isInstanceOf(AbandonedException.class);
            for (Waiting wait : waits(outlet)) {
                assertThatThrownBy(wait::run).isInstanceOf(AbandonedException.class);
            }
            assertThatThrownBy(() -> outlet.endEpoch(1, null)).isInstanceOf(AbandonedException.class);
        }
    }

    @Test
    void abandoningAnInletEndsItsWait() throws Exception {
        assertThat(thrown(
                        () -> edge.inlet().receive(FOREVER),
                        thread -> edge.inlet().abandon()))
                .isInstanceOf(AbandonedException.class);
        assertThatThrownBy(() -> edge.inlet().receive(FOREVER)).isInstanceOf(AbandonedException.class);
    }

    @Test
    void anInterruptEndsEveryWait() throws Exception {
        assertThat(thrown(() -> edge.inlet().receive(FOREVER), Thread::interrupt))
                .isInstanceOf(InterruptedException.class);
        for (Waiting wait : waits(edge.outlet())) {
            assertThat(thrown(wait, Thread::interrupt)).isInstanceOf(InterruptedException.class);
        }
    }

    @Test
    void closingTheManagerEndsEveryWait() throws Exception {
        TransferManager here = rig.manager(config());
        PendingInlet receives = here.inlet(1, 1, 0, 1);
        PendingOutlet sends = here.outlet(1, 1, 0, 1, DataSize.mebibytes(1));
        Outlet outlet = sends.connect(List.of(receives.endpoint()));
        Inlet inlet = receives.connect(List.of(sends.endpoint()));

        assertThat(thrown(() -> inlet.receive(FOREVER), thread -> here.close())).isInstanceOf(AbandonedException.class);
        assertThatThrownBy(outlet::awaitRoomiest).isInstanceOf(AbandonedException.class);
    }

    @Test
    void closingWhatIsPendingEndsTheWaitForItsConnections() throws Exception {
        TransferManager manager = rig.manager(config().withConnectTimeout(FOREVER));
        PendingOutlet outlet = manager.outlet(1, 1, 0, 1, DataSize.mebibytes(1));
        PendingInlet inlet = manager.inlet(1, 1, 0, 1);
        String nowhere = "tcp://127.0.0.1:1";

        assertThat(thrown(() -> outlet.connect(List.of(nowhere)), thread -> outlet.close()))
                .isInstanceOf(AbandonedException.class);
        assertThat(thrown(() -> inlet.connect(List.of(nowhere)), thread -> inlet.close()))
                .isInstanceOf(AbandonedException.class);
    }

    @Test
    void whatIsReleasedAfterTheEndDoesNothing() throws Exception {
        send(edge.outlet(), 0, 1, 0, 1, 1000);
        Delivery.Data data = next(edge.inlet(), Delivery.Data.class);
        edge.inlet().abandon();
        edge.inlet().close();
        data.release().run();
        edge.inlet().close();

        assertThat(edge.outlet().outstanding()).isEqualTo(2);
    }
}
