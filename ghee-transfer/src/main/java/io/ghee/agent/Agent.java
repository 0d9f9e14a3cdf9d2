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
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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
 */
public final class Agent {
    /** The driver's control endpoint. */
    public static final String DRIVER = "GHEE_DRIVER";

    /** The job's token. */
    public static final String TOKEN = "GHEE_TOKEN";

    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final Duration REGISTRATION = Duration.ofSeconds(60);
    private static final Duration REPORT = Duration.ofMillis(200);
    /** How long a worker that is done waits to be told to end. */
    private static final Duration DISMISSAL = Duration.ofSeconds(60);

    private final String job;
    private final String stage;
    private final int replica;
    private final DriverConnection driver;
    private final DriverConnection.Peer peer;

    private Agent(String job, String stage, int replica, DriverConnection driver) {
        this.job = job;
        this.stage = stage;
        this.replica = replica;
        this.driver = driver;
        this.peer = driver.peer();
    }

    /** Runs one worker. Exits with 0 when told to end, with 4 if the driver cannot be reached or refuses. */
    public static void main(String[] args) {
        endWithParent();
        int exit = 0;
        try (ZContext context = new ZContext(1)) {
            DriverConnection driver = new DriverConnection(context, env(DRIVER), env(TOKEN));
            new Agent(property("ghee.job"), property("ghee.stage"), Integer.parseInt(property("ghee.replica")), driver)
                    .run();
        } catch (InfrastructureException e) {
            LOG.error("{}", e.reason());
            exit = 4;
        } catch (InterruptedException e) {
            exit = 130;
        }
        // Not exit: a task that is stopped in the middle has threads and hooks that nothing may wait for.
        Runtime.getRuntime().halt(exit);
    }

    /** A worker does not outlive the process that started it. */
    private static void endWithParent() {
        ProcessHandle.current().parent().ifPresent(parent -> {
            CompletableFuture<Void> watch =
                    parent.onExit().thenAccept(gone -> Runtime.getRuntime().halt(4));
            LOG.debug("watching the driver's process {}: {}", parent.pid(), watch);
        });
    }

    private void run() throws InterruptedException {
        peer.send(new ControlMessage.Hello(
                ControlMessage.PROTOCOL,
                Runtime.version().feature(),
                stage,
                replica,
                ProcessHandle.current().pid()));
        ControlMessage.Welcome welcome = await(ControlMessage.Welcome.class);
        if (welcome == null) {
            return;
        }
        try (TransferManager transfer = new TransferManager(TransferConfig.loopback(welcome.job()))) {
            work(welcome.plan().plan(), transfer);
        } catch (RuntimeException e) {
            peer.send(new ControlMessage.Failed(Failure.of(stage, replica, e)));
            awaitDismissal();
        }
    }

    private void work(Plan plan, TransferManager transfer) throws InterruptedException {
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
            return;
        }
        Inlet inlet = start.senders().isEmpty() ? null : transfer.connect(replica, start.senders());
        Outlet outlet = bound == null ? null : bound.outlet();
        WorkerMetrics metrics = new WorkerMetrics(mine.index(), replica);
        StageTask task = new StageTask(job, plan, mine.index(), replica, driver, inlet, outlet, metrics);
        Thread thread = new Thread(task::run, job + "/" + stage + "-" + replica);
        thread.setDaemon(true);
        thread.start();
        report(metrics);
    }

    /** Tells the driver how far the task is, until it has ended and the driver has said goodbye. */
    private void report(WorkerMetrics metrics) {
        while (true) {
            if (peer.receive(REPORT) instanceof ControlMessage.Stop) {
                return;
            }
            ControlMessage.ToDriver last = driver.reports().poll();
            if (last != null) {
                peer.send(last);
                awaitDismissal();
                return;
            }
            peer.send(new ControlMessage.Progress(metrics.progress()));
        }
    }

    private void awaitDismissal() {
        if (peer.receive(DISMISSAL) == null) {
            throw new InfrastructureException("the driver did not say goodbye within " + DISMISSAL.toSeconds() + " s");
        }
    }

    /** The driver's next message, which must be of this type; null if it is to stop. */
    private <M extends ControlMessage.ToWorker> @Nullable M await(Class<M> type) {
        ControlMessage.ToWorker message = peer.receive(REGISTRATION);
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
