package io.ghee.transfer.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.InfrastructureException;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.transfer.TransferConfig;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.IntBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is let into a ring, and who is not. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RingJoinTest {
    private static final TransferConfig CONFIG = TransferConfig.loopback(4711);

    private static Integer sum(Collective collective) {
        IntBuffer data = IntBuffer.wrap(new int[] {collective.rank() + 1});
        collective.allReduce(data, Reduction.SUM);
        return data.get(0);
    }

    private static byte[] key(int of) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) of);
        return key;
    }

    @Test
    void aLaterAttemptTakesThePlaceOfAnEarlierOne() throws Exception {
        try (Ranks ranks = Ranks.joined(3)) {
            List<Collective> before = List.of(ranks.rank(0), ranks.rank(1), ranks.rank(2));
            for (int attempt = 2; attempt < 6; attempt++) {
                assertThat(ranks.all(RingJoinTest::sum)).containsOnly(6);
                ranks.join(attempt);
            }
            assertThat(ranks.all(RingJoinTest::sum)).containsOnly(6);
            assertThatThrownBy(() -> before.get(1).barrier()).isInstanceOf(InfrastructureException.class);
            assertThat(ranks.all(RingJoinTest::sum)).containsOnly(6);
            assertThatThrownBy(() -> ranks.ports().get(0).join(5, 0, ranks.endpoints(), Ranks.SOON, () -> {}))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("attempt: 5 (expected: > 5, the one before)");
        }
    }

    @Test
    void whoIsMissingIsNamedWhenTheTimeIsOver() throws Exception {
        try (RingPort first = new RingPort(CONFIG);
                RingPort second = new RingPort(CONFIG)) {
            List<String> endpoints = List.of(first.endpoint(), second.endpoint());
            assertThatThrownBy(() -> first.join(3, 0, endpoints, Duration.ofMillis(300), () -> {}))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessage("the ranks did not find together in time: rank 0 of 2, attempt 3: rank 1 ("
                            + second.endpoint() + ") does not let in its left neighbour");
        }
    }

    @Test
    void anEndpointThatIsNoneIsTold() throws Exception {
        try (RingPort first = new RingPort(CONFIG)) {
            assertThatThrownBy(() ->
                            first.join(1, 0, List.of(first.endpoint(), "localhost"), Duration.ofSeconds(5), () -> {}))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("endpoint of a rank: localhost (expected: tcp://host:port)");
            assertThatThrownBy(() -> first.join(2, 1, List.of(first.endpoint()), Duration.ofSeconds(5), () -> {}))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage("rank: 1 (expected: >= 0 and < 1)");
        }
    }

    /** Someone who says all that rank 1 would say, but is of another job, attempt or key, joins nowhere. */
    @Test
    void ranksOfAnotherJobAttemptOrKeyAreRefused() throws Exception {
        for (TransferConfig other :
                List.of(TransferConfig.loopback(4712).withKey(key(1)), CONFIG.withKey(key(2)), CONFIG)) {
            try (Ranks ranks = new Ranks(2, CONFIG.withKey(key(1)));
                    RingPort stranger = new RingPort(other)) {
                List<String> endpoints = List.of(ranks.endpoints().get(0), stranger.endpoint());
                ranks.join(1);
                assertThatThrownBy(() -> stranger.join(1, 1, endpoints, Duration.ofMillis(500), () -> {}))
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessageContaining("does not let in its left neighbour");
                await().atMost(Ranks.SOON).until(() -> ranks.ports().get(0).strangers() > 0);
                assertThat(ranks.all(RingJoinTest::sum)).containsOnly(3);
            }
        }
        try (Ranks ranks = new Ranks(2, CONFIG);
                RingPort stale = new RingPort(CONFIG)) {
            ranks.join(7);
            List<String> endpoints = List.of(ranks.endpoints().get(0), stale.endpoint());
            assertThatThrownBy(() -> stale.join(6, 1, endpoints, Duration.ofMillis(500), () -> {}))
                    .isInstanceOf(InfrastructureException.class);
            assertThatThrownBy(() -> stale.join(7, 1, endpoints, Duration.ofMillis(500), () -> {}))
                    .isInstanceOf(InfrastructureException.class);
            await().atMost(Ranks.SOON).until(() -> ranks.ports().get(0).strangers() > 0);
            assertThat(ranks.all(RingJoinTest::sum)).containsOnly(3);
        }
    }

    /** Before the ranks join, meanwhile and afterwards: noise, silence, half a greeting, and connections that end. */
    @Test
    void strangersDoNotDisturb() throws Exception {
        try (Ranks ranks = new Ranks(3, CONFIG.withKey(key(1)))) {
            SplittableRandom random = new SplittableRandom(1);
            List<Socket> sockets = new ArrayList<>();
            try {
                for (int round = 1; round <= 20; round++) {
                    for (RingPort port : ranks.ports()) {
                        for (int k = 0; k < 10; k++) {
                            InetSocketAddress address = Connections.address(port.endpoint());
                            Socket socket = new Socket(address.getAddress(), address.getPort());
                            sockets.add(socket);
                            OutputStream out = socket.getOutputStream();
                            byte[] noise = new byte[random.nextInt(200)];
                            random.nextBytes(noise);
                            if (random.nextBoolean()) {
                                byte[] hello = new Hello(
                                                4711,
                                                round,
                                                random.nextInt(3),
                                                random.nextInt(3),
                                                3,
                                                Hello.Line.WATCH,
                                                Hello.fresh())
                                        .bytes();
                                System.arraycopy(hello, 0, noise, 0, Math.min(hello.length, noise.length));
                            }
                            out.write(noise);
                            out.flush();
                            if (random.nextBoolean()) {
                                socket.close();
                            }
                        }
                    }
                    ranks.join(round);
                    assertThat(ranks.all(RingJoinTest::sum)).containsOnly(6);
                }
                await().atMost(Ranks.SOON)
                        .until(() -> ranks.ports().stream()
                                        .mapToLong(RingPort::strangers)
                                        .sum()
                                >= 300);
            } finally {
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }
}
