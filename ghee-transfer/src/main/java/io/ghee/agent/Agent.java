package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.run.Credentials;
import io.ghee.run.Failure;
import io.ghee.run.StageTask;
import io.ghee.run.WorkerMetrics;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.TransferManager;
import io.ghee.transfer.Zmq;
import io.ghee.transfer.parameters.ShardedTable;
import io.ghee.transfer.wire.MessageCodec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.zeromq.ZContext;

/**
 * The main class of a worker's process. It says hello to the driver, is given the plan, and starts the worker's task on a
 * thread of its own; from then on it reports how the task is, and brings it what the driver wants. It ends when the driver says
 * so, or is gone.
 *
 * <p>Who it is stands on its command line, for people who read {@code ps}: {@code -Dghee.job}, {@code -Dghee.stage}, {@code
 * -Dghee.replica} and {@code -Dghee.life}, which counts how often the replica was started. Where the driver is, and the keys
 * that prove that the worker belongs to the job, come by the environment: {@value #DRIVER}, {@value #KEYS}. So does the address
 * that others reach this worker by, if it is not on loopback: {@value #HOST}.
 *
 * <p>The end is a halt: when the driver says stop, either the task is through and has closed what it had, or nothing may
 * wait for a task in the middle of its work.
 */
public final class Agent {
    /** The driver's control endpoint. */
    public static final String DRIVER = "GHEE_DRIVER";

    /** What the worker has of the job's keys, as {@link WorkerKeys#encoded} wrote it. */
    public static final String KEYS = "GHEE_KEYS";

    /** The driver's process, if it is on this machine: the worker does not outlive it. */
    public static final String DRIVER_PID = "GHEE_DRIVER_PID";

    /** The address that the worker's channels are bound to; 127.0.0.1 if it is not set. */
    public static final String HOST = "GHEE_HOST";

    /** How a worker ends: it was told to. */
    public static final int ENDED = 0;

    /** Something that is nobody's fault but its own. */
    public static final int CRASHED = 1;

    /** The driver cannot be reached, will not have it, or has said nothing for long. */
    public static final int ORPHANED = 4;

    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final Duration REGISTRATION = Duration.ofSeconds(60);
    /** What was lost with a connection is said again after this. */
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private static final Duration REPORT = Duration.ofMillis(200);
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private final String job;
    private final ControlMessage.Sender self;
    private final WorkerSocket driver;
    private final DriverConnection questions;
    private final WorkerKeys keys;
    private final Pulse pulse;
    private final MessageCodec messages = new MessageCodec(ControlMessage.class);
    /** The version of the credentials that were taken. */
    private long credentials;

    private Agent(
            String job,
            ControlMessage.Sender self,
            WorkerSocket driver,
            DriverConnection questions,
            WorkerKeys keys,
            Pulse pulse) {
        this.job = job;
        this.self = self;
        this.driver = driver;
        this.questions = questions;
        this.keys = keys;
        this.pulse = pulse;
    }

    /** Runs one worker, and exits with how it ended. */
    public static void main(String[] args) {
        Runtime.getRuntime().halt(run(new Pulse()));
    }

    /**
     * Runs one worker; then the JVM has to be halted.
     *
     * @param pulse beats while the worker is well
     * @return {@link #ENDED}, {@link #CRASHED} or {@link #ORPHANED}
     */
    public static int run(Pulse pulse) {
        try {
            endWithDriver();
            WorkerKeys keys = WorkerKeys.parse(WorkerCommand.env(KEYS));
            String endpoint = WorkerCommand.env(DRIVER);
            ControlMessage.Sender self = new ControlMessage.Sender(
                    WorkerCommand.property("ghee.stage"),
                    Integer.parseInt(WorkerCommand.property("ghee.replica")),
                    Integer.parseInt(WorkerCommand.property("ghee.life")));
            ZContext context = Zmq.context();
            WorkerSocket driver = WorkerSocket.connect(context, keys, endpoint, REGISTRATION);
            DriverConnection questions = new DriverConnection(context, keys, endpoint, self);
            if (new Agent(WorkerCommand.property("ghee.job"), self, driver, questions, keys, pulse).run()) {
                // A JVM that halts waits 300 ms for threads that are in the kernel, as those of ZeroMQ always are.
                driver.close();
                context.close();
            }
            return ENDED;
        } catch (InfrastructureException e) {
            // To the error output and not to the log, which may have no backend here: the launcher quotes it.
            System.err.println(e.reason());
            return ORPHANED;
        } catch (Throwable e) {
            e.printStackTrace();
            return CRASHED;
        }
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
    private boolean run() {
        ControlMessage.Welcome welcome = hello();
        if (welcome == null) {
            return true;
        }
        try {
            pulse.welcomed();
            return work(welcome);
        } catch (InfrastructureException e) {
            throw e;
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            ControlMessage.Failed failed = new ControlMessage.Failed(0, Failure.of(self.stage(), self.replica(), e));
            reportUntilStopped(
                    new ControlMessage.Report(self, 0, credentials, null, null, null, Memory.now(), List.of(failed)));
            return false;
        }
    }

    /** Said once, it might be lost with a connection, or with this process. */
    private void reportUntilStopped(ControlMessage.Report last) {
        long deadline = System.nanoTime() + SILENCE.toNanos();
        boolean stopped = false;
        while (!stopped && System.nanoTime() < deadline) {
            report(last);
            stopped = receive(AGAIN) instanceof ControlMessage.Orders orders && orders.stop();
        }
    }

    /** What is to be done, or null if there is nothing any more. */
    private ControlMessage.@Nullable Welcome hello() {
        byte[] hello = messages.write(new ControlMessage.Hello(
                self,
                ControlMessage.PROTOCOL,
                Runtime.version().feature(),
                System.getenv(DRIVER_PID) == null ? ClassPathDigest.ofThisJvm() : ClassPathDigest.stampsOfThisJvm(),
                ProcessHandle.current().pid()));
        long deadline = System.nanoTime() + REGISTRATION.toNanos();
        while (System.nanoTime() < deadline) {
            driver.send(hello);
            ControlMessage.ToWorker answer = receive(AGAIN);
            if (answer instanceof ControlMessage.Refused refused) {
                throw new InfrastructureException("refused by the driver: " + refused.reason());
            } else if (answer instanceof ControlMessage.Welcome welcome) {
                return welcome;
            } else if (answer instanceof ControlMessage.Orders orders && orders.stop()) {
                return null;
            }
        }
        throw new InfrastructureException(
                "the driver has not answered within " + REGISTRATION.toSeconds() + " s (expected: a welcome)");
    }

    private ControlMessage.@Nullable ToWorker receive(Duration timeout) {
        byte[] body = driver.receive(timeout);
        return body == null ? null : messages.read(body, ControlMessage.ToWorker.class);
    }

    private boolean work(ControlMessage.Welcome welcome) {
        take(welcome.credentials());
        // All threads of the task come from this one, and look for classes where it does.
        Thread.currentThread().setContextClassLoader(welcome.plan().loader());
        Plan plan = welcome.plan().plan();
        PlannedStage mine = plan.stages().stream()
                .filter(planned -> planned.name().equals(self.stage()))
                .findFirst()
                .orElseThrow(
                        () -> new InfrastructureException("stage " + self.stage() + " (expected: one of the plan's)"));
        String host = System.getenv().getOrDefault(HOST, "127.0.0.1");
        TransferConfig open = TransferConfig.loopback(keys.job()).withHost(host);
        TransferConfig config = welcome.sealed() ? open.withKey(keys.sealing().getEncoded()) : open;
        TransferManager transfer = new TransferManager(config);
        ShardedTable.configure(config);
        WorkerMetrics metrics = new WorkerMetrics(mine.index(), self.replica());
        AgentLink link = new AgentLink(plan, mine, self, questions, transfer, metrics, driver::wake);
        StageTask task = new StageTask(job, plan, mine.index(), self.replica(), link, link, metrics);
        Thread thread = new Thread(task::run, job + "/" + self.stage() + "-" + self.replica());
        thread.setDaemon(true);
        thread.start();
        obeyUntilStopped(link);
        if (link.hasFinished()) {
            link.close();
            transfer.close();
            return true;
        }
        return false;
    }

    /** Takes the driver's credentials, unless it has them. */
    private void take(@Nullable Credentials latest) {
        if (latest != null && latest.version() > credentials) {
            latest.accept();
            credentials = latest.version();
        }
    }

    /**
     * Reports how the task is, and brings it orders, until the driver says stop.
     *
     * @throws InfrastructureException if it has said nothing for long
     */
    private void obeyUntilStopped(AgentLink link) {
        long number = 0;
        long reported = System.nanoTime() - REPORT.toNanos();
        long heard = System.nanoTime();
        while (true) {
            pulse.beat();
            if (link.hasNews() || System.nanoTime() - reported >= REPORT.toNanos()) {
                report(link.report(++number, credentials));
                reported = System.nanoTime();
            }
            ControlMessage.ToWorker message = receive(REPORT);
            if (message != null) {
                heard = System.nanoTime();
            }
            if (message instanceof ControlMessage.Orders orders) {
                if (orders.stop()) {
                    return;
                }
                take(orders.credentials());
                link.obey(orders);
            }
            if (System.nanoTime() - heard > SILENCE.toNanos()) {
                throw new InfrastructureException("the driver has said nothing for " + SILENCE.toSeconds() + " s");
            }
        }
    }

    private void report(ControlMessage.Report report) {
        driver.send(messages.write(report));
    }
}
