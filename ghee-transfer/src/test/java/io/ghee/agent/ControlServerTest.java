package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.Coordinator;
import io.ghee.run.JobDriver;
import io.ghee.run.RunningJob;
import io.ghee.run.WorkerMetrics;
import io.ghee.run.Workers;
import io.ghee.testing.Numbers;
import io.ghee.testing.Written;
import io.ghee.transfer.Dialer;
import io.ghee.transfer.OutletAddress;
import io.ghee.transfer.Zmq;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/** The driver's end of the control channel, with peers that a test plays itself. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ControlServerTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final int JDK = Runtime.version().feature();
    private static final String TOKEN = "the token";

    private final ZContext context = new ZContext(1);

    private @TempDir Path directory;
    private ControlServer server;
    private Job job;

    @BeforeEach
    void start() {
        start(SOON);
    }

    private void start(Duration registration) {
        JobDriver driver = JobDriver.open(
                "job-1",
                Pipeline.named("job")
                        .readFrom(new Numbers(100, 2))
                        .stage("read", replicas(1))
                        .stage("write", replicas(1))
                        .writeTo(Written.<Integer>to(directory))
                        .plan());
        server = new ControlServer(driver, TOKEN, "127.0.0.1");
        job = RunningJob.start(driver, new Workers() {
            @Override
            public void start() {
                server.start(registration);
            }

            @Override
            public void stop(Duration grace) {
                server.stopWorkers();
            }
        });
    }

    @AfterEach
    void close() throws InterruptedException {
        job.cancel();
        server.close();
        context.close();
    }

    private DriverConnection connection(String token) {
        return new DriverConnection(context, server.endpoint(), token);
    }

    private static ControlMessage.Hello hello(String stage) {
        return new ControlMessage.Hello(ControlMessage.PROTOCOL, JDK, stage, 0, 1);
    }

    /** A worker that has registered. */
    private DriverConnection.Peer worker(String stage, int index, OutletAddress outlet) throws InterruptedException {
        DriverConnection.Peer peer = connection(TOKEN).peer();
        peer.send(hello(stage));
        assertThat(peer.receive(SOON)).isInstanceOf(ControlMessage.Welcome.class);
        peer.send(new ControlMessage.Ready(index, 0, outlet));
        return peer;
    }

    @Test
    void workersAreStartedTogetherAndToldWhoSends() throws Exception {
        OutletAddress outlet = new OutletAddress(List.of("tcp://host:1"), "tcp://host:2");
        DriverConnection.Peer write = worker("write", 1, null);
        assertThat(write.receive(Duration.ofMillis(100))).isNull();

        DriverConnection.Peer read = worker("read", 0, outlet);

        assertThat(read.receive(SOON)).isEqualTo(new ControlMessage.Start(List.of()));
        assertThat(write.receive(SOON)).isEqualTo(new ControlMessage.Start(List.of(outlet)));
    }

    @Test
    void theWelcomeBringsThePlan() throws Exception {
        DriverConnection.Peer peer = connection(TOKEN).peer();
        peer.send(hello("read"));

        ControlMessage.Welcome welcome = (ControlMessage.Welcome) peer.receive(SOON);

        assertThat(welcome.plan().plan().stages())
                .extracting(stage -> stage.name())
                .containsExactly("read", "write");
        assertThat(welcome.plan().plan().source()).isEqualTo(new Numbers(100, 2));
    }

    @Test
    void questionsAreAnswered() throws Exception {
        DriverConnection connection = connection(TOKEN);

        Coordinator.Assignment first = connection.nextSplit(0);
        Coordinator.Assignment second = connection.nextSplit(0);

        assertThat(first.epoch()).isEqualTo(1);
        assertThat(first.split().describe()).isEqualTo("numbers[0, 50)");
        assertThat(second.split().describe()).isEqualTo("numbers[50, 100)");
        assertThat(connection.nextSplit(0).split()).isNull();
        assertThat(connection.deal(0, 1, 10)).isZero();
        assertThat(connection.skip(0, 0, "record 7")).isFalse();
    }

    @Test
    void aWorkerHearsThatTheDriverIsThere() throws Exception {
        DriverConnection.Peer peer = connection(TOKEN).peer();
        peer.send(new ControlMessage.Alive());

        assertThat(peer.receive(SOON)).isEqualTo(new ControlMessage.Heard());
    }

    @Test
    void theJobEndsWhenAllHaveFinishedAndThenTheyAreStopped() throws Exception {
        DriverConnection.Peer read = worker("read", 0, new OutletAddress(List.of("tcp://host:1"), "tcp://host:2"));
        DriverConnection.Peer write = worker("write", 1, null);
        assertThat(read.receive(SOON)).isInstanceOf(ControlMessage.Start.class);
        assertThat(write.receive(SOON)).isInstanceOf(ControlMessage.Start.class);

        write.send(new ControlMessage.Finished(1, 0, "seven", new WorkerMetrics(1, 0).progress()));
        assertThat(write.receive(Duration.ofMillis(100))).isNull();
        read.send(new ControlMessage.Finished(0, 0, "", new WorkerMetrics(0, 0).progress()));

        assertThat(read.receive(SOON)).isEqualTo(new ControlMessage.Stop());
        assertThat(write.receive(SOON)).isEqualTo(new ControlMessage.Stop());
        job.await(SOON);
        assertThat(Written.to(directory).calls()).containsExactly("prepare", "commit [seven]");
    }

    @Test
    void aPeerWithoutTheTokenIsIgnored() throws Exception {
        DriverConnection.Peer stranger = connection("another token").peer();
        stranger.send(hello("read"));
        stranger.send(new ControlMessage.Ready(0, 0, null));
        stranger.send(new ControlMessage.Finished(1, 0, "", new WorkerMetrics(1, 0).progress()));
        stranger.send(new ControlMessage.NextSplit(0));

        assertThat(stranger.receive(Duration.ofMillis(300))).isNull();
        assertThat(connection(TOKEN).nextSplit(0).split().describe()).isEqualTo("numbers[0, 50)");
        assertThat(worker("read", 0, null).receive(Duration.ofMillis(100))).isNull();
    }

    /** A socket that is connected to the driver, and nothing more. */
    private ZMQ.Socket stranger() throws InterruptedException {
        ZMQ.Socket socket = context.createSocket(SocketType.DEALER);
        socket.setLinger(0);
        Dialer dialer = new Dialer(context);
        dialer.connect(socket, server.endpoint());
        dialer.await(SOON);
        return socket;
    }

    @Test
    void messagesOfAnyNumberOfPartsDoNotConfuseTheOthers() throws Exception {
        ZMQ.Socket stranger = Zmq.socket(context, SocketType.DEALER);
        stranger.setLinger(0);
        stranger.connect(server.endpoint());
        for (int round = 0; round < 20; round++) {
            for (int parts = 1; parts <= 5; parts++) {
                for (int part = 1; part < parts; part++) {
                    stranger.sendMore(TOKEN.repeat(part == 1 ? 2 : 1));
                }
                stranger.send("end");
            }
        }

        DriverConnection connection = connection(TOKEN);
        assertThat(connection.nextSplit(0).split().describe()).isEqualTo("numbers[0, 50)");
        assertThat(connection.nextSplit(0).split().describe()).isEqualTo("numbers[50, 100)");
    }

    @Test
    void whatIsNoMessageEndsTheJobButNotTheChannel() throws Exception {
        ZMQ.Socket peer = Zmq.socket(context, SocketType.DEALER);
        peer.setLinger(0);
        peer.connect(server.endpoint());
        peer.sendMore(TOKEN);
        peer.send("no message");

        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("a control message of 10 bytes cannot be read");
        assertThat(connection(TOKEN).nextSplit(0)).isNotNull();
    }

    @Test
    void aWorkerOfAnotherProtocolIsRefusedAndTheJobSaysWhy() throws Exception {
        DriverConnection.Peer peer = connection(TOKEN).peer();
        peer.send(new ControlMessage.Hello(ControlMessage.PROTOCOL + 1, JDK, "read", 0, 1));

        ControlMessage.Refused refused = (ControlMessage.Refused) peer.receive(SOON);

        assertThat(refused.reason())
                .isEqualTo("worker read-0 speaks protocol 2 on JDK " + JDK + " (expected: protocol 1 on JDK " + JDK
                        + ", as the driver)");
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessage(refused.reason());
    }

    @Test
    void aWorkerOnAnotherJdkIsRefused() throws Exception {
        DriverConnection.Peer peer = connection(TOKEN).peer();
        peer.send(new ControlMessage.Hello(ControlMessage.PROTOCOL, 11, "read", 0, 1));

        assertThat(peer.receive(SOON))
                .isInstanceOfSatisfying(
                        ControlMessage.Refused.class,
                        refused -> assertThat(refused.reason()).contains("on JDK 11"));
    }

    @Test
    void aWorkerThatComesWhenTheJobIsOverIsTurnedAway() throws Exception {
        job.cancel();
        await().atMost(SOON).untilAsserted(() -> {
            DriverConnection.Peer late = connection(TOKEN).peer();
            late.send(hello("read"));
            assertThat(late.receive(SOON)).isEqualTo(new ControlMessage.Stop());
        });
    }

    @Test
    void workersThatDoNotRegisterAreNamed() throws Exception {
        job.cancel();
        server.close();
        start(Duration.ofMillis(500));
        DriverConnection.Peer read = connection(TOKEN).peer();
        read.send(hello("read"));
        read.send(new ControlMessage.Ready(0, 0, null));

        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("workers [write-0] did not register within")
                .extracting(failure -> ((GheeException) failure).kind())
                .isEqualTo(GheeException.Kind.INFRASTRUCTURE);
    }
}
