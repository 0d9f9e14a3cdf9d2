package io.ghee.transfer;

import io.ghee.channel.Inlet;
import java.util.List;

/** An inlet that is bound, and waits to be told where the outlets are. */
public interface PendingInlet extends AutoCloseable {
    /** Where the outlets send their frames. */
    String endpoint();

    /**
     * Connects to the outlets of all replicas of the sending stage.
     *
     * @param outlets their endpoints, in the order of the replicas
     * @throws io.ghee.InfrastructureException if one of them cannot be reached within the connect timeout
     * @throws io.ghee.channel.AbandonedException if this was closed meanwhile
     */
    Inlet connect(List<String> outlets) throws InterruptedException;

    /** Closes it, or the inlet that it has become. Any thread may call it. */
    @Override
    void close();
}
