package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.run.Failure;
import io.ghee.run.StageTask;
import io.ghee.run.WorkerMetrics;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.TransferManager;
import io.ghee.transfer.Zmq;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;

/**
 * The main class of a worker's process. It registers with the driver, is given the plan, binds its outlet, and when all
 * workers are ready runs its stage task; meanwhile it reports how far it is. It ends when the driver says so, or is gone.
 *
 * <p>Who it is stands on its command line, for people who read {@code ps}: {@code -Dghee.job}, {@code -Dghee.stage} and
 * {@code -Dghee.replica}. Where the driver is, and the token that proves that the worker belongs to the job, come by the
 * environment: {@value #DRIVER}, {@value #TOKEN}.
 *
 * <p>The end is a halt: when the driver says stop, either the task is through and has closed what it had, or the job has
 * failed and nothing may wait for a task in the middle of its work.
 */
public final class Agent {
    /** The driver's control endpoint. */
    public static final String DRIVER = "GHEE_DRIVER";

    /** The job's token. */
    public static final String TOKEN = "GHEE_TOKEN";

    /** The driver's process, if it is on this machine: the worker does not outlive it. */
    public static final String DRIVER_PID = "GHEE_DRIVER_PID";

    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final Duration REGISTRATION = Duration.ofSeconds(60);
    private static final Duration REPORT = Duration.ofMillis(200);
    /** How long a task that is in the middle of its work may not notice that it is to end. */
    private static final Duration STOP = Duration.ofMillis(50);
    /** How often a worker asks whether the driver is still there, and how long it does without an answer. */
    private static final Duration PULSE = Duration.ofSeconds(10);

    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final String job;
    private final String stage;
    private final int replica;
    private final DriverConnection driver;
    private final DriverConnection.Peer peer;
    private long heardNanos = System.nanoTime();
    private long pulseNanos = heardNanos;

    private Agent(String job, String stage, int replica, DriverConnection driver) throws InterruptedException {
        this.job = job;
        this.stage = stage;
        this.replica = replica;
        this.driver = driver;
        this.peer = driver.peer();
    }

    /** Runs one worker. Exits with 0 when told to end, with 4 if the driver cannot be reached or refuses. */
    public static void main(String[] args) {
        int exit = 0;
        try {
            endWithDriver();
            ZContext context = Zmq.context();
            DriverConnection driver = new DriverConnection(context, env(DRIVER), env(TOKEN));
            Agent agent = new Agent(
                    property("ghee.job"), property("ghee.stage"), Integer.parseInt(property("ghee.replica")), driver);
            if (agent.run()) {
                // A JVM that halts waits 300 ms for threads that are in the kernel, as those of ZeroMQ always are.
                context.close();
            }
        } catch (InfrastructureException e) {
            // To the error output and not to the log, which may have no backend here: the launcher quotes it.
            System.err.println(e.reason());
            exit = 4;
        } catch (Throwable e) {
            e.printStackTrace();
            exit = 1;
        }
        Runtime.getRuntime().halt(exit);
    }

    private static void endWithDriver() {
        String pid = System.getenv(DRIVER_PID);
        if (pid == null) {
            return;
        }
        ProcessHandle driver = ProcessHandle.of(Long.parseLong(pid))
                .orElseThrow(() -> new InfrastructureException("the driver's process " + pid + " is gone"));
        CompletableFuture<Void> watch =
                driver.onExit().thenAccept(gone -> Runtime.getRuntime().halt(4));
        LOG.debug("watching the driver's process {}: {}", pid, watch);
    }

    /** True if no task is at work any more when the worker is to end. */
    private boolean run() throws InterruptedException {
        peer.send(new ControlMessage.Hello(
                ControlMessage.PROTOCOL,
                Runtime.version().feature(),
                stage,
                replica,
                ProcessHandle.current().pid()));
        ControlMessage.Welcome welcome = await(ControlMessage.Welcome.class);
        if (welcome == null) {
            return true;
        }
        try {
            return work(welcome.plan().plan(), new TransferManager(TransferConfig.loopback(welcome.job())));
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            peer.send(new ControlMessage.Failed(Failure.of(stage, replica, e)));
            awaitDismissal();
            return false;
        }
    }

    private boolean work(Plan plan, TransferManager transfer) throws InterruptedException {
        PlannedStage mine = plan.stages().stream()
                .filter(planned -> planned.name().equals(stage))
                .findFirst()
                .orElseThrow(() -> new InfrastructureException("stage " + stage + " (expected: one of the plan's)"));
        TransferManager.Bound bound = mine.output() instanceof PlannedStage.ToStage to
                ? transfer.bind(replica, plan.stage(to.stage()).replicas())
                : null;
        peer.send(new ControlMessage.Ready(mine.index(), replica, bound == null ? null : bound.address()));
        ControlMessage.Start start = await(ControlMessage.Start.class);
        if (start == null) {
            return false;
        }
        Inlet inlet = start.senders().isEmpty() ? null : transfer.connect(replica, start.senders());
        Outlet outlet = bound == null ? null : bound.outlet();
        WorkerMetrics metrics = new WorkerMetrics(mine.index(), replica);
        StageTask task = new StageTask(job, plan, mine.index(), replica, driver, inlet, outlet, metrics);
        Thread thread = new Thread(task::run, job + "/" + stage + "-" + replica);
        thread.setDaemon(true);
        thread.start();
        boolean through = report(metrics);
        if (through) {
            transfer.close();
        }
        return through;
    }

    /** Tells the driver how far the task is and how it ended, until the driver says stop; true if the task had finished. */
    private boolean report(WorkerMetrics metrics) throws InterruptedException {
        long reported = System.nanoTime();
        while (true) {
            ControlMessage.ToDriver last = driver.reports().poll(STOP.toMillis(), TimeUnit.MILLISECONDS);
            if (last != null) {
                peer.send(last);
                awaitDismissal();
                return last instanceof ControlMessage.Finished;
            }
            if (isStopped(Duration.ZERO)) {
                return false;
            }
            if (System.nanoTime() - reported >= REPORT.toNanos()) {
                peer.send(new ControlMessage.Progress(metrics.progress()));
                reported = System.nanoTime();
            }
        }
    }

    /** The others may be at work for much longer; the driver says stop when all are through. */
    private void awaitDismissal() {
        while (!isStopped(PULSE)) {
            LOG.trace("stage {}, replica {} is done and waits for the others", stage, replica);
        }
    }

    /**
     * Waits for the driver to say stop, and meanwhile asks now and then whether it is there.
     *
     * @throws InfrastructureException if it has said nothing for long
     */
    private boolean isStopped(Duration wait) {
        ControlMessage.ToWorker message = peer.receive(wait);
        long now = System.nanoTime();
        if (message != null) {
            heardNanos = now;
        } else if (now - heardNanos > SILENCE.toNanos()) {
            throw new InfrastructureException("the driver has said nothing for " + SILENCE.toSeconds() + " s");
        }
        if (now - pulseNanos >= PULSE.toNanos()) {
            peer.send(new ControlMessage.Alive());
            pulseNanos = now;
        }
        return message instanceof ControlMessage.Stop;
    }

    /** The driver's next message, which must be of this type; null if it is to stop. */
    private <M extends ControlMessage.ToWorker> @Nullable M await(Class<M> type) {
        ControlMessage.ToWorker message = peer.receive(REGISTRATION);
        heardNanos = System.nanoTime();
        if (message == null) {
            throw new InfrastructureException(
                    "the driver sent no " + type.getSimpleName() + " within " + REGISTRATION.toSeconds() + " s");
        }
        if (message instanceof ControlMessage.Refused refused) {
            throw new InfrastructureException("refused by the driver: " + refused.reason());
        }
        return message instanceof ControlMessage.Stop ? null : type.cast(message);
    }

    private static String env(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new InfrastructureException(
                    "environment variable " + name + " is not set (an agent is started by a launcher)");
        }
        return value;
    }

    private static String property(String name) {
        String value = System.getProperty(name);
        if (value == null) {
            throw new InfrastructureException(
                    "system property " + name + " is not set (an agent is started by a launcher)");
        }
        return value;
    }
}
