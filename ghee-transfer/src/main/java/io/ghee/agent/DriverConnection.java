package io.ghee.agent;

import io.ghee.InfrastructureException;
import io.ghee.run.Coordinator;
import io.ghee.run.Failure;
import io.ghee.run.WorkerProgress;
import io.ghee.transfer.Dialer;
import io.ghee.transfer.Zmq;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * A worker's end of the control channel. The task asks its questions over a socket of its own and waits for the answers;
 * what it reports is left in {@link #reports}, for the agent's main thread to send.
 */
final class DriverConnection implements Coordinator {
    private static final Duration ANSWER = Duration.ofSeconds(60);

    private final ZContext context;
    private final String endpoint;
    private final byte[] token;
    private final BlockingQueue<ControlMessage.ToDriver> reports = new LinkedBlockingQueue<>();
    /** The task's thread alone uses it; made there. */
    private @Nullable Peer questions;

    DriverConnection(ZContext context, String endpoint, String token) {
        this.context = context;
        this.endpoint = endpoint;
        this.token = token.getBytes(StandardCharsets.UTF_8);
    }

    /** One socket to the driver. Used by one thread. */
    final class Peer {
        private final ZMQ.Socket socket = Zmq.socket(context, SocketType.DEALER);
        private final ControlMessage.Codec codec = new ControlMessage.Codec();

        Peer() throws InterruptedException {
            socket.setLinger(2000);
            Dialer dialer = new Dialer(context);
            dialer.connect(socket, endpoint);
            dialer.await(ANSWER);
        }

        void send(ControlMessage.ToDriver message) {
            socket.sendMore(token);
            socket.send(codec.write(message), 0);
        }

        /** The next message from the driver, or null if none came within {@code timeout}. */
        ControlMessage.@Nullable ToWorker receive(Duration timeout) {
            socket.setReceiveTimeOut((int) timeout.toMillis());
            byte[] body = socket.recv(0);
            return body == null ? null : codec.read(body, ControlMessage.ToWorker.class);
        }
    }

    Peer peer() throws InterruptedException {
        return new Peer();
    }

    /** What the task has reported, in order. */
    BlockingQueue<ControlMessage.ToDriver> reports() {
        return reports;
    }

    private <A extends ControlMessage.ToWorker> A ask(ControlMessage.ToDriver question, Class<A> answer)
            throws InterruptedException {
        if (questions == null) {
            questions = new Peer();
        }
        Peer peer = questions;
        peer.send(question);
        ControlMessage.ToWorker reply = peer.receive(ANSWER);
        if (reply == null) {
            throw new InfrastructureException("the driver at " + endpoint + " did not answer "
                    + question.getClass().getSimpleName() + " within " + ANSWER.toSeconds() + " s");
        }
        return answer.cast(reply);
    }

    @Override
    public Assignment nextSplit(int replica) throws InterruptedException {
        ControlMessage.Assigned assigned = ask(new ControlMessage.NextSplit(replica), ControlMessage.Assigned.class);
        return new Assignment(assigned.epoch(), assigned.split());
    }

    @Override
    public int deal(int stage, int epoch, int rows) throws InterruptedException {
        return ask(new ControlMessage.Deal(stage, epoch, rows), ControlMessage.Dealt.class)
                .consumer();
    }

    @Override
    public boolean skip(int stage, int replica, String message) throws InterruptedException {
        return ask(new ControlMessage.Skip(stage, replica, message), ControlMessage.SkipAllowed.class)
                .allowed();
    }

    @Override
    public void progress(WorkerProgress progress) {
        reports.add(new ControlMessage.Progress(progress));
    }

    @Override
    public void finished(int stage, int replica, String committable, WorkerProgress progress) {
        reports.add(new ControlMessage.Finished(stage, replica, committable, progress));
    }

    @Override
    public void failed(Failure failure) {
        reports.add(new ControlMessage.Failed(failure));
    }
}
