package io.ghee.transfer;

import io.ghee.InfrastructureException;
import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.transfer.wire.BatchCodec;
import io.ghee.transfer.wire.FrameHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.zeromq.SocketType;
import org.zeromq.ZMQ;
import zmq.Msg;
import zmq.ZError;
import zmq.msg.MsgAllocator;

/**
 * The receiving end of an edge: one PULL socket that connects to the outlets of all senders, and one PUSH socket to each of
 * them for credits. Frames are received straight into pooled direct buffers, in which columnar batches stay until the stage
 * releases them. See {@link ZmqOutlet} for the protocol.
 */
final class ZmqInlet implements Inlet {
    private static final int LINGER_MILLIS = 5000;

    private final TransferConfig config;
    private final BufferPool pool;
    private final int consumer;
    private final ZMQ.Socket socket;
    private final List<ZMQ.Socket> credits = new ArrayList<>();
    private final BatchCodec codec = new BatchCodec();
    private final long[] expected;
    private volatile @Nullable String broken;

    ZmqInlet(TransferManager manager, TransferConfig config, BufferPool pool, int consumer, List<OutletAddress> senders)
            throws InterruptedException {
        this.config = config;
        this.pool = pool;
        this.consumer = consumer;
        this.expected = new long[senders.size()];
        socket = manager.socket(SocketType.PULL);
        socket.setMsgAllocator(new Pooled());
        Dialer dialer = manager.dialer();
        for (OutletAddress sender : senders) {
            dialer.connect(socket, sender.data().get(consumer));
            ZMQ.Socket credit = manager.socket(SocketType.PUSH);
            // The last credits, which let the sender end, must still go out after this inlet is closed.
            credit.setLinger(LINGER_MILLIS);
            dialer.connect(credit, sender.credit());
            credits.add(credit);
        }
        dialer.await(config.connectTimeout());
    }

    /**
     * Receives into buffers of the pool. Called by the thread of the context, which ends with an error without a word: so
     * the error is kept for {@link #receive}.
     */
    private final class Pooled implements MsgAllocator {
        @Override
        public Msg allocate(int size) {
            if (size < FrameHeader.BYTES) {
                // What the sockets say to each other when they connect: it never gets to receive, which gives back.
                return new Msg(size);
            }
            try {
                return new PooledMsg(pool.take(size), size);
            } catch (OutOfMemoryError e) {
                broken = "a batch of " + size + " bytes cannot be received: " + e.getMessage()
                        + " (expected: more memory for this stage, or smaller batches)";
                throw e;
            }
        }
    }

    /** A message that knows the buffer it came in. */
    private static final class PooledMsg extends Msg {
        private final ByteBuffer whole;

        PooledMsg(ByteBuffer whole, int size) {
            super(whole.slice(0, size));
            this.whole = whole;
        }
    }

    @Override
    public int senders() {
        return credits.size();
    }

    @Override
    public @Nullable Delivery receive(Duration timeout) throws InterruptedException {
        socket.setReceiveTimeOut((int) Math.max(1, timeout.toMillis()));
        Msg message = socket.base().recv(0);
        if (message == null) {
            TransferManager.checkWait(socket, "a batch");
            if (broken != null) {
                throw new InfrastructureException(broken);
            }
            return null;
        }
        ByteBuffer frame = message.buf().duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
        FrameHeader header = FrameHeader.read(frame);
        check(header);
        return switch (header.kind()) {
            case DATA ->
                new Delivery.Data(
                        header.sender(), header.epoch(), codec.decode(header, frame), () -> release(message, header));
            case END_OF_EPOCH -> {
                release(message, header);
                yield new Delivery.EndOfEpoch(header.sender(), header.epoch());
            }
            case END_OF_STREAM -> {
                release(message, header);
                yield new Delivery.EndOfStream(header.sender());
            }
        };
    }

    private void check(FrameHeader header) {
        if (header.job() != config.job() || header.generation() != config.generation()) {
            throw new InfrastructureException("frame of job " + header.job() + ", generation " + header.generation()
                    + " (expected: job " + config.job() + ", generation " + config.generation() + ")");
        }
        int sender = header.sender();
        if (sender < 0 || sender >= expected.length || header.sequence() != expected[sender]) {
            throw new InfrastructureException("frame " + header.sequence() + " of sender " + sender
                    + " (expected: a sender < " + expected.length + " and its next frame"
                    + (sender >= 0 && sender < expected.length ? ", " + expected[sender] : "") + ")");
        }
        expected[sender]++;
    }

    private void release(Msg message, FrameHeader header) {
        ByteBuffer credit = ByteBuffer.allocate(ZmqOutlet.CREDIT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        credit.putInt(0, consumer).putLong(8, header.sequence()).putLong(16, message.size());
        if (message instanceof PooledMsg pooled) {
            pool.giveBack(pooled.whole);
        }
        ZMQ.Socket sender = credits.get(header.sender());
        if (!sender.base().send(new Msg(credit.array()), ZMQ.DONTWAIT)) {
            if (sender.errno() != ZError.EINTR) {
                throw new InfrastructureException("a credit for sender " + header.sender() + " cannot be sent: error "
                        + sender.errno() + " of ZeroMQ");
            }
            // The socket has taken the interrupt for itself. It is the stage's: it ends there.
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        socket.close();
        credits.forEach(ZMQ.Socket::close);
    }
}
