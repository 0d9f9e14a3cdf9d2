package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.channel.AbandonedException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Origins;
import io.ghee.channel.Outlet;
import io.ghee.plan.Plan;
import io.ghee.run.Coordinator;
import io.ghee.run.Failure;
import io.ghee.run.Guidance;
import io.ghee.run.StageTask;
import io.ghee.run.Standing;
import io.ghee.run.Start;
import io.ghee.run.Wiring;
import io.ghee.run.WorkerMetrics;
import io.ghee.run.WorkerProgress;
import io.ghee.testing.Numbers;
import io.ghee.testing.Written;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.TransferManager;
import io.ghee.transfer.Zmq;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zeromq.ZContext;

/** Where a worker's task and its agent meet, over real channels; the driver and the agent's main thread are played. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AgentLinkTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final long JOB = 7;

    private final Plan plan = Pipeline.named("job")
            .readFrom(new Numbers(10, 1))
            .stage("read", replicas(1))
            .stage("write", replicas(1))
            .writeTo(Written.<Integer>to(Path.of("nowhere")))
            .plan();
    private final ZContext context = Zmq.context();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<TransferManager> transfers = new ArrayList<>();
    private final Played read = new Played(0);
    private final Played write = new Played(1);

    /** One worker's link, and what its agent's main thread does with it. */
    private final class Played {
        private final WorkerMetrics metrics;
        private final AgentLink link;
        private long reports;

        Played(int stage) {
            ControlMessage.Sender self =
                    new ControlMessage.Sender(plan.stage(stage).name(), 0, 0);
            TransferManager transfer = new TransferManager(TransferConfig.loopback(JOB));
            transfers.add(transfer);
            metrics = new WorkerMetrics(stage, 0);
            DriverConnection nobody =
                    new DriverConnection(context, JobKeys.create().workers(), "tcp://127.0.0.1:1", self);
            link = new AgentLink(plan, plan.stage(stage), self, nobody, transfer, metrics, () -> {});
        }

        ControlMessage.Report report() {
            return link.report(++reports, 0);
        }

        /** Its endpoints for a generation, once they are bound. */
        ControlMessage.Ready ready(int generation) {
            return await().atMost(SOON)
                    .until(() -> report().ready(), ready -> ready != null && ready.generation() == generation);
        }

        void obey(int generation, ControlMessage.Begin begin, boolean over) {
            link.obey(new ControlMessage.Orders(0, generation, begin, over, false, null, Guidance.NONE));
        }

        Future<Wiring.Wired> join(int after) {
            return start(() -> link.join(after, Standing.NONE));
        }
    }

    private <T> Future<T> start(Callable<T> work) {
        return threads.submit(work);
    }

    private static <T> T within(Future<T> future) throws Exception {
        return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @AfterEach
    void close() throws Exception {
        threads.shutdownNow();
        transfers.forEach(TransferManager::close);
        context.close();
        assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private static Start begins(int generation) {
        return new Start(generation, 0, 0, 1, new byte[0], List.of(0), null);
    }

    private static ControlMessage.Begin toReader(int generation, String inlet) {
        return new ControlMessage.Begin(begins(generation), List.of(inlet), List.of(), List.of());
    }

    private static ControlMessage.Begin toWriter(int generation, String outlet) {
        return new ControlMessage.Begin(begins(generation), List.of(), List.of(outlet), List.of());
    }

    /** The channel between the two. */
    private record Channel(Outlet outlet, Inlet inlet) {}

    private Channel connect(int generation) throws Exception {
        Future<Wiring.Wired> reader = read.join(generation - 1);
        Future<Wiring.Wired> writer = write.join(generation - 1);
        begin(generation);
        return new Channel(within(reader).outlet(), within(writer).inlet());
    }

    private void begin(int generation) {
        read.obey(generation, null, false);
        write.obey(generation, null, false);
        String outlet = read.ready(generation).outlet();
        String inlet = write.ready(generation).inlet();
        read.obey(generation, toReader(generation, inlet), false);
        write.obey(generation, toWriter(generation, outlet), false);
    }

    private static Batch<Integer> one() {
        return Batch.of(List.of(1));
    }

    @Test
    void joiningTellsTheEndpointsAndWaitsForTheBegin() throws Exception {
        assertThat(read.link.hasNews()).isFalse();
        Future<Wiring.Wired> reader = read.join(-1);
        Future<Wiring.Wired> writer = start(() -> write.link.join(-1, new Standing(2, 3, 4, 5, new byte[] {6})));

        assertThat(read.ready(0).inlet()).isNull();
        assertThat(read.ready(0).outlet()).startsWith("tcp://127.0.0.1:");
        assertThat(write.ready(0).inlet()).startsWith("tcp://127.0.0.1:");
        assertThat(write.ready(0).outlet()).isNull();
        assertThat(write.ready(0).standing().epoch()).isEqualTo(3);
        assertThat(write.ready(0).standing().consumed()).containsExactly(6);
        assertThat(reader.isDone()).isFalse();
        begin(0);

        assertThat(within(reader).start().generation()).isZero();
        assertThat(within(reader).inlet()).isNull();
        assertThat(within(writer).outlet()).isNull();
        within(reader).outlet().send(0, 1, one(), Origins.NONE);
        assertThat(within(writer).inlet().receive(SOON))
                .isInstanceOfSatisfying(
                        Delivery.Data.class,
                        data -> assertThat(data.batch().records()).isEqualTo(List.of(1)));
    }

    @Test
    void readinessIsNewsOnceAndIsReportedAgainAndAgain() throws Exception {
        read.join(-1);
        await().atMost(SOON).until(read.link::hasNews);

        ControlMessage.Ready first = read.report().ready();

        assertThat(read.link.hasNews()).isFalse();
        assertThat(read.report().ready()).isEqualTo(first);
        assertThat(read.report().number()).isEqualTo(3);
    }

    @Test
    void aGenerationThatIsCalledForMeanwhileIsJoinedInstead() throws Exception {
        Future<Wiring.Wired> reader = read.join(-1);
        String first = read.ready(0).outlet();

        read.obey(4, null, false);

        assertThat(read.ready(4).outlet()).isNotEqualTo(first);
        Future<Wiring.Wired> writer = write.join(-1);
        begin(4);
        assertThat(within(reader).start().generation()).isEqualTo(4);
        assertThat(within(writer).start().generation()).isEqualTo(4);
    }

    @Test
    void everyGenerationHasItsOwnChannels() throws Exception {
        connect(0);

        Channel another = connect(1);

        another.outlet.send(0, 1, one(), Origins.NONE);
        assertThat(another.inlet.receive(SOON)).isInstanceOf(Delivery.Data.class);
    }

    @Test
    void anotherGenerationAbandonsTheChannels() throws Exception {
        Channel channel = connect(0);
        Future<Delivery> receiving = start(() -> channel.inlet.receive(SOON));
        Future<Object> ending = start(() -> {
            channel.outlet.send(0, 1, one(), Origins.NONE);
            // Nobody releases what was sent.
            channel.outlet.endStream();
            return null;
        });
        within(receiving);
        Future<Delivery> receivingEnd = start(() -> channel.inlet.receive(SOON));
        within(receivingEnd);
        Future<Delivery> receivingNothing = start(() -> channel.inlet.receive(SOON));

        read.obey(1, null, false);
        write.obey(1, null, false);

        assertThatThrownBy(() -> within(ending))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(AbandonedException.class);
        assertThatThrownBy(() -> within(receivingNothing))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(AbandonedException.class);
        assertThat(read.link.generation()).isEqualTo(1);
    }

    @Test
    void ordersOfAnEarlierGenerationAreNotObeyed() throws Exception {
        read.obey(2, null, false);

        read.obey(1, null, true);

        assertThat(read.link.generation()).isEqualTo(2);
        assertThat(read.link.isOver()).isFalse();
    }

    @Test
    void whoeverIsWokenFindsTheReason() throws Exception {
        Channel channel = connect(0);
        Future<Boolean> ending = start(() -> {
            channel.outlet.send(0, 1, one(), Origins.NONE);
            try {
                channel.outlet.endStream();
                return false;
            } catch (AbandonedException e) {
                return read.link.isOver();
            }
        });
        within(start(() -> channel.inlet.receive(SOON)));

        read.obey(0, null, true);

        assertThat(within(ending)).isTrue();
    }

    @Test
    void thatAllHasArrivedAbandonsNoInlet() throws Exception {
        Channel channel = connect(0);

        write.obey(0, null, true);
        channel.outlet.send(0, 1, one(), Origins.NONE);

        assertThat(channel.inlet.receive(SOON)).isInstanceOf(Delivery.Data.class);
    }

    /** A driver that has one split; what the task reports goes to the link. */
    private static final class OneSplit implements Coordinator {
        private final AgentLink link;
        private final Numbers source = new Numbers(10, 1);
        private boolean given;

        OneSplit(AgentLink link) {
            this.link = link;
        }

        @Override
        public synchronized Assignment nextSplit(int generation, int replica) {
            boolean first = !given;
            given = true;
            return new Assignment(1, 0, first ? source.splits(1).get(0) : null, 0, new byte[0]);
        }

        @Override
        public int deal(int generation, int stage, int epoch, int team, int amount) {
            return 0;
        }

        @Override
        public StepOrder atStep(int attempt, int replica, long step) {
            return new StepOrder("", false, step + 1);
        }

        @Override
        public void saved(int attempt, int replica, byte[] position, String failure) {}

        @Override
        public void trialFailed(int replica, String reason) {}

        @Override
        public boolean isEnding(int generation, int epoch) {
            return false;
        }

        @Override
        public boolean epochOver(int generation, int replica, int epoch, Duration patience) {
            return true;
        }

        @Override
        public OptionalInt evenOut(int attempt, int replica, int epoch, int batches, Duration patience) {
            return OptionalInt.of(batches);
        }

        @Override
        public boolean skip(int stage, int replica, String message) {
            return false;
        }

        @Override
        public void finished(int generation, int stage, int replica, String committable, WorkerProgress progress) {
            link.finished(generation, stage, replica, committable, progress);
        }

        @Override
        public void failed(int generation, Failure failure) {
            link.failed(generation, failure);
        }
    }

    @Test
    void aTaskThatWaitsForTheLastReceiptsFinishesWhenAllHasArrived() throws Exception {
        StageTask task = new StageTask("job", plan, 0, 0, new OneSplit(read.link), read.link, read.metrics);
        start(() -> {
            task.run();
            return null;
        });
        Future<Wiring.Wired> writer = write.join(-1);
        begin(0);
        Inlet inlet = within(writer).inlet();
        // Everything is taken, and nothing released.
        Delivery delivery = inlet.receive(SOON);
        while (!(delivery instanceof Delivery.EndOfStream)) {
            assertThat(delivery).isNotNull();
            delivery = inlet.receive(SOON);
        }
        assertThat(read.link.hasFinished()).isFalse();

        read.obey(0, null, true);

        await().atMost(SOON).until(read.link::hasFinished);
        assertThat(read.report().finished().generation()).isZero();
        assertThat(read.report().failed()).isEmpty();
    }

    @Test
    void anEndIsReportedUntilAnotherGenerationIsJoined() throws Exception {
        read.link.finished(0, 0, 0, "seven", read.metrics.progress());
        assertThat(read.link.hasNews()).isTrue();
        assertThat(read.report().finished().committable()).isEqualTo("seven");
        assertThat(read.report().finished().committable()).isEqualTo("seven");
        assertThat(read.link.hasFinished()).isTrue();

        read.obey(1, null, false);
        read.join(0);

        read.ready(1);
        assertThat(read.report().finished()).isNull();
        assertThat(read.link.hasFinished()).isFalse();
    }

    @Test
    void aFailureIsReportedUntilAnotherGenerationIsCalledFor() throws Exception {
        read.link.failed(0, Failure.of("read", 0, new IllegalStateException("no good")));
        assertThat(read.link.hasNews()).isTrue();
        assertThat(read.report().failed()).hasSize(1);
        read.obey(0, null, false);
        assertThat(read.report().failed())
                .singleElement()
                .satisfies(failed -> assertThat(failed.failure().message()).contains("no good"));

        read.obey(1, null, false);

        assertThat(read.report().failed()).isEmpty();
    }

    /** An endpoint at which nobody is. */
    private static String nobody() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            return "tcp://127.0.0.1:" + socket.getLocalPort();
        }
    }

    @Test
    void whoConnectsToOneThatIsGoneHearsOfTheNextGeneration() throws Exception {
        Future<Wiring.Wired> reader = read.join(-1);
        Future<Wiring.Wired> writer = write.join(-1);
        read.ready(0);
        read.obey(0, toReader(0, nobody()), false);
        write.ready(0);
        write.obey(0, toWriter(0, nobody()), false);

        begin(1);

        assertThat(within(reader).start().generation()).isEqualTo(1);
        assertThat(within(writer).start().generation()).isEqualTo(1);
        within(reader).outlet().send(0, 1, one(), Origins.NONE);
        assertThat(within(writer).inlet().receive(SOON)).isInstanceOf(Delivery.Data.class);
    }

    @Test
    void whoCannotBeConnectedSaysSoAndWaitsForTheNextGeneration() throws Exception {
        Future<Wiring.Wired> reader = read.join(-1);
        read.ready(0);
        // One endpoint too many: this cannot be connected, ever.
        read.obey(0, new ControlMessage.Begin(begins(0), List.of(nobody(), nobody()), List.of(), List.of()), false);

        await().atMost(SOON).until(() -> !read.report().failed().isEmpty());

        assertThat(read.report().failed().get(0).generation()).isZero();
        assertThat(read.report().failed().get(0).failure().stage()).isEqualTo("read");
        Future<Wiring.Wired> writer = write.join(-1);
        begin(1);
        assertThat(within(reader).start().generation()).isEqualTo(1);
        assertThat(within(writer).start().generation()).isEqualTo(1);
    }
}
