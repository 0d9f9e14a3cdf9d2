package io.ghee.agent;

import static io.ghee.Resources.replicas;
import static io.ghee.agent.PlayedWorker.JDK;
import static io.ghee.agent.PlayedWorker.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.StageFailedException;
import io.ghee.run.Coordinator;
import io.ghee.run.Credentials;
import io.ghee.run.Failure;
import io.ghee.run.Guidance;
import io.ghee.run.JobDriver;
import io.ghee.run.RunningJob;
import io.ghee.run.Standing;
import io.ghee.run.WorkerMetrics;
import io.ghee.run.WorkerProgress;
import io.ghee.run.Workers;
import io.ghee.testing.Numbers;
import io.ghee.testing.Passes;
import io.ghee.testing.Written;
import io.ghee.transfer.Zmq;
import io.ghee.transfer.wire.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.zeromq.ZContext;

/** The driver's end of the control channel, with workers that a test plays itself. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ControlServerTest {
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final ControlMessage.NextSplit NEXT_SPLIT = new ControlMessage.NextSplit(0, 0);

    private final JobKeys keys = JobKeys.create();
    private final ZContext context = Zmq.context();
    /** Who was said to have fallen silent, and why. */
    private final List<String> silent = new CopyOnWriteArrayList<>();

    private volatile Runnable onSilent = () -> {};

    private @TempDir Path directory;
    private JobDriver driver;
    private ControlServer server;
    private Job job;

    @BeforeEach
    void start() {
        start(1, ControlServer.Options.loopback());
    }

    /** A job of so many readers, and one writer. */
    private void start(int readers, ControlServer.Options options) {
        driver = JobDriver.open(
                "job-1",
                Pipeline.named("job")
                        .readFrom(new Numbers(100, 2))
                        .stage("read", replicas(readers))
                        .stage("write", replicas(1))
                        .writeTo(Written.<Integer>to(directory))
                        .plan());
        server = new ControlServer(driver, keys, options, (stage, replica, reason) -> {
            silent.add(stage + "/" + replica + ": " + reason.reason());
            onSilent.run();
        });
        job = RunningJob.start(driver, new Workers() {
            @Override
            public void start() {
                for (int replica = 0; replica < readers; replica++) {
                    server.expect(READ, replica, 0);
                }
                server.expect(WRITE, 0, 0);
                server.start();
            }

            @Override
            public void stop(Duration grace) {
                server.stopWorkers();
            }
        });
    }

    private void restart(int readers, ControlServer.Options options) throws Exception {
        job.cancel();
        server.close();
        start(readers, options);
    }

    @AfterEach
    void close() throws InterruptedException {
        Passes.reset();
        context.close();
        job.cancel();
        server.close();
    }

    private PlayedWorker worker(String stage, int replica, int life) throws InterruptedException {
        return PlayedWorker.connect(context, keys.workers(), server.endpoint(), stage, replica, life);
    }

    private PlayedWorker welcomed(String stage, int replica) throws InterruptedException {
        PlayedWorker worker = worker(stage, replica, 0);
        worker.welcomed();
        return worker;
    }

    /** A reader is bound for a generation; its endpoint tells which. */
    private static ControlMessage.Ready reader(int generation) {
        return new ControlMessage.Ready(generation, null, "tcp://reader:" + generation, null, Standing.NONE);
    }

    private static ControlMessage.Ready writer(int generation, Standing standing) {
        return new ControlMessage.Ready(generation, "tcp://writer:" + generation, null, null, standing);
    }

    private static ControlMessage.Ready writer(int generation) {
        return writer(generation, Standing.NONE);
    }

    private static ControlMessage.Finished finished(int generation, int stage, int replica, String committable) {
        return new ControlMessage.Finished(generation, committable, new WorkerMetrics(stage, replica).progress());
    }

    private static ControlMessage.Failed failed(int generation, String stage, GheeException.Kind kind) {
        return new ControlMessage.Failed(generation, new Failure(kind, stage, 0, "a.Type", "no good", "its stack"));
    }

    /** Both workers, in the midst of generation 0. */
    private record Pair(PlayedWorker read, PlayedWorker write) {}

    private Pair running() throws InterruptedException {
        Pair pair = new Pair(welcomed("read", 0), welcomed("write", 0));
        pair.read.report(reader(0), null, null);
        pair.write.report(writer(0), null, null);
        assertThat(pair.read.report().begin()).isNotNull();
        return pair;
    }

    private static Coordinator.Assignment assignment(ControlMessage.Reply reply) {
        ControlMessage.Assigned assigned = (ControlMessage.Assigned) reply;
        return new Coordinator.Assignment(
                assigned.epoch(), assigned.number(), assigned.split(), assigned.from(), assigned.consumed());
    }

    @Test
    void theWelcomeBringsThePlan() throws Exception {
        ControlMessage.Welcome welcome =
                (ControlMessage.Welcome) worker("read", 0, 0).hello();

        assertThat(welcome.sealed()).isFalse();
        assertThat(welcome.plan().plan().stages())
                .extracting(stage -> stage.name())
                .containsExactly("read", "write");
        assertThat(welcome.plan().plan().source()).isEqualTo(new Numbers(100, 2));
    }

    @Test
    void theWelcomeSaysThatDataIsSealed() throws Exception {
        restart(1, ControlServer.Options.loopback().withSealed(true));

        ControlMessage.Welcome welcome =
                (ControlMessage.Welcome) worker("read", 0, 0).hello();

        assertThat(welcome.sealed()).isTrue();
    }

    private static String pass(Credentials credentials) {
        return new String(credentials.byProvider().get("passes"), StandardCharsets.UTF_8);
    }

    @Test
    void credentialsAreSentUntilTheyAreTaken() throws Exception {
        Passes.set("first");
        restart(1, ControlServer.Options.loopback());
        PlayedWorker read = worker("read", 0, 0);

        Credentials first = ((ControlMessage.Welcome) read.hello()).credentials();
        assertThat(pass(first)).isEqualTo("first");
        assertThat(pass(read.report().credentials())).isEqualTo("first");
        read.taken(first.version());
        assertThat(read.report().credentials()).isNull();

        Passes.set("second");
        Credentials second =
                read.awaitOrders(orders -> orders.credentials() != null).credentials();
        assertThat(pass(second)).isEqualTo("second");
        assertThat(pass(read.report().credentials())).isEqualTo("second");
        read.taken(second.version());
        assertThat(read.report().credentials()).isNull();

        assertThat(Passes.open()).isEqualTo(1);
        job.cancel();
        server.close();
        assertThat(Passes.open()).isZero();
    }

    @Test
    void aJobThatNeedsNoCredentialsHasNone() throws Exception {
        assertThat(((ControlMessage.Welcome) worker("read", 0, 0).hello()).credentials())
                .isEqualTo(Credentials.NONE);
    }

    @Test
    void aHelloThatIsRepeatedIsAnsweredAgain() throws Exception {
        PlayedWorker read = welcomed("read", 0);
        read.welcomed();
        try (PlayedWorker afterABreak = worker("read", 0, 0)) {
            afterABreak.welcomed();
        }
        assertThat(driver.isDecided()).isFalse();
    }

    @Test
    void aWorkerOfAnotherProtocolIsRefusedAndTheJobSaysWhy() throws Exception {
        int another = ControlMessage.PROTOCOL + 1;

        ControlMessage.Refused refused =
                (ControlMessage.Refused) worker("read", 0, 0).hello(another, JDK, ClassPathDigest.ofThisJvm());

        assertThat(refused.reason())
                .isEqualTo("worker read-0 speaks protocol " + another + " on JDK " + JDK + " (expected: protocol "
                        + ControlMessage.PROTOCOL + " on JDK " + JDK + ", as the driver)");
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessage(refused.reason());
    }

    @Test
    void aWorkerOnAnotherJdkIsRefused() throws Exception {
        ControlMessage.Refused refused = (ControlMessage.Refused)
                worker("write", 0, 0).hello(ControlMessage.PROTOCOL, 11, ClassPathDigest.ofThisJvm());

        assertThat(refused.reason())
                .startsWith("worker write-0 speaks")
                .contains("on JDK 11 (expected: ", "on JDK " + JDK);
        assertThatThrownBy(() -> job.await(SOON)).hasMessage(refused.reason());
    }

    @Test
    void aWorkerWithAnotherClassPathIsRefusedAndBothSidesNameTheJar() throws Exception {
        List<ClassPathDigest.Entry> entries =
                new ArrayList<>(ClassPathDigest.stampsOfThisJvm().entries());
        ClassPathDigest.Entry mine = entries.get(entries.size() - 1);
        entries.set(entries.size() - 1, new ClassPathDigest.Entry(mine.name(), "0123456789abcdef"));

        ControlMessage.Refused refused = (ControlMessage.Refused)
                worker("read", 0, 0).hello(ControlMessage.PROTOCOL, JDK, new ClassPathDigest(entries));

        assertThat(refused.reason())
                .startsWith("worker read-0 has another class path: ")
                .contains(mine.name() + ": 0123456789ab… (expected: " + mine.sha256() + ", as the driver)");
        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessage(refused.reason());
    }

    @Test
    void aPeerWithoutTheKeysGetsNowhere() throws Exception {
        WorkerKeys others = JobKeys.create().workers();

        assertThatThrownBy(() -> WorkerSocket.connect(context, others, server.endpoint(), SOON))
                .isInstanceOf(InfrastructureException.class);

        assertThat(driver.isDecided()).isFalse();
        welcomed("read", 0);
    }

    @Test
    void everyReportIsAnsweredEvenOneWithNothingInIt() throws Exception {
        PlayedWorker read = welcomed("read", 0);

        assertThat(read.report()).isEqualTo(new ControlMessage.Orders(1, 0, null, false, false, null, Guidance.NONE));
        assertThat(read.report()).isEqualTo(new ControlMessage.Orders(2, 0, null, false, false, null, Guidance.NONE));
    }

    @Test
    void aGenerationBeginsWhenAllAreReadyAndTellsEachWhereTheOthersAre() throws Exception {
        restart(2, ControlServer.Options.loopback().withRoute(endpoint -> endpoint + "?routed"));
        List<PlayedWorker> readers = List.of(welcomed("read", 0), welcomed("read", 1));
        PlayedWorker write = welcomed("write", 0);
        for (int replica = 0; replica < 2; replica++) {
            String endpoint = "tcp://reader-" + replica;
            readers.get(replica).report(new ControlMessage.Ready(0, null, endpoint, null, Standing.NONE), null, null);
        }
        assertThat(readers.get(0).report().begin()).isNull();

        ControlMessage.Begin toWriter = write.report(writer(0), null, null).begin();

        assertThat(toWriter.start().generation()).isZero();
        assertThat(toWriter.start().attempt()).isZero();
        assertThat(toWriter.start().epoch()).isEqualTo(1);
        assertThat(toWriter.inlets()).isEmpty();
        assertThat(toWriter.outlets()).containsExactly("tcp://reader-0?routed", "tcp://reader-1?routed");
        for (PlayedWorker reader : readers) {
            ControlMessage.Begin begin = reader.report().begin();
            assertThat(begin.inlets()).containsExactly("tcp://writer:0?routed");
            assertThat(begin.outlets()).isEmpty();
        }
    }

    @Test
    void theBeginIsToldWithoutBeingAskedFor() throws Exception {
        PlayedWorker read = welcomed("read", 0);
        PlayedWorker write = welcomed("write", 0);
        assertThat(read.report(reader(0), null, null).begin()).isNull();

        write.report(writer(0), null, null);

        assertThat(read.receive())
                .isInstanceOfSatisfying(
                        ControlMessage.Orders.class,
                        orders -> assertThat(orders.begin()).isNotNull());
    }

    @Test
    void questionsAreAnswered() throws Exception {
        running();
        DriverConnection connection = new DriverConnection(
                context, keys.workers(), server.endpoint(), new ControlMessage.Sender("read", 0, 0));

        Coordinator.Assignment first = connection.nextSplit(0, 0);
        Coordinator.Assignment second = connection.nextSplit(0, 0);

        assertThat(first.epoch()).isEqualTo(1);
        assertThat(first.number()).isZero();
        assertThat(first.split().describe()).isEqualTo("numbers[0, 50)");
        assertThat(second.number()).isEqualTo(1);
        assertThat(second.split().describe()).isEqualTo("numbers[50, 100)");
        assertThat(connection.nextSplit(0, 0).split()).isNull();
        assertThat(connection.deal(0, 0, 1, 0, 10)).isZero();
        assertThat(connection.skip(0, 0, "record 7")).isFalse();
        assertThat(connection.evenOut(0, 0, 1, 7)).hasValue(7);
        assertThat(connection.epochOver(0, 0, 1)).isTrue();
    }

    @Test
    void aQuestionThatIsRepeatedIsAnsweredOnceAndTheSame() throws Exception {
        PlayedWorker read = running().read;

        Coordinator.Assignment first = assignment(read.ask(1, NEXT_SPLIT));
        assertThat(assignment(read.ask(1, NEXT_SPLIT)).number()).isEqualTo(first.number());
        try (PlayedWorker afterABreak = worker("read", 0, 0)) {
            assertThat(assignment(afterABreak.ask(1, NEXT_SPLIT)).number()).isEqualTo(first.number());
        }
        assertThat(assignment(read.ask(2, NEXT_SPLIT)).number()).isEqualTo(1);
        assertThat(assignment(read.ask(3, NEXT_SPLIT)).split()).isNull();
    }

    @Test
    void aQuestionThatComesAfterALaterOneIsNotHeard() throws Exception {
        PlayedWorker read = running().read;
        assertThat(assignment(read.ask(2, NEXT_SPLIT)).number()).isZero();

        // Held up on a connection that broke.
        read.send(new ControlMessage.Ask(read.self, 1, NEXT_SPLIT));

        // Nobody would have read the split that it was given.
        assertThat(assignment(read.ask(3, NEXT_SPLIT)).number()).isEqualTo(1);
    }

    @Test
    void questionsOfDifferentWorkersAreCountedByThemselves() throws Exception {
        restart(2, ControlServer.Options.loopback());
        PlayedWorker one = welcomed("read", 0);
        PlayedWorker two = welcomed("read", 1);
        one.report(reader(0), null, null);
        two.report(reader(0), null, null);
        welcomed("write", 0).report(writer(0), null, null);

        assertThat(assignment(one.ask(1, NEXT_SPLIT)).number()).isZero();
        assertThat(assignment(two.ask(1, new ControlMessage.NextSplit(0, 1))).number())
                .isEqualTo(1);
    }

    @Test
    void splitsOfWhichAllHasArrivedAreSettled() throws Exception {
        Pair pair = running();
        WorkerProgress read = progress(READ, Map.of(), List.of(new WorkerProgress.Account(1, 0, 99, true, -1)));
        WorkerProgress write = progress(WRITE, Map.of(), List.of(new WorkerProgress.Account(1, 0, -99, false, -1)));
        WorkerProgress.Settled settled = new WorkerProgress.Settled(0, 1, 0);

        assertThat(pair.read.report(null, read, null).guidance().settled()).isEmpty();
        assertThat(pair.write.report(null, write, null).guidance().settled()).containsExactly(settled);
        assertThat(pair.write.report(null, write, null).guidance().settled()).containsExactly(settled);
        assertThat(pair.read.report(null, read, null).guidance().settled()).containsExactly(settled);
    }

    private static WorkerProgress progress(
            int stage, Map<String, List<WorkerProgress.Point>> points, List<WorkerProgress.Account> accounts) {
        WorkerProgress p = new WorkerMetrics(stage, 0).progress();
        return new WorkerProgress(
                p.stage(),
                p.replica(),
                p.attempt(),
                p.epoch(),
                p.recordsIn(),
                p.recordsOut(),
                p.batchesIn(),
                p.bytesOut(),
                p.padded(),
                p.dropped(),
                p.nanos(),
                p.creditNanos(),
                p.outstanding(),
                p.training(),
                p.tallies(),
                points,
                p.lags(),
                p.quarantined(),
                0,
                accounts,
                0,
                0,
                null);
    }

    @Test
    void whenAllHasArrivedTheOthersAreTold() throws Exception {
        Pair pair = running();
        assertThat(pair.read.report().over()).isFalse();

        assertThat(pair.write.ask(new ControlMessage.EpochOver(0, 0, 1))).isEqualTo(new ControlMessage.Verdict(true));

        assertThat(pair.read.awaitOrders(ControlMessage.Orders::over).stop()).isFalse();
    }

    @Test
    void theJobEndsWhenAllHaveFinishedAndThenTheyAreStopped() throws Exception {
        Pair pair = running();
        assertThat(pair.write.report(null, null, finished(0, WRITE, 0, "seven")).stop())
                .isFalse();

        pair.read.report(null, null, finished(0, READ, 0, ""));

        pair.read.awaitOrders(ControlMessage.Orders::stop);
        pair.write.awaitOrders(ControlMessage.Orders::stop);
        job.await(SOON);
        assertThat(Written.to(directory).calls()).containsExactly("prepare", "commit [seven]");
    }

    @Test
    void anEndThatIsToldTwiceIsOneEnd() throws Exception {
        restart(2, ControlServer.Options.loopback());
        List<PlayedWorker> readers = List.of(welcomed("read", 0), welcomed("read", 1));
        readers.get(0).report(reader(0), null, null);
        readers.get(1).report(reader(0), null, null);
        PlayedWorker write = welcomed("write", 0);
        write.report(writer(0), null, null);
        Map<String, List<WorkerProgress.Point>> points = Map.of("loss", List.of(new WorkerProgress.Point(10, 0.25)));
        ControlMessage.Finished end = new ControlMessage.Finished(0, "seven", progress(WRITE, points, List.of()));

        for (int time = 0; time < 3; time++) {
            assertThat(write.report(null, null, end).stop()).isFalse();
            assertThat(readers.get(0)
                            .report(null, null, finished(0, READ, 0, ""))
                            .stop())
                    .isFalse();
        }
        readers.get(1).report(null, null, finished(0, READ, 1, ""));

        assertThat(job.await(SOON).metric("loss")).hasSize(1);
        assertThat(Written.to(directory).calls()).endsWith("commit [seven]");
    }

    @Test
    void aFailureFromOutsideCallsForAnotherGeneration() throws Exception {
        Pair pair = running();
        assertThat(assignment(pair.read.ask(NEXT_SPLIT)).number()).isZero();

        ControlMessage.Orders orders =
                pair.read.report(null, null, null, failed(0, "read", GheeException.Kind.INFRASTRUCTURE));

        assertThat(orders.generation()).isEqualTo(1);
        assertThat(orders.begin()).isNull();
        assertThat(pair.write.report().generation()).isEqualTo(1);
        assertThat(pair.write.report(null, null, finished(0, WRITE, 0, "half")).stop())
                .isFalse();
        pair.read.report(reader(1), null, null);
        pair.write.report(writer(1, new Standing(0, 1, 10, 1, new byte[0])), null, null);

        ControlMessage.Begin begin =
                pair.write.awaitOrders(each -> each.begin() != null).begin();

        assertThat(begin.start().generation()).isEqualTo(1);
        assertThat(begin.start().attempt()).isZero();
        assertThat(begin.outlets()).containsExactly("tcp://reader:1");
        assertThat(pair.read.report().begin().inlets()).containsExactly("tcp://writer:1");
        assertThat(driver.jobProgress().restarts()).containsExactly("stage read, replica 0: no good");
    }

    @Test
    void questionsOfAGenerationThatIsOverAreTurnedAway() throws Exception {
        Pair pair = running();
        pair.read.report(null, null, null, failed(0, "read", GheeException.Kind.INFRASTRUCTURE));

        assertThat(pair.read.ask(NEXT_SPLIT)).isEqualTo(new ControlMessage.Abandoned());
        assertThat(pair.read.ask(new ControlMessage.Deal(0, 0, 1, 0, 1))).isEqualTo(new ControlMessage.Abandoned());
        assertThat(pair.write.ask(new ControlMessage.EpochOver(0, 0, 1))).isEqualTo(new ControlMessage.Abandoned());
    }

    @Test
    void aFailureThatIsToldTwiceIsOneLoss() throws Exception {
        PlayedWorker read = running().read;
        ControlMessage.Failed failed = failed(0, "read", GheeException.Kind.INFRASTRUCTURE);

        for (int time = 0; time < 5; time++) {
            assertThat(read.report(reader(0), null, null, failed).generation()).isEqualTo(1);
        }

        assertThat(driver.jobProgress().restarts()).hasSize(1);
    }

    @Test
    void aReadinessThatIsToldTwiceIsOneWorkerThatIsReady() throws Exception {
        PlayedWorker read = welcomed("read", 0);

        for (int time = 0; time < 3; time++) {
            assertThat(read.report(reader(0), null, null).begin()).isNull();
        }
    }

    @Test
    void aLossInTheLastStageIsAnotherAttemptOfIt() throws Exception {
        Pair pair = running();

        pair.write.report(null, null, null, failed(0, "write", GheeException.Kind.INFRASTRUCTURE));
        pair.read.report(reader(1), null, null);
        pair.write.report(writer(1), null, null);

        ControlMessage.Begin begin =
                pair.write.awaitOrders(each -> each.begin() != null).begin();
        assertThat(begin.start().attempt()).isEqualTo(1);
        assertThat(begin.start().epoch()).isEqualTo(1);
    }

    @Test
    void aFailureOfAFunctionEndsTheJob() throws Exception {
        PlayedWorker read = running().read;

        read.report(null, null, null, failed(0, "read", GheeException.Kind.JOB));

        assertThatThrownBy(() -> job.await(SOON)).isInstanceOfSatisfying(StageFailedException.class, failure -> {
            assertThat(failure).hasMessage("stage read, replica 0: no good");
            assertThat(failure.failure().stack()).isEqualTo("its stack");
        });
        read.awaitOrders(ControlMessage.Orders::stop);
        assertThat(Written.to(directory).calls()).containsExactly("prepare", "abort");
    }

    @Test
    void anEarlierLifeOfAWorkerIsNotHeard() throws Exception {
        Pair pair = running();
        driver.lost(READ, 0, new InfrastructureException("read-0 was killed"));
        server.expect(READ, 0, 1);

        // The old one is not quite dead.
        pair.read.send(new ControlMessage.Report(pair.read.self, 9, 0, reader(1), null, null, Memory.now(), List.of()));
        pair.read.send(new ControlMessage.Report(
                pair.read.self,
                10,
                0,
                null,
                null,
                null,
                Memory.now(),
                List.of(failed(1, "read", GheeException.Kind.JOB))));
        pair.read.send(new ControlMessage.Ask(pair.read.self, 1, new ControlMessage.NextSplit(1, 0)));
        pair.write.report(writer(1, new Standing(0, 1, 0, 0, new byte[0])), null, null);
        PlayedWorker next = worker("read", 0, 1);
        next.welcomed();

        assertThat(next.report().begin()).isNull();
        assertThat(next.report().generation()).isEqualTo(1);
        next.report(reader(1), null, null);
        next.awaitOrders(each -> each.begin() != null);
        assertThat(assignment(next.ask(1, new ControlMessage.NextSplit(1, 0))).number())
                .isZero();
        assertThat(driver.isDecided()).isFalse();
        assertThat(driver.jobProgress().restarts()).containsExactly("read-0 was killed");
    }

    @Test
    void aWorkerThatNobodyExpectsIsNotHeard() throws Exception {
        PlayedWorker stranger = worker("write", 5, 0);
        stranger.send(new ControlMessage.Hello(stranger.self, 77, JDK, ClassPathDigest.ofThisJvm(), 1));
        stranger.send(new ControlMessage.Report(
                stranger.self,
                1,
                0,
                null,
                null,
                null,
                Memory.now(),
                List.of(failed(0, "write", GheeException.Kind.JOB))));

        welcomed("read", 0).report();

        assertThat(stranger.receive(Duration.ofMillis(100))).isNull();
        assertThat(driver.isDecided()).isFalse();
    }

    @Test
    void whatIsNoMessageEndsTheJobButNotTheChannel() throws Exception {
        PlayedWorker read = welcomed("read", 0);

        worker("read", 0, 0).sendRaw("no message".getBytes());

        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("a control message of 10 bytes cannot be read");
        read.awaitOrders(ControlMessage.Orders::stop);
    }

    @Test
    void whatIsAMessageForWorkersEndsTheJobButNotTheChannel() throws Exception {
        PlayedWorker read = welcomed("read", 0);

        read.sendRaw(new MessageCodec(ControlMessage.class).write(new ControlMessage.Refused("by the worker")));

        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("is Refused of")
                .hasMessageContaining("(expected: ToDriver)");
        read.awaitOrders(ControlMessage.Orders::stop);
    }

    @Test
    void aWorkerThatComesWhenTheJobIsOverIsTurnedAway() throws Exception {
        job.cancel();

        assertThat(worker("read", 0, 0).hello())
                .isInstanceOfSatisfying(
                        ControlMessage.Orders.class,
                        orders -> assertThat(orders.stop()).isTrue());
    }

    @Test
    void workersThatDoNotRegisterAreNamed() throws Exception {
        restart(1, ControlServer.Options.loopback().withRegistration(Duration.ofSeconds(4)));
        PlayedWorker read = welcomed("read", 0);

        assertThatThrownBy(() -> job.await(SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessage("workers [write-0] did not register within 4 s")
                .extracting(failure -> ((GheeException) failure).kind())
                .isEqualTo(GheeException.Kind.INFRASTRUCTURE);
        read.awaitOrders(ControlMessage.Orders::stop);
    }

    @Test
    void aWorkerThatFallsSilentIsTold() throws Exception {
        restart(1, ControlServer.Options.loopback().withSilence(Duration.ofSeconds(3)));
        PlayedWorker read = running().read;
        silent.clear();

        // The other one says nothing any more.
        await().atMost(SOON).until(() -> {
            read.report();
            return !silent.isEmpty();
        });

        assertThat(silent).containsExactly("1/0: stage write, replica 0 has said nothing for 3 s");
        assertThat(driver.isDecided()).isFalse();
        assertThat(driver.generation()).isZero();
    }

    @Test
    void anotherThreadMayStartAWorkerAgainWhileOneIsToldToBeSilent() throws Exception {
        CountDownLatch expected = new CountDownLatch(1);
        restart(1, ControlServer.Options.loopback().withSilence(Duration.ofSeconds(1)));
        running();
        onSilent = () -> {
            Thread other = new Thread(() -> {
                server.expect(READ, 0, 1);
                expected.countDown();
            });
            other.start();
            try {
                other.join(SOON.toMillis());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertThat(other.isAlive()).isFalse();
        };

        assertThat(expected.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        await().atMost(SOON).until(() -> silent.size() > 1);
        assertThat(driver.isDecided()).isFalse();
    }

    @Test
    void aPauseOfTheDriverIsNoSilenceOfTheWorkers() throws Exception {
        AtomicBoolean pausing = new AtomicBoolean();
        CountDownLatch paused = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        restart(
                1,
                ControlServer.Options.loopback()
                        .withSilence(Duration.ofSeconds(2))
                        .withRoute(endpoint -> {
                            if (pausing.compareAndSet(true, false)) {
                                paused.countDown();
                                try {
                                    assertThat(goOn.await(30, TimeUnit.SECONDS)).isTrue();
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                            }
                            return endpoint;
                        }));
        Pair pair = running();
        silent.clear();
        pausing.set(true);
        pair.read.send(new ControlMessage.Report(pair.read.self, 100, 0, null, null, null, Memory.now(), List.of()));
        assertThat(paused.await(30, TimeUnit.SECONDS)).isTrue();
        long pausedNanos = System.nanoTime();
        pair.write.send(new ControlMessage.Report(pair.write.self, 100, 0, null, null, null, Memory.now(), List.of()));

        await().atMost(SOON)
                .until(() ->
                        System.nanoTime() - pausedNanos > Duration.ofSeconds(3).toNanos());
        goOn.countDown();

        pair.read.report();
        pair.write.report();
        pair.read.report();
        assertThat(silent).isEmpty();
    }
}
