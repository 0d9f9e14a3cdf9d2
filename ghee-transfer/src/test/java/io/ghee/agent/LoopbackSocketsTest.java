package io.ghee.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.InfrastructureException;
import io.ghee.transfer.Zmq;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** The control channel on loopback, where a password takes the place of CURVE. */
class LoopbackSocketsTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final JobKeys keys = JobKeys.forLoopback();
    private final DriverSocket driver = DriverSocket.bind(keys, "127.0.0.1");
    private final ZContext context = Zmq.context();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean ending;

    @BeforeEach
    void echo() {
        Thread thread = new Thread(() -> {
            while (!ending) {
                DriverSocket.Received received = driver.receive(Duration.ofMillis(20));
                if (received != null) {
                    driver.send(received.peer(), received.body());
                }
            }
            driver.close();
            ended.countDown();
        });
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void end() throws InterruptedException {
        ending = true;
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        context.close();
    }

    private void assertServes() throws InterruptedException {
        WorkerKeys read = WorkerKeys.parse(keys.workers().encoded());
        try (WorkerSocket worker = WorkerSocket.connect(context, read, driver.endpoint(), SOON)) {
            worker.send(new byte[] {1, 2, 3});
            assertThat(worker.receive(SOON)).containsExactly(1, 2, 3);
        }
    }

    @Test
    void workersOfTheJobGetThrough() throws Exception {
        assertServes();
    }

    @Test
    void aWorkerOfAnotherJobIsRefused() throws Exception {
        WorkerKeys other = JobKeys.forLoopback().workers();

        assertThatThrownBy(() -> WorkerSocket.connect(context, other, driver.endpoint(), Duration.ofSeconds(5)))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("no connection to the driver at " + driver.endpoint());
        await().atMost(SOON).until(() -> driver.refusals() > 0);
        assertServes();
    }

    @Test
    void aPeerWithoutPasswordIsNotHeard() throws Exception {
        ZMQ.Socket stranger = Zmq.socket(context, SocketType.DEALER);
        stranger.setLinger(0);
        stranger.setReceiveTimeOut(500);
        stranger.connect(driver.endpoint());
        stranger.send("let me in", ZMQ.DONTWAIT);

        assertThat(stranger.recv(0)).isNull();
        assertServes();
    }
}
