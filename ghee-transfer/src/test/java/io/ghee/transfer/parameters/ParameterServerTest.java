package io.ghee.transfer.parameters;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.InfrastructureException;
import io.ghee.train.RowOptimizer;
import io.ghee.train.TableSpec;
import io.ghee.transfer.parameters.ParameterClient.Patience;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server and its clients say of those that are lost, and of strangers. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ParameterServerTest {
    private static final TableSpec SPEC = TableSpec.of(100, 1, RowOptimizer.adagrad(0.1f));
    private static final byte[] DRAWN = new byte[32];
    private static final Greeting.Access ACCESS = Greeting.Access.of(DRAWN, 4711, key());
    private static final Patience SHORT = new Patience(Duration.ofSeconds(1), Duration.ofSeconds(2));

    private static byte[] key() {
        byte[] key = new byte[32];
        key[0] = 1;
        return key;
    }

    private final ParameterServer server = new ParameterServer(SPEC, 0, 1, 2, "127.0.0.1");
    private final InetSocketAddress address = new InetSocketAddress("127.0.0.1", server.port());
    private final AtomicInteger asked = new AtomicInteger();
    private final BatchRows rows = new BatchRows(SPEC, 1);

    ParameterServerTest() {
        rows.of(new long[] {1, 2, 3}, 3);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private ParameterClient client(int number, Patience patience) {
        return ParameterClient.connect(ACCESS, number, SPEC, List.of(address), patience, asked::incrementAndGet);
    }

    @Test
    void aClientWhoseConnectionEndsIsNamedToTheOthers() throws IOException {
        server.start(ACCESS);
        MessageChannel other = Greeting.connect(ACCESS, 1, 0, address);
        try (ParameterClient client = client(0, Patience.USUAL)) {
            client.pull(rows);
            client.push(rows, 1);
            other.close();
            assertThatThrownBy(() -> client.pull(rows))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("rank 1 is lost: its connection to parameter server 0 ended");
        }
    }

    @Test
    void aServerThatEndsIsNamed() {
        server.start(ACCESS);
        try (ParameterClient client = client(0, Patience.USUAL)) {
            client.pull(rows);
            server.close();
            assertThatThrownBy(() -> client.pull(rows))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessageContaining("parameter server 0");
        }
    }

    @Test
    void aServerThatStandsStillIsNamed() {
        server.start(ACCESS);
        try (ParameterClient client = client(0, SHORT)) {
            client.pull(rows);
            synchronized (server) {
                assertThatThrownBy(() -> client.pull(rows))
                        .isInstanceOf(InfrastructureException.class)
                        .hasMessage("parameter server 0 at " + address + " is lost: rank 0 has not heard of it for 1 s,"
                                + " it stands still or is cut off");
            }
        }
    }

    @Test
    void aRankThatIsWaitedForTooLongIsNamedThoughTheServerLives() {
        server.start(ACCESS);
        try (ParameterClient client = client(0, SHORT);
                ParameterClient slow = client(1, SHORT)) {
            client.pull(rows);
            client.push(rows, 1);
            assertThatThrownBy(() -> client.pull(rows))
                    .isInstanceOf(InfrastructureException.class)
                    .hasMessage("parameter server 0 at " + address
                            + " has waited for rank 1, which has pushed 0 steps, for 2 s (expected: 1)");
            // Every 20 ms, if the machine has time.
            assertThat(asked.get()).isGreaterThan(10);
            assertThat(slow.pushed()).isZero();
        }
    }

    @Test
    void whatTheWaitingOneIsWantedForEndsTheWaiting() {
        server.start(ACCESS);
        ParameterClient client = ParameterClient.connect(ACCESS, 0, SPEC, List.of(address), Patience.USUAL, () -> {
            if (asked.incrementAndGet() > 10) {
                throw new IllegalStateException("a new generation");
            }
        });
        try (client) {
            client.pull(rows);
            client.push(rows, 1);
            assertThatThrownBy(() -> client.pull(rows)).hasMessage("a new generation");
        }
    }

    @Test
    void strangersAreDroppedAndDisturbNobody() throws IOException {
        server.start(ACCESS);
        try (ParameterClient client = client(0, Patience.USUAL)) {
            Greeting.Access withoutKey = Greeting.Access.of(DRAWN, 4711, null);
            assertThatThrownBy(() -> Greeting.connect(withoutKey, 1, 0, address))
                    .isInstanceOf(IOException.class)
                    .hasMessage("answered by one without the secret of the table");
            try (Socket stranger = new Socket(address.getAddress(), address.getPort())) {
                stranger.getOutputStream().write(new byte[Greeting.BYTES]);
                assertThat(stranger.getInputStream().read()).isEqualTo(-1);
            }
            try (Socket impostor = new Socket(address.getAddress(), address.getPort())) {
                ByteBuffer hello = ByteBuffer.allocate(Greeting.BYTES).putLong(0x67686565_706172_01L);
                impostor.getOutputStream().write(hello.array());
                assertThat(impostor.getInputStream().readNBytes(Greeting.ANSWER_BYTES))
                        .hasSize(Greeting.ANSWER_BYTES);
                impostor.getOutputStream().write(new byte[Greeting.PROOF_BYTES]);
                assertThat(impostor.getInputStream().read()).isEqualTo(-1);
            }
            Awaitility.await().atMost(TableRanks.SOON).until(() -> server.strangers() >= 2);
            client.pull(rows);
            assertThat(rows.values()[0]).isZero();
        }
    }

    @Test
    void whatIsNoMessageEndsTheTableAndTellsWhy() throws IOException {
        server.start(ACCESS);
        try (ParameterClient client = client(0, Patience.USUAL)) {
            MessageChannel other = Greeting.connect(ACCESS, 1, 0, address);
            ByteBuffer message = other.message(ParameterServer.HEADER_BYTES);
            message.putInt(ParameterServer.PULL).putInt(1 << 30).putLong(0);
            other.send(message);
            other.write();
            Awaitility.await().atMost(TableRanks.SOON).until(() -> {
                try {
                    client.pull(rows);
                    return false;
                } catch (InfrastructureException e) {
                    assertThat(e)
                            .hasMessageContaining("rank 1 is lost")
                            .hasMessageContaining("a pull of 1073741824 rows");
                    return true;
                }
            });
            other.close();
        }
    }
}
