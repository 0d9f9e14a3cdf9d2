package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TcpProxyTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final Duration AGES = Duration.ofHours(1);

    private final TcpProxy proxy = TcpProxy.open();
    private final List<Wire> wires = new ArrayList<>();
    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = Wire.listen();
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        server.close();
        for (Wire wire : wires) {
            wire.close();
        }
    }

    private Wire wire() throws IOException {
        Wire wire = Wire.through(proxy, server);
        wires.add(wire);
        return wire;
    }

    private static void assertReset(Socket socket) {
        assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    /** A socket that is closed with bytes nobody has read is reset by the system. */
    private static void assertEnded(Socket socket) {
        try {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    @Test
    void carriesEverythingBothWays() throws Exception {
        Wire wire = wire();
        byte[] sent = new byte[3_000_000];
        new Random(1).nextBytes(sent);
        Daemons.start("test-send", () -> {
            try {
                wire.dialer().getOutputStream().write(sent);
                wire.dialer().shutdownOutput();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(wire.listener().getInputStream().readAllBytes()).isEqualTo(sent);
        // One direction has ended, the other has not.
        Wire.send(wire.listener(), "thanks");
        assertThat(Wire.receive(wire.dialer(), 6)).isEqualTo("thanks");
        wire.listener().close();
        assertThat(wire.dialer().getInputStream().read()).isEqualTo(-1);
        assertThat(proxy.bytes()).isEqualTo(sent.length + 6);
        assertThat(proxy.connections()).isEqualTo(1);
        await().atMost(SOON).until(() -> proxy.live() == 0);
        assertThat(proxy.resets()).isZero();
    }

    @Test
    void anEndpointHasOneRoute() throws Exception {
        UnaryOperator<String> route = proxy;
        String endpoint = Wire.endpoint(server);

        assertThat(route.apply(endpoint))
                .isEqualTo(proxy.route(endpoint))
                .startsWith("tcp://127.0.0.1:")
                .isNotEqualTo(endpoint);
        assertThat(proxy.route("tcp://127.0.0.1:9")).isNotEqualTo(proxy.route(endpoint));
        assertThat(proxy.links()).extracting(Link::endpoint).containsExactly(endpoint, "tcp://127.0.0.1:9");
    }

    @Test
    void whatIsNoTcpEndpointIsRefused() {
        for (String endpoint : List.of("ipc://x", "tcp://host", "tcp://host:0", "tcp://host:99999", "tcp://:1", "")) {
            assertThatThrownBy(() -> proxy.route(endpoint)).isInstanceOf(ConfigurationException.class);
        }
        assertThat(proxy.route("tcp://[::1]:5555")).startsWith("tcp://127.0.0.1:");
    }

    @Test
    void aPeerThatIsNotThereIsNoConnection() throws Exception {
        server.close();

        try (Socket dialer = Wire.dial(proxy.route(Wire.endpoint(server)))) {
            assertReset(dialer);
        }
    }

    @Test
    void bothPeersSeeAReset() throws Exception {
        Wire one = wire();
        Wire other = wire();
        assertThat(one.isSound() && other.isSound()).isTrue();

        assertThat(proxy.resetAll()).isEqualTo(2);

        for (Wire wire : List.of(one, other)) {
            assertReset(wire.dialer());
            assertReset(wire.listener());
        }
        assertThat(proxy.resets()).isEqualTo(2);
        assertThat(proxy.live()).isZero();
        assertThat(wire().isSound()).isTrue();
    }

    @Test
    void oneOfThreeIsReset() throws Exception {
        List<Wire> all = List.of(wire(), wire(), wire());
        for (Wire wire : all) {
            assertThat(wire.isSound()).isTrue();
        }

        assertThat(proxy.resetOne(new Random(7))).isTrue();

        int victim = new Random(7).nextInt(3);
        assertReset(all.get(victim).dialer());
        for (Wire wire : all) {
            assertThat(wire == all.get(victim) || wire.isSound()).isTrue();
        }
        assertThat(proxy.live()).isEqualTo(2);
        assertThat(proxy.resets()).isEqualTo(1);
    }

    @Test
    void aResetAmongNoneIsNone() {
        assertThat(proxy.resetOne(new Random(7))).isFalse();
        assertThat(proxy.resetAll()).isZero();
    }

    @Test
    void aConnectionIsCutInTheMiddle() throws Exception {
        Wire wire = wire();
        assertThat(wire.isSound()).isTrue();
        long before = proxy.bytes();

        proxy.resetAfter(10);
        Wire.send(wire.dialer(), "0123456");
        assertThat(Wire.receive(wire.listener(), 7)).isEqualTo("0123456");
        Wire.send(wire.dialer(), "789abcdef");

        assertReset(wire.dialer());
        assertReset(wire.listener());
        assertThat(proxy.bytes() - before).isEqualTo(10);
        assertThat(proxy.resets()).isEqualTo(1);
    }

    @Test
    void delayHoldsBackUntilItEnds() throws Exception {
        Wire wire = wire();
        proxy.delay(AGES);
        Wire later = wire();
        Wire.send(wire.dialer(), "hello");
        Wire.send(later.listener(), "hello");

        assertThat(Wire.isSilent(wire.listener())).isTrue();
        assertThat(Wire.isSilent(later.dialer())).isTrue();

        proxy.delay(Duration.ZERO);

        assertThat(Wire.receive(wire.listener(), 5)).isEqualTo("hello");
        assertThat(Wire.receive(later.dialer(), 5)).isEqualTo("hello");
    }

    @Test
    void aSmallDelayLosesNothing() throws Exception {
        Wire wire = wire();
        proxy.delay(Duration.ofMillis(5));

        for (int k = 0; k < 20; k++) {
            assertThat(wire.isSound()).isTrue();
        }
    }

    @Test
    void linksCanBeDisturbedOneByOne() throws Exception {
        Wire wire = wire();
        try (ServerSocket otherServer = Wire.listen();
                Wire other = Wire.through(proxy, otherServer)) {
            proxy.links().get(1).delay(AGES);

            Wire.send(other.dialer(), "x");
            assertThat(Wire.isSilent(other.listener())).isTrue();
            assertThat(wire.isSound()).isTrue();
            assertThat(proxy.links().get(1).resetAll()).isEqualTo(1);
            assertThat(wire.isSound()).isTrue();
        }
    }

    @Test
    void aThrottleLetsLittleThroughButAllOfIt() throws Exception {
        Wire wire = wire();
        // Its threads wait for more than a throttled link lets through at once.
        assertThat(wire.isSound()).isTrue();
        proxy.throttle(100);
        byte[] sent = new byte[200_000];
        new Random(2).nextBytes(sent);
        Daemons.start("test-send", () -> {
            try {
                wire.dialer().getOutputStream().write(sent);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });

        byte[] first = wire.listener().getInputStream().readNBytes(10);
        assertThat(proxy.bytes()).isLessThan(sent.length / 2);
        proxy.throttle(0);
        byte[] rest = wire.listener().getInputStream().readNBytes(sent.length - 10);

        assertThat(first).startsWith(sent[0]);
        assertThat(rest).hasSize(sent.length - 10).endsWith(sent[sent.length - 1]);
    }

    /** What was sent is not only on its way, but swallowed. */
    private void awaitTorn() {
        await().atMost(SOON).until(() -> proxy.links().get(0).open().stream().anyMatch(ProxiedConnection::isTorn));
    }

    @Test
    void halfOpenSwallowsOneDirection() throws Exception {
        Wire wire = wire();
        Wire idle = wire();
        assertThat(wire.isSound()).isTrue();
        proxy.halfOpen(Direction.TO_LISTENER);

        Wire.send(wire.dialer(), "lost");
        assertThat(Wire.isSilent(wire.listener())).isTrue();
        Wire.send(wire.listener(), "back");
        assertThat(Wire.receive(wire.dialer(), 4)).isEqualTo("back");
        assertThat(proxy.resets()).isZero();

        awaitTorn();
        proxy.endHalfOpen();

        // A hole in the stream would be worse than its end; who has lost nothing goes on.
        assertReset(wire.dialer());
        assertReset(wire.listener());
        assertThat(idle.isSound()).isTrue();
    }

    @Test
    void whatConnectsToAHalfOpenLinkIsSwallowedToo() throws Exception {
        proxy.route(Wire.endpoint(server));
        proxy.halfOpen(Direction.TO_DIALER);
        Wire wire = wire();

        Wire.send(wire.listener(), "lost");
        assertThat(Wire.isSilent(wire.dialer())).isTrue();

        awaitTorn();
        proxy.heal();
        assertReset(wire.listener());
    }

    @Test
    void closingLeavesNothing() throws Exception {
        Wire wire = wire();
        assertThat(wire.isSound()).isTrue();
        Link link = proxy.links().get(0);
        proxy.delay(AGES);
        Wire.send(wire.dialer(), "never");

        proxy.close();

        assertEnded(wire.dialer());
        assertEnded(wire.listener());
        assertThatThrownBy(() -> Wire.dial(link.address())).isInstanceOf(ConnectException.class);
        String port = link.address().replaceAll(".*:", "");
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("ghee-proxy-" + port)));
        assertThatThrownBy(() -> proxy.route("tcp://127.0.0.1:9")).isInstanceOf(ConfigurationException.class);
    }
}
