package io.ghee.transfer;

import static io.ghee.transfer.Rig.SOON;
import static io.ghee.transfer.Rig.config;
import static io.ghee.transfer.Rig.describe;
import static io.ghee.transfer.Rig.next;
import static io.ghee.transfer.Rig.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.ConfigurationException;
import io.ghee.DataSize;
import io.ghee.InfrastructureException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How the ends of an edge find each other. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ConnectTest {
    private static final DataSize BUDGET = DataSize.mebibytes(1);

    private final Rig rig = new Rig();

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    private static String nowhere() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return "tcp://127.0.0.1:" + socket.getLocalPort();
        }
    }

    @Test
    void anInletThatIsNotThereIsNamedAfterTheConnectTimeout() throws Exception {
        // To the one that is there it is connected by then.
        TransferManager manager = rig.manager(config().withConnectTimeout(Duration.ofSeconds(3)));
        String there = manager.inlet(0, 1, 0, 1).endpoint();
        String nowhere = nowhere();

        assertThatThrownBy(() -> manager.outlet(0, 1, 0, 2, BUDGET).connect(List.of(there, nowhere)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessage("no connection to 1 of 2 endpoints, [" + nowhere + "], within 3000 ms");
    }

    @Test
    void anOutletThatIsNotThereIsNamedAfterTheConnectTimeout() throws Exception {
        TransferManager manager = rig.manager(config().withConnectTimeout(Duration.ofMillis(300)));
        String nowhere = nowhere();

        assertThatThrownBy(() -> manager.inlet(0, 1, 0, 1).connect(List.of(nowhere)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining(nowhere);
    }

    @Test
    void whoConnectsAndNeverSpeaksIsInNobodysWay() throws Exception {
        TransferManager manager = rig.manager(config());
        PendingOutlet sends = manager.outlet(0, 1, 0, 1, BUDGET);
        PendingInlet receives = manager.inlet(0, 1, 0, 1);
        int port = Integer.parseInt(receives.endpoint().replaceAll(".*:", ""));
        try (Socket mute = new Socket("127.0.0.1", port)) {
            // It is greeted, and does not answer.
            assertThat(mute.getInputStream().read()).isEqualTo(0xFF);
            Outlet outlet = sends.connect(List.of(receives.endpoint()));
            Inlet inlet = receives.connect(List.of(sends.endpoint()));
            send(outlet, 0, 1, 0, 0, 10);

            assertThat(describe(next(inlet, Delivery.Data.class))).isEqualTo("1:0");
        }
    }

    /** As many at once as keep the threads that connect busy: see {@link Zmq}. */
    @Test
    void manyConnectionsAtOnceAllComeAbout() throws Exception {
        for (int round = 0; round < 10; round++) {
            try (Rig own = new Rig()) {
                Rig.Edge edge = own.edge(own.manager(config()), own.manager(config()), 10, 5, BUDGET);
                for (Outlet outlet : edge.outlets()) {
                    outlet.endEpoch(1, null);
                }
                for (Inlet inlet : edge.inlets()) {
                    for (int sender = 0; sender < 10; sender++) {
                        next(inlet, Delivery.EndOfEpoch.class);
                    }
                }
            }
        }
    }

    @Test
    void everyGenerationHasItsOwnSockets() throws Exception {
        TransferManager there = rig.manager(config());
        TransferManager here = rig.manager(config());
        for (int generation = 0; generation < 5; generation++) {
            PendingOutlet sends = there.outlet(generation, 1, 0, 1, BUDGET);
            PendingInlet receives = here.inlet(generation, 1, 0, 1);
            Outlet outlet = sends.connect(List.of(receives.endpoint()));
            Inlet inlet = receives.connect(List.of(sends.endpoint()));
            for (int number = 0; number < 20; number++) {
                send(outlet, 0, 1, 0, number, 1000);
            }
            assertThat(describe(next(inlet, Delivery.Data.class))).isEqualTo("1:0");
            outlet.abandon();
            inlet.abandon();
            outlet.close();
            inlet.close();
            assertThat(there.lentBuffers() + here.lentBuffers()).isZero();
        }
        assertThat(here.strangers().count()).isZero();
    }

    @Test
    void aChannelThatCannotWorkIsRefused() {
        TransferManager manager = rig.manager(config());

        assertThatThrownBy(() -> manager.outlet(-1, 1, 0, 1, BUDGET))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("generation: -1 (expected: >= 0)");
        assertThatThrownBy(() -> manager.outlet(0, 1, 0, 0, BUDGET)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> manager.inlet(0, 1, 0, 0)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> manager.inlet(0, 1, 0, 2).connect(List.of("tcp://127.0.0.1:1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("expected: 2 endpoints");
    }

    @Test
    void aConfigurationThatCannotWorkIsRefused() {
        TransferConfig config = TransferConfig.loopback(1);
        assertThatThrownBy(() -> config.withHost(" ")).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> config.withKey(new byte[31]))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("key: 31 bytes (expected: 32 bytes)");
        assertThatThrownBy(() -> config.withLinger(Duration.ofMillis(-1))).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> config.withLargestFrame(DataSize.mebibytes(2048)))
                .isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> config.withFrameSize(DataSize.mebibytes(512)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("<= 256 MiB, the largest frame");
        assertThatThrownBy(() -> config.withConnectTimeout(Duration.ZERO)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> config.withProbeInterval(Duration.ZERO)).isInstanceOf(ConfigurationException.class);
        assertThat(config.withKey(Rig.key()).toString()).doesNotContain("[B@").contains("sealed");
    }

    @Test
    void theTimeToConnectIsNotWaitedForWhenAllAreThere() throws Exception {
        Rig.Edge edge = rig.edge(config().withConnectTimeout(Duration.ofHours(1)), BUDGET);
        assertThat(edge.outlet().consumers()).isEqualTo(1);
        assertThat(edge.inlet().senders()).isEqualTo(1);
        assertThat(edge.inlet().receive(Duration.ZERO)).isNull();
        assertThat(SOON).isPositive();
    }
}
