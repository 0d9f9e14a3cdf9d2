package io.ghee.transfer;

import io.ghee.InfrastructureException;
import io.ghee.channel.Inlet;
import io.ghee.channel.Outlet;
import io.ghee.transfer.wire.FrameHeader;
import java.util.List;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;
import zmq.ZError;

/**
 * Opens the channels of one worker. Outlets bind and tell their {@link OutletAddress}; inlets connect to it. An outlet or
 * inlet belongs to the thread that uses it; the manager is thread-safe.
 */
public final class TransferManager implements AutoCloseable {
    private final TransferConfig config;
    private final ZContext context = Zmq.context();
    private final BufferPool pool = new BufferPool();

    public TransferManager(TransferConfig config) {
        this.config = config;
    }

    /** An outlet and where it can be reached. */
    public record Bound(Outlet outlet, OutletAddress address) {}

    /** Binds the outlet of replica {@code sender}, for {@code consumers} replicas. */
    public Bound bind(int sender, int consumers) {
        ZmqOutlet outlet = new ZmqOutlet(this, config, pool, sender, consumers);
        return new Bound(outlet, outlet.address());
    }

    /**
     * Connects the inlet of replica {@code consumer}.
     *
     * @param senders the outlets of all replicas of the stage before, in the order of the replicas
     * @throws InfrastructureException if one of them cannot be reached within the connect timeout
     */
    public Inlet connect(int consumer, List<OutletAddress> senders) throws InterruptedException {
        return new ZmqInlet(this, config, pool, consumer, senders);
    }

    Dialer dialer() {
        return new Dialer(context);
    }

    ZMQ.Socket socket(SocketType type) {
        ZMQ.Socket socket = Zmq.socket(context, type);
        // Credits bound what is on the way, in bytes; the high-water marks, which count messages, must not interfere.
        socket.setHWM(0);
        socket.setLinger(0);
        socket.setMaxMsgSize(FrameHeader.LONGEST_FRAME);
        return socket;
    }

    /**
     * To be called when a socket had nothing, or took nothing: returns if that was only for now. ZeroMQ clears the
     * interrupt of a thread that it stops waiting for.
     */
    static void checkWait(ZMQ.Socket socket, String what) throws InterruptedException {
        int error = socket.errno();
        if (error == ZError.EINTR || Thread.interrupted()) {
            throw new InterruptedException("while waiting for " + what);
        }
        if (error == ZError.ETERM) {
            throw new InfrastructureException("the channels were closed while waiting for " + what);
        }
    }

    /** Buffers that are taken and not given back: frames on the way, and those that a stage holds. */
    int lentBuffers() {
        return pool.lent();
    }

    long lentBytes() {
        return pool.lentBytes();
    }

    @Override
    public void close() {
        context.close();
    }
}
