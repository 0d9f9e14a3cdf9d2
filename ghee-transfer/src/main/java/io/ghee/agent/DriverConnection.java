package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.channel.AbandonedException;
import io.ghee.run.Coordinator;
import io.ghee.transfer.wire.MessageCodec;
import java.time.Duration;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZContext;

/**
 * What a worker's task asks the driver, over a socket of its own. Thread-safe: one question at a time.
 */
final class DriverConnection {
    private static final Duration ANSWER = Duration.ofSeconds(60);
    /** A question that was lost with a connection is asked again after this. */
    private static final Duration AGAIN = Duration.ofSeconds(1);

    private static final Duration CONNECT = Duration.ofSeconds(60);

    private final ZContext context;
    private final WorkerKeys keys;
    private final String endpoint;
    private final ControlMessage.Sender self;
    private final MessageCodec messages = new MessageCodec(ControlMessage.class);
    private @Nullable WorkerSocket socket;
    private long number;

    DriverConnection(ZContext context, WorkerKeys keys, String endpoint, ControlMessage.Sender self) {
        this.context = context;
        this.keys = keys;
        this.endpoint = endpoint;
        this.self = self;
    }

    private synchronized <R extends ControlMessage.Reply> R ask(ControlMessage.Question question, Class<R> expected)
            throws InterruptedException {
        WorkerSocket connected = socket;
        if (connected == null) {
            connected = WorkerSocket.connect(context, keys, endpoint, CONNECT);
            socket = connected;
        }
        byte[] message = messages.write(new ControlMessage.Ask(self, ++number, question));
        long deadline = System.nanoTime() + ANSWER.toNanos();
        do {
            connected.send(message);
            ControlMessage.Reply reply = reply(connected);
            if (reply instanceof ControlMessage.Abandoned) {
                throw new AbandonedException();
            } else if (reply != null) {
                return expected.cast(reply);
            }
        } while (System.nanoTime() < deadline);
        throw new InfrastructureException("the driver at " + endpoint + " did not answer "
                + question.getClass().getSimpleName() + " within " + ANSWER.toSeconds() + " s");
    }

    private ControlMessage.@Nullable Reply reply(WorkerSocket connected) {
        long deadline = System.nanoTime() + AGAIN.toNanos();
        while (true) {
            Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
            byte[] body = connected.receive(left);
            if (body == null) {
                return null;
            }
            if (messages.read(body, ControlMessage.ToWorker.class) instanceof ControlMessage.Answer answer
                    && answer.number() == number) {
                return answer.reply();
            }
        }
    }

    Coordinator.Assignment nextSplit(int generation, int replica) throws InterruptedException {
        ControlMessage.Assigned assigned =
                ask(new ControlMessage.NextSplit(generation, replica), ControlMessage.Assigned.class);
        return new Coordinator.Assignment(
                assigned.epoch(), assigned.number(), assigned.split(), assigned.from(), assigned.consumed());
    }

    int deal(int generation, int stage, int epoch, int team, int amount) throws InterruptedException {
        return ask(new ControlMessage.Deal(generation, stage, epoch, team, amount), ControlMessage.Count.class)
                .value();
    }

    boolean epochOver(int generation, int replica, int epoch) throws InterruptedException {
        return ask(new ControlMessage.EpochOver(generation, replica, epoch), ControlMessage.Verdict.class)
                .yes();
    }

    boolean isEnding(int generation, int epoch) throws InterruptedException {
        return ask(new ControlMessage.Ending(generation, epoch), ControlMessage.Verdict.class)
                .yes();
    }

    OptionalInt evenOut(int attempt, int replica, int epoch, int batches) throws InterruptedException {
        int number = ask(new ControlMessage.EvenOut(attempt, replica, epoch, batches), ControlMessage.Count.class)
                .value();
        return number < 0 ? OptionalInt.empty() : OptionalInt.of(number);
    }

    Coordinator.StepOrder atStep(int attempt, int replica, long step) throws InterruptedException {
        ControlMessage.Ordered ordered =
                ask(new ControlMessage.AtStep(attempt, replica, step), ControlMessage.Ordered.class);
        return new Coordinator.StepOrder(ordered.save(), ordered.stop(), ordered.next());
    }

    void saved(int attempt, int replica, byte[] position, String failure) throws InterruptedException {
        ask(new ControlMessage.Saved(attempt, replica, position, failure), ControlMessage.Verdict.class);
    }

    void trialFailed(int replica, String reason) throws InterruptedException {
        ask(new ControlMessage.TrialFailed(replica, reason), ControlMessage.Verdict.class);
    }

    boolean skip(int stage, int replica, String message) throws InterruptedException {
        return ask(new ControlMessage.Skip(stage, replica, message), ControlMessage.Verdict.class)
                .yes();
    }
}
