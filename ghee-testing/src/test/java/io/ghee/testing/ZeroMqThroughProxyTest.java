package io.ghee.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** The peers that the proxy is for cannot tell that it is there, until it strikes. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ZeroMqThroughProxyTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void messagesPassAndPeersConnectAgainAfterAReset() {
        try (TcpProxy proxy = TcpProxy.open();
                ZContext context = new ZContext()) {
            ZMQ.Socket push = context.createSocket(SocketType.PUSH);
            push.setSendTimeOut(0);
            String endpoint = "tcp://127.0.0.1:" + push.bindToRandomPort("tcp://127.0.0.1");
            ZMQ.Socket pull = context.createSocket(SocketType.PULL);
            pull.setReceiveTimeOut((int) SOON.toMillis());
            assertThat(pull.connect(proxy.route(endpoint))).isTrue();
            await().atMost(SOON).until(() -> push.send("first"));
            assertThat(pull.recvStr()).isEqualTo("first");
            byte[] large = new byte[5_000_000];
            proxy.delay(Duration.ofMillis(1));
            assertThat(push.send(large)).isTrue();
            assertThat(pull.recv()).hasSameSizeAs(large);

            assertThat(proxy.resetAll()).isEqualTo(1);

            await().atMost(SOON).until(() -> proxy.connections() == 2);
            pull.setReceiveTimeOut(10);
            await().atMost(SOON).until(() -> {
                push.send("again");
                return "again".equals(pull.recvStr());
            });
        }
    }
}
