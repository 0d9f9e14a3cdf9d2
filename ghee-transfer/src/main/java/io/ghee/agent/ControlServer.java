package io.ghee.agent;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.plan.PlannedStage;
import io.ghee.run.Coordinator;
import io.ghee.run.Failure;
import io.ghee.run.JobDriver;
import io.ghee.transfer.OutletAddress;
import io.ghee.transfer.Zmq;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZFrame;
import org.zeromq.ZMQ;
import org.zeromq.ZMsg;

/**
 * The driver's end of the control channel: registers the workers, starts them together when all are there, answers their
 * questions from the {@link JobDriver}, and stops them. One thread owns the socket.
 *
 * <p>Every message comes with the job's token; one without it is not read.
 */
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int POLL_MILLIS = 20;
    /** Workers send little; the longest messages are stacks and what a sink has to commit. */
    private static final long LONGEST_MESSAGE = 64L << 20;

    private final JobDriver driver;
    private final byte[] token;
    private final PlanBytes plan;
    private final long jobNumber;
    private final ZContext context = Zmq.context();
    private final ZMQ.Socket socket;
    private final String endpoint;
    private final ControlMessage.Codec codec = new ControlMessage.Codec();
    private final List<byte[]> greeted = new ArrayList<>();
    private final Map<String, byte[]> identities = new HashMap<>();
    private final Map<String, OutletAddress> outlets = new HashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile boolean stopping;
    private volatile boolean ending;

    /** Binds to a free port of {@code host}. */
    public ControlServer(JobDriver driver, String token, String host) {
        this.driver = driver;
        this.token = token.getBytes(StandardCharsets.UTF_8);
        this.plan = PlanBytes.of(driver.plan());
        this.jobNumber = UUID.randomUUID().getMostSignificantBits();
        socket = Zmq.socket(context, SocketType.ROUTER);
        socket.setLinger(1000);
        socket.setMaxMsgSize(LONGEST_MESSAGE);
        endpoint = "tcp://" + host + ":" + socket.bindToRandomPort("tcp://" + host);
    }

    /** Where workers connect to. */
    public String endpoint() {
        return endpoint;
    }

    /**
     * Begins to serve.
     *
     * @param registration how long the workers have to register; the job fails after that, naming those that did not
     */
    public void start(Duration registration) {
        Thread thread = new Thread(() -> serve(registration), "ghee-control-" + driver.job());
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Duration registration) {
        long deadline = System.nanoTime() + registration.toNanos();
        boolean told = false;
        socket.setReceiveTimeOut(POLL_MILLIS);
        try {
            // At the end, too, everything is read: the last progress has points that no other one has.
            boolean received = true;
            while (received || !ending) {
                received = receive();
                if (stopping && !told) {
                    greeted.forEach(worker -> send(worker, new ControlMessage.Stop()));
                    told = true;
                }
                if (!driver.isDecided()
                        && identities.size() < driver.plan().workers()
                        && System.nanoTime() > deadline) {
                    driver.fail(new InfrastructureException(
                            missing() + " did not register within " + registration.toSeconds() + " s"));
                }
            }
        } catch (RuntimeException e) {
            driver.fail(new InfrastructureException("the control channel failed: " + e, e));
        } finally {
            socket.close();
            closed.countDown();
        }
    }

    /** Reads one message, all of it, whoever sent it; false if none came for a while. */
    private boolean receive() {
        ZMsg message = ZMsg.recvMsg(socket);
        if (message == null) {
            return false;
        }
        byte[][] parts = message.stream().map(ZFrame::getData).toArray(byte[][]::new);
        if (parts.length != 3 || !MessageDigest.isEqual(parts[1], token)) {
            LOG.warn("job {}: a message without the job's token was refused", driver.job());
            return true;
        }
        try {
            handle(parts[0], codec.read(parts[2], ControlMessage.ToDriver.class));
        } catch (GheeException e) {
            driver.fail(e);
        }
        return true;
    }

    private void handle(byte[] identity, ControlMessage.ToDriver message) {
        if (message instanceof ControlMessage.Hello hello) {
            welcome(identity, hello);
        } else if (message instanceof ControlMessage.Ready ready) {
            register(identity, ready);
        } else if (message instanceof ControlMessage.NextSplit next) {
            Coordinator.Assignment assignment = driver.nextSplit(next.replica());
            send(identity, new ControlMessage.Assigned(assignment.epoch(), assignment.split()));
        } else if (message instanceof ControlMessage.Deal deal) {
            send(identity, new ControlMessage.Dealt(driver.deal(deal.stage(), deal.epoch(), deal.rows())));
        } else if (message instanceof ControlMessage.Skip skip) {
            send(identity, new ControlMessage.SkipAllowed(driver.skip(skip.stage(), skip.replica(), skip.message())));
        } else if (message instanceof ControlMessage.Progress progress) {
            driver.progress(progress.progress());
        } else if (message instanceof ControlMessage.Finished done) {
            driver.finished(done.stage(), done.replica(), done.committable(), done.progress());
        } else if (message instanceof ControlMessage.Failed failed) {
            failed(failed.failure());
        } else if (message instanceof ControlMessage.Alive) {
            send(identity, new ControlMessage.Heard());
        }
    }

    private void failed(Failure failure) {
        LOG.debug("job {}: {}\n{}", driver.job(), failure.summary(), failure.stack());
        driver.failed(failure);
    }

    private void welcome(byte[] identity, ControlMessage.Hello hello) {
        int jdk = Runtime.version().feature();
        if (hello.protocol() != ControlMessage.PROTOCOL || hello.jdk() != jdk) {
            String reason = "worker " + hello.stage() + "-" + hello.replica() + " speaks protocol " + hello.protocol()
                    + " on JDK " + hello.jdk() + " (expected: protocol " + ControlMessage.PROTOCOL + " on JDK " + jdk
                    + ", as the driver)";
            send(identity, new ControlMessage.Refused(reason));
            throw new InfrastructureException(reason);
        }
        greeted.add(identity);
        send(identity, stopping ? new ControlMessage.Stop() : new ControlMessage.Welcome(plan, jobNumber));
    }

    private void register(byte[] identity, ControlMessage.Ready ready) {
        String worker = ready.stage() + "/" + ready.replica();
        identities.put(worker, identity);
        if (ready.outlet() != null) {
            outlets.put(worker, ready.outlet());
        }
        if (identities.size() == driver.plan().workers()) {
            startAll();
        }
    }

    private void startAll() {
        for (PlannedStage stage : driver.plan().stages()) {
            List<OutletAddress> senders = new ArrayList<>();
            if (stage.input() instanceof PlannedStage.FromStage from) {
                for (int sender = 0; sender < driver.plan().stage(from.stage()).replicas(); sender++) {
                    OutletAddress outlet = outlets.get(from.stage() + "/" + sender);
                    if (outlet == null) {
                        throw new InfrastructureException(
                                "replica " + sender + " of stage " + from.stage() + " has no outlet");
                    }
                    senders.add(outlet);
                }
            }
            for (int replica = 0; replica < stage.replicas(); replica++) {
                byte[] identity = identities.get(stage.index() + "/" + replica);
                if (identity != null) {
                    send(identity, new ControlMessage.Start(senders));
                }
            }
        }
    }

    private String missing() {
        List<String> missing = new ArrayList<>();
        for (PlannedStage stage : driver.plan().stages()) {
            for (int replica = 0; replica < stage.replicas(); replica++) {
                if (!identities.containsKey(stage.index() + "/" + replica)) {
                    missing.add(stage.name() + "-" + replica);
                }
            }
        }
        return "workers " + missing;
    }

    private void send(byte[] identity, ControlMessage.ToWorker message) {
        socket.sendMore(identity);
        socket.send(codec.write(message), 0);
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
        context.close();
    }
}
