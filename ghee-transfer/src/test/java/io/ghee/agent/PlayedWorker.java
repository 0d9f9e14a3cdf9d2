package io.ghee.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.ghee.run.WorkerProgress;
import io.ghee.transfer.wire.MessageCodec;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.zeromq.ZContext;

/** A worker of which a test says every word. */
final class PlayedWorker implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);
    static final int JDK = Runtime.version().feature();
    private static final Duration LITTLE = Duration.ofMillis(50);

    final ControlMessage.Sender self;
    private final WorkerSocket socket;
    private final MessageCodec messages = new MessageCodec(ControlMessage.class);
    private long reports;
    private long credentials;
    private long questions;

    private PlayedWorker(ControlMessage.Sender self, WorkerSocket socket) {
        this.self = self;
        this.socket = socket;
    }

    static PlayedWorker connect(ZContext context, WorkerKeys keys, String endpoint, String stage, int replica, int life)
            throws InterruptedException {
        return new PlayedWorker(
                new ControlMessage.Sender(stage, replica, life), WorkerSocket.connect(context, keys, endpoint, SOON));
    }

    void sendRaw(byte[] bytes) {
        socket.send(bytes);
    }

    <M extends Record & ControlMessage.ToDriver> void send(M message) {
        socket.send(messages.write(message));
    }

    /** The next message, which must come. */
    ControlMessage.ToWorker receive() {
        byte[] body = socket.receive(SOON);
        assertThat(body).as("a message from the driver").isNotNull();
        return messages.read(body, ControlMessage.ToWorker.class);
    }

    ControlMessage.@Nullable ToWorker receive(Duration within) {
        byte[] body = socket.receive(within);
        return body == null ? null : messages.read(body, ControlMessage.ToWorker.class);
    }

    ControlMessage.ToWorker hello() {
        return hello(ControlMessage.PROTOCOL, JDK, ClassPathDigest.stampsOfThisJvm());
    }

    ControlMessage.ToWorker hello(int protocol, int jdk, ClassPathDigest classPath) {
        send(new ControlMessage.Hello(self, protocol, jdk, classPath, 1));
        return receive();
    }

    void welcomed() {
        assertThat(hello()).isInstanceOf(ControlMessage.Welcome.class);
    }

    /** The orders that answer a report with all this. */
    ControlMessage.Orders report(
            ControlMessage.@Nullable Ready ready,
            @Nullable WorkerProgress progress,
            ControlMessage.@Nullable Finished finished,
            ControlMessage.Failed... failed) {
        long number = ++reports;
        send(new ControlMessage.Report(
                self, number, credentials, ready, progress, finished, Memory.now(), List.of(failed)));
        while (true) {
            if (receive() instanceof ControlMessage.Orders orders && orders.report() == number) {
                return orders;
            }
        }
    }

    /** From now on it reports that it has taken credentials of this version. */
    void taken(long version) {
        credentials = version;
    }

    /** The orders that answer a report with nothing in it. */
    ControlMessage.Orders report() {
        return report(null, null, null);
    }

    /** Reports, as agents do, until the driver orders something. */
    ControlMessage.Orders awaitOrders(Predicate<ControlMessage.Orders> expected) {
        ControlMessage.Orders orders = report();
        long deadline = System.nanoTime() + SOON.toNanos();
        while (!expected.test(orders)) {
            if (System.nanoTime() > deadline) {
                fail("the last orders within " + SOON + " are " + orders);
            }
            // Some come by themselves.
            orders = receive(LITTLE) instanceof ControlMessage.Orders other ? other : report();
        }
        return orders;
    }

    /** The answer to another question. */
    ControlMessage.Reply ask(ControlMessage.Question question) {
        return ask(++questions, question);
    }

    ControlMessage.Reply ask(long number, ControlMessage.Question question) {
        questions = Math.max(questions, number);
        send(new ControlMessage.Ask(self, number, question));
        while (true) {
            if (receive() instanceof ControlMessage.Answer answer && answer.number() == number) {
                return answer.reply();
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
