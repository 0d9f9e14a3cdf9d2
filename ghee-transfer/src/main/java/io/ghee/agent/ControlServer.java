package io.ghee.agent;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.channel.AbandonedException;
import io.ghee.plan.PlannedStage;
import io.ghee.run.Coordinator;
import io.ghee.run.Credentials;
import io.ghee.run.Guidance;
import io.ghee.run.JobCredentials;
import io.ghee.run.JobDriver;
import io.ghee.run.Start;
import io.ghee.run.Team;
import io.ghee.transfer.wire.MessageCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's end of the control channel: greets the workers, passes their reports and questions to the {@link JobDriver}
 * and its answers and orders to them, and notices who has fallen silent. One thread owns the socket.
 */
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final Duration POLL = Duration.ofMillis(5);
    /** Longer than this between two looks is a pause of this process, and no worker's silence. */
    private static final Duration STOOD_STILL = Duration.ofMillis(500);

    private final JobDriver driver;
    private final Options options;
    private final OnSilent onSilent;
    private final PlanBytes plan;
    private final ClassPathDigest classPath;
    private final CodeServer code = new CodeServer();
    private final JobCredentials credentials;
    private final DriverSocket socket;
    private final String endpoint;
    private final MessageCodec messages = new MessageCodec(ControlMessage.class);
    private final Map<String, Peer> peers = new HashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private long lookedNanos = System.nanoTime();
    private volatile boolean changed;
    private volatile boolean stopping;
    private volatile boolean ending;

    /**
     * How the server treats its workers.
     *
     * @param host the address that it binds to
     * @param sameFiles whether the workers have the driver's very files as their class path
     * @param sealed whether frames of data are encrypted
     * @param registration how long a worker may take from its start to its first word
     * @param silence how long a worker that has spoken may say nothing before it is taken for lost
     * @param route what a worker is told in place of the endpoint of another
     */
    public record Options(
            String host,
            boolean sameFiles,
            boolean sealed,
            Duration registration,
            Duration silence,
            UnaryOperator<String> route) {
        /** For workers on this machine. */
        public static Options loopback() {
            return new Options(
                    "127.0.0.1", true, false, Duration.ofSeconds(60), Duration.ofSeconds(30), UnaryOperator.identity());
        }

        /**
         * For workers on other machines, with files of their own; {@code host} is an address that they reach this machine by.
         * How long they may take to come is for the launcher to say, which sees them being started.
         */
        public static Options network(String host) {
            return new Options(host, false, true, Duration.ofDays(7), Duration.ofSeconds(30), UnaryOperator.identity());
        }

        public Options withSealed(boolean yes) {
            return new Options(host, sameFiles, yes, registration, silence, route);
        }

        public Options withRegistration(Duration time) {
            return new Options(host, sameFiles, sealed, time, silence, route);
        }

        public Options withSilence(Duration time) {
            return new Options(host, sameFiles, sealed, registration, time, route);
        }

        public Options withRoute(UnaryOperator<String> through) {
            return new Options(host, sameFiles, sealed, registration, silence, through);
        }
    }

    /** Told of a worker that says nothing any more: gets rid of it, and starts it again. */
    public interface OnSilent {
        void silent(int stage, int replica, InfrastructureException reason);
    }

    /** A worker as the server knows it. */
    private static final class Peer {
        private final int stage;
        private final int replica;
        private final int life;
        private long heardNanos = System.nanoTime();
        private boolean greeted;
        private byte @Nullable [] address;
        /** The version of the credentials that it has taken. */
        private long credentials;

        private ControlMessage.@Nullable Ready ready;
        private @Nullable Memory memory;
        private long answered;
        private byte[] answer = new byte[0];

        Peer(int stage, int replica, int life) {
            this.stage = stage;
            this.replica = replica;
            this.life = life;
        }
    }

    /**
     * Binds to a free port, and gets what workers need to be let into storage.
     *
     * @throws io.ghee.ConfigurationException if the driver is not let in itself
     * @throws InfrastructureException if a server does not answer
     */
    public ControlServer(JobDriver driver, JobKeys keys, Options options, OnSilent onSilent) {
        this.driver = driver;
        this.onSilent = onSilent;
        this.options = options;
        this.plan = PlanBytes.of(driver.plan());
        this.classPath = options.sameFiles() ? ClassPathDigest.stampsOfThisJvm() : ClassPathDigest.ofThisJvm();
        this.credentials = JobCredentials.open(() -> changed = true);
        this.socket = bind(keys, options.host());
        this.endpoint = socket.endpoint();
        driver.onChange(() -> changed = true);
    }

    private DriverSocket bind(JobKeys keys, String host) {
        try {
            return DriverSocket.bind(keys, host);
        } catch (RuntimeException e) {
            credentials.close();
            throw e;
        }
    }

    /** Where workers connect to. */
    public String endpoint() {
        return endpoint;
    }

    /** A worker is being started; what an earlier life of it still says is not heard. */
    public void expect(int stage, int replica, int life) {
        synchronized (peers) {
            peers.put(name(stage, replica), new Peer(stage, replica, life));
        }
    }

    /** The memory that a worker took when it was heard of last, or null if it has not been. */
    public @Nullable Memory memory(int stage, int replica) {
        synchronized (peers) {
            Peer peer = peers.get(name(stage, replica));
            return peer == null ? null : peer.memory;
        }
    }

    private String name(int stage, int replica) {
        return driver.plan().stage(stage).name() + "-" + replica;
    }

    /** Begins to serve. */
    public void start() {
        Thread thread = new Thread(this::serve, "ghee-control-" + driver.job());
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        try {
            boolean told = false;
            boolean received = true;
            // At the end, too, everything is read: the last progress has points that no other one has.
            while (received || !ending) {
                received = receive();
                List<Peer> silent = List.of();
                synchronized (peers) {
                    if (changed || (stopping && !told)) {
                        told = stopping;
                        changed = false;
                        tellAll();
                    }
                    if (!stopping && !driver.isDecided()) {
                        driver.start();
                        silent = noticeSilence();
                    }
                }
                // Not under the lock: whoever starts a worker again calls expect, perhaps under a lock of its own.
                silent.forEach(this::tell);
            }
        } catch (RuntimeException e) {
            driver.fail(new InfrastructureException("the control channel failed: " + e, e));
        } finally {
            socket.close();
            code.close();
            closed.countDown();
        }
    }

    /** Reads one message; false if none came for a while. */
    private boolean receive() {
        DriverSocket.Received received = socket.receive(POLL);
        if (received == null) {
            return false;
        }
        if (CodeMessage.isOne(received.body())) {
            giveCode(received);
            return true;
        }
        try {
            ControlMessage.ToDriver message = messages.read(received.body(), ControlMessage.ToDriver.class);
            synchronized (peers) {
                Peer peer =
                        peers.get(message.from().stage() + "-" + message.from().replica());
                if (peer != null && peer.life == message.from().life()) {
                    peer.heardNanos = System.nanoTime();
                    handle(peer, received.peer(), message);
                }
            }
        } catch (GheeException e) {
            driver.fail(e);
        }
        return true;
    }

    private void giveCode(DriverSocket.Received received) {
        CodeMessage answer;
        try {
            CodeMessage question = CodeMessage.read(received.body());
            if (question instanceof CodeMessage.Wanted wanted) {
                answer = code.part(wanted);
            } else if (question instanceof CodeMessage.Asked asked) {
                checkRuntime("worker " + asked.stage() + "-" + asked.replica(), asked.protocol(), asked.jdk());
                synchronized (peers) {
                    Peer peer = peers.get(asked.stage() + "-" + asked.replica());
                    if (peer != null && peer.life == asked.life()) {
                        peer.heardNanos = System.nanoTime();
                    }
                }
                answer = new CodeMessage.Told(classPath);
            } else {
                return;
            }
        } catch (InfrastructureException e) {
            answer = new CodeMessage.Refused(e.reason());
            driver.fail(e);
        }
        socket.send(received.peer(), CodeMessage.write(answer));
    }

    private static void checkRuntime(String worker, int protocol, int jdk) {
        int mine = Runtime.version().feature();
        if (protocol != ControlMessage.PROTOCOL || jdk != mine) {
            throw new InfrastructureException(worker + " speaks protocol " + protocol + " on JDK " + jdk
                    + " (expected: protocol " + ControlMessage.PROTOCOL + " on JDK " + mine + ", as the driver)");
        }
    }

    private void handle(Peer peer, byte[] address, ControlMessage.ToDriver message) {
        if (message instanceof ControlMessage.Hello hello) {
            greet(peer, address, hello);
        } else if (message instanceof ControlMessage.Ask ask) {
            if (ask.number() < peer.answered) {
                // Of a connection that broke: the worker has its answer, and would never know of another one.
                return;
            } else if (ask.number() > peer.answered) {
                peer.answered = ask.number();
                peer.answer = messages.write(new ControlMessage.Answer(ask.number(), answer(ask.question())));
            }
            socket.send(address, peer.answer);
        } else if (message instanceof ControlMessage.Report report) {
            peer.address = address;
            peer.credentials = report.credentials();
            hear(peer, report);
        }
    }

    private void greet(Peer peer, byte[] address, ControlMessage.Hello hello) {
        if (stopping) {
            send(address, orders(peer, 0, Guidance.NONE));
            return;
        }
        String worker = "worker " + name(peer.stage, peer.replica);
        try {
            checkRuntime(worker, hello.protocol(), hello.jdk());
            if (!hello.classPath().equals(classPath)) {
                throw new InfrastructureException(
                        worker + " has another class path: " + hello.classPath().differences(classPath));
            }
        } catch (InfrastructureException e) {
            send(address, new ControlMessage.Refused(e.reason()));
            throw e;
        }
        peer.greeted = true;
        send(address, new ControlMessage.Welcome(plan, options.sealed(), credentials.current()));
    }

    private void hear(Peer peer, ControlMessage.Report report) {
        Guidance guidance = Guidance.NONE;
        peer.memory = report.memory();
        if (report.progress() != null) {
            guidance = driver.progress(report.progress());
        }
        if (report.ready() != null) {
            peer.ready = report.ready();
            driver.ready(
                    report.ready().generation(),
                    peer.stage,
                    peer.replica,
                    report.ready().standing());
        }
        if (report.finished() != null) {
            ControlMessage.Finished done = report.finished();
            driver.finished(done.generation(), peer.stage, peer.replica, done.committable(), done.progress());
        }
        for (ControlMessage.Failed failed : report.failed()) {
            LOG.debug(
                    "job {}: {}\n{}",
                    driver.job(),
                    failed.failure().summary(),
                    failed.failure().stack());
            driver.failed(failed.generation(), failed.failure());
        }
        if (peer.address != null) {
            send(peer.address, orders(peer, report.number(), guidance));
        }
    }

    private ControlMessage.Orders orders(Peer peer, long report, Guidance guidance) {
        Start start = driver.start();
        ControlMessage.Begin begin = start == null ? null : begin(peer, start);
        Credentials latest = credentials.current();
        return new ControlMessage.Orders(
                report,
                driver.generation(),
                begin,
                driver.isOver(),
                stopping || driver.isRetired(peer.stage, peer.replica),
                latest.version() > peer.credentials ? latest : null,
                guidance);
    }

    private ControlMessage.@Nullable Begin begin(Peer peer, Start start) {
        PlannedStage stage = driver.plan().stage(peer.stage);
        boolean isLeftOut = driver.plan().isLast(stage)
                ? start.rank(peer.replica) < 0
                : driver.hasFinished(peer.stage, peer.replica);
        if (isLeftOut) {
            return null;
        }
        List<String> inlets = List.of();
        List<String> outlets = List.of();
        List<String> ring = List.of();
        if (stage.output() instanceof PlannedStage.ToStage to) {
            inlets = routed(endpoints(to.stage(), takingPart(to.stage(), start), start, ControlMessage.Ready::inlet));
        }
        if (stage.input() instanceof PlannedStage.FromStage from) {
            outlets = routed(
                    endpoints(from.stage(), takingPart(from.stage(), start), start, ControlMessage.Ready::outlet));
        }
        if (stage.worksTogether()) {
            ring = endpoints(
                    peer.stage, Team.of(stage, start, peer.replica).replicas(), start, ControlMessage.Ready::ring);
        }
        return inlets == null || outlets == null || ring == null
                ? null
                : new ControlMessage.Begin(start, inlets, outlets, ring);
    }

    private List<Integer> takingPart(int stage, Start start) {
        PlannedStage its = driver.plan().stage(stage);
        return driver.plan().isLast(its)
                ? start.members()
                : IntStream.range(0, its.replicas()).boxed().toList();
    }

    /** Where replicas of a stage are bound in a generation, or null if one of them has not said so any more. */
    private @Nullable List<String> endpoints(
            int stage, List<Integer> replicas, Start start, Function<ControlMessage.Ready, @Nullable String> end) {
        List<String> endpoints = new ArrayList<>();
        for (int replica : replicas) {
            Peer other = peers.get(name(stage, replica));
            ControlMessage.Ready ready = other == null ? null : other.ready;
            String bound = ready == null || ready.generation() != start.generation() ? null : end.apply(ready);
            if (bound == null) {
                return null;
            }
            endpoints.add(bound);
        }
        return endpoints;
    }

    private @Nullable List<String> routed(@Nullable List<String> endpoints) {
        return endpoints == null
                ? null
                : endpoints.stream().map(options.route()).toList();
    }

    private ControlMessage.Reply answer(ControlMessage.Question question) {
        try {
            if (question instanceof ControlMessage.NextSplit next) {
                Coordinator.Assignment assigned = driver.nextSplit(next.generation(), next.replica());
                return new ControlMessage.Assigned(
                        assigned.epoch(), assigned.number(), assigned.split(), assigned.from(), assigned.consumed());
            } else if (question instanceof ControlMessage.Deal deal) {
                return new ControlMessage.Count(
                        driver.deal(deal.generation(), deal.stage(), deal.epoch(), deal.team(), deal.amount()));
            } else if (question instanceof ControlMessage.EpochOver over) {
                return new ControlMessage.Verdict(
                        driver.epochOver(over.generation(), over.replica(), over.epoch(), Duration.ZERO));
            } else if (question instanceof ControlMessage.Ending ending) {
                return new ControlMessage.Verdict(driver.isEnding(ending.generation(), ending.epoch()));
            } else if (question instanceof ControlMessage.EvenOut even) {
                OptionalInt number =
                        driver.evenOut(even.attempt(), even.replica(), even.epoch(), even.batches(), Duration.ZERO);
                return new ControlMessage.Count(number.orElse(-1));
            } else if (question instanceof ControlMessage.AtStep at) {
                Coordinator.StepOrder order = driver.atStep(at.attempt(), at.replica(), at.step());
                return new ControlMessage.Ordered(order.save(), order.stop(), order.next());
            } else if (question instanceof ControlMessage.Saved saved) {
                driver.saved(saved.attempt(), saved.replica(), saved.position(), saved.failure());
                return new ControlMessage.Verdict(true);
            } else if (question instanceof ControlMessage.TrialFailed trial) {
                driver.trialFailed(trial.replica(), trial.reason());
                return new ControlMessage.Verdict(true);
            } else if (question instanceof ControlMessage.Skip skip) {
                return new ControlMessage.Verdict(driver.skip(skip.stage(), skip.replica(), skip.message()));
            }
            throw new IllegalStateException("nobody answers " + question);
        } catch (AbandonedException e) {
            return new ControlMessage.Abandoned();
        } catch (InterruptedException e) {
            throw new IllegalStateException("the driver does not wait here", e);
        }
    }

    private void tellAll() {
        for (Peer peer : peers.values()) {
            if (peer.address != null) {
                send(peer.address, orders(peer, 0, Guidance.NONE));
            }
        }
    }

    /** Lost is who has not come, or says nothing any more: its process may be stopped, or its machine gone. */
    private List<Peer> noticeSilence() {
        long now = System.nanoTime();
        // While this process stood still, it did not listen; what was said meanwhile is still to be read.
        long deaf = now - lookedNanos;
        lookedNanos = now;
        if (deaf > STOOD_STILL.toNanos()) {
            peers.values().forEach(peer -> peer.heardNanos += deaf);
            return List.of();
        }
        List<Peer> silent = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Map.Entry<String, Peer> each : peers.entrySet()) {
            Peer peer = each.getValue();
            long quiet = now - peer.heardNanos;
            if (!peer.greeted && quiet > options.registration().toNanos()) {
                missing.add(each.getKey());
            } else if (peer.greeted
                    && quiet > options.silence().toNanos()
                    && !driver.isRetired(peer.stage, peer.replica)) {
                peer.heardNanos = now;
                silent.add(peer);
            }
        }
        if (!missing.isEmpty()) {
            driver.fail(new InfrastructureException("workers " + missing + " did not register within "
                    + options.registration().toSeconds() + " s"));
        }
        return silent;
    }

    private void tell(Peer peer) {
        String reason = "stage " + driver.plan().stage(peer.stage).name() + ", replica " + peer.replica
                + " has said nothing for " + options.silence().toSeconds() + " s";
        LOG.warn("job {}: {}", driver.job(), reason);
        onSilent.silent(peer.stage, peer.replica, new InfrastructureException(reason));
    }

    private <M extends Record & ControlMessage.ToWorker> void send(byte[] address, M message) {
        socket.send(address, messages.write(message));
    }

    /** Tells all workers to end. */
    public void stopWorkers() {
        stopping = true;
    }

    @Override
    public void close() {
        ending = true;
        try {
            if (!closed.await(5, TimeUnit.SECONDS)) {
                LOG.warn("job {}: the control channel has not closed within 5 s", driver.job());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        credentials.close();
    }
}
