package io.ghee.transfer;

import io.ghee.InfrastructureException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/**
 * Connects sockets of one context and waits until they are connected. Used by the thread of the sockets.
 *
 * <p>That a connection comes about cannot be left to JeroMQ. In the hand-over from the part that connects to the part that
 * speaks, both have a handle on the same channel; if its poller meets the two in one round, it cancels the key of the first
 * and registers nothing for the second (JeroMQ pull request 1022). With a busy processor that happens to some connections in
 * a hundred. Such a connection is mute until the handshake timer tears it down and it is made anew. Any change of what the
 * poller watches makes it look again and repairs this at once. So a connection that is not there soon is helped by a socket
 * that is bound and closed.
 *
 * <p>The context must have one I/O thread: it is that one's poller that has to look again.
 */
public final class Dialer {
    private static final Duration HELP = Duration.ofMillis(20);

    private final ZContext context;
    private final List<ZMQ.Socket> sockets = new ArrayList<>();
    private final List<String> endpoints = new ArrayList<>();
    private final Semaphore greeted = new Semaphore(0);

    public Dialer(ZContext context) {
        this.context = context;
    }

    /** Begins to connect {@code socket}, which has no event hook of its own. */
    public void connect(ZMQ.Socket socket, String endpoint) {
        if (!sockets.contains(socket)) {
            sockets.add(socket);
            socket.setEventHook(event -> greeted.release(), ZMQ.EVENT_HANDSHAKE_PROTOCOL);
        }
        endpoints.add(endpoint);
        socket.connect(endpoint);
    }

    /**
     * Waits until all have connected.
     *
     * @throws InfrastructureException if they have not within {@code timeout}
     */
    public void await(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (!greeted.tryAcquire(endpoints.size(), HELP.toMillis(), TimeUnit.MILLISECONDS)) {
            if (System.nanoTime() > deadline) {
                throw new InfrastructureException("no connection to " + (endpoints.size() - greeted.availablePermits())
                        + " of " + endpoints + " within " + timeout.toMillis() + " ms");
            }
            ZMQ.Socket any = context.createSocket(SocketType.PULL);
            any.bindToRandomPort("tcp://127.0.0.1");
            any.close();
        }
        sockets.forEach(socket -> socket.setEventHook(null, 0));
    }
}
