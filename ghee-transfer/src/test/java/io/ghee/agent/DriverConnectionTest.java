package io.ghee.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ghee.channel.AbandonedException;
import io.ghee.run.Coordinator;
import io.ghee.transfer.Zmq;
import io.ghee.transfer.wire.MessageCodec;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.zeromq.ZContext;

/** What a task asks, of a driver that a test plays: one that does not answer, or answers something else. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DriverConnectionTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final JobKeys keys = JobKeys.create();
    private final DriverSocket driver = DriverSocket.bind(keys, "127.0.0.1");
    private final ZContext context = Zmq.context();
    private final MessageCodec messages = new MessageCodec(ControlMessage.class);
    private final ExecutorService task = Executors.newSingleThreadExecutor();
    private final ControlMessage.Sender self = new ControlMessage.Sender("read", 1, 2);
    private final DriverConnection connection = new DriverConnection(context, keys.workers(), driver.endpoint(), self);

    /** A question, and who is to be answered. */
    private record Asked(byte[] peer, ControlMessage.Ask ask) {}

    @AfterEach
    void close() throws Exception {
        task.shutdownNow();
        context.close();
        driver.close();
        assertThat(task.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
    }

    private Asked next() {
        DriverSocket.Received received = driver.receive(SOON);
        assertThat(received).isNotNull();
        return new Asked(received.peer(), messages.read(received.body(), ControlMessage.Ask.class));
    }

    /** The question with this number; on a busy machine the one before it has been asked again, perhaps. */
    private Asked next(long number) {
        Asked asked = next();
        while (asked.ask.number() < number) {
            asked = next();
        }
        assertThat(asked.ask.number()).isEqualTo(number);
        return asked;
    }

    private void answer(Asked asked, long number, ControlMessage.Reply reply) {
        driver.send(asked.peer, messages.write(new ControlMessage.Answer(number, reply)));
    }

    private static <T> T within(Future<T> future) throws Exception {
        return future.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aQuestionWithoutAnAnswerIsAskedAgainUnderTheSameNumber() throws Exception {
        Future<Coordinator.Assignment> assigned = task.submit(() -> connection.nextSplit(7, 1));
        Asked lost = next();

        Asked again = next();

        assertThat(again.ask).isEqualTo(lost.ask);
        assertThat(again.ask).isEqualTo(new ControlMessage.Ask(self, 1, new ControlMessage.NextSplit(7, 1)));
        answer(again, 1, new ControlMessage.Assigned(2, 3, null, 5, new byte[] {4}));
        assertThat(within(assigned).epoch()).isEqualTo(2);
        assertThat(within(assigned).number()).isEqualTo(3);
        assertThat(within(assigned).consumed()).containsExactly(4);
    }

    @Test
    void theAnswerToAnotherQuestionIsPassedOver() throws Exception {
        Future<Integer> first = task.submit(() -> connection.deal(0, 0, 1, 0, 1));
        Asked one = next();
        answer(one, 1, new ControlMessage.Count(5));
        assertThat(within(first)).isEqualTo(5);

        Future<Integer> second = task.submit(() -> connection.deal(0, 0, 1, 0, 1));
        Asked two = next(2);
        // To the first, which was asked twice.
        answer(two, 1, new ControlMessage.Count(5));
        answer(two, 2, new ControlMessage.Count(6));

        assertThat(within(second)).isEqualTo(6);
    }

    @Test
    void aGenerationThatIsOverThrows() throws Exception {
        Future<Boolean> over = task.submit(() -> connection.epochOver(3, 0, 1));
        Asked asked = next();
        answer(asked, 1, new ControlMessage.Abandoned());

        assertThatThrownBy(() -> within(over)).hasCauseInstanceOf(AbandonedException.class);
    }

    @Test
    void noNumberYetIsNone() throws Exception {
        Future<Boolean> none = task.submit(() -> connection.evenOut(0, 0, 1, 9).isEmpty());
        Asked asked = next();
        answer(asked, 1, new ControlMessage.Count(-1));

        assertThat(within(none)).isTrue();
    }
}
