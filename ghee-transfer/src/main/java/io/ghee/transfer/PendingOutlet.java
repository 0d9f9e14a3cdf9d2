package io.ghee.transfer;

import io.ghee.channel.Outlet;
import java.util.List;
import java.util.stream.IntStream;

/** An outlet that is bound, and waits to be told where the inlets are. */
public interface PendingOutlet extends AutoCloseable {
    /** Where the inlets send their receipts. */
    String endpoint();

    /**
     * Connects to the inlets of replicas of the receiving stage.
     *
     * @param inlets their endpoints
     * @param replicas their numbers, in the same order
     * @throws io.ghee.InfrastructureException if one of them cannot be reached within the connect timeout
     * @throws io.ghee.channel.AbandonedException if this was closed meanwhile
     */
    Outlet connect(List<String> inlets, List<Integer> replicas) throws InterruptedException;

    /** Connects to the inlets of all replicas of the receiving stage, in their order. */
    default Outlet connect(List<String> inlets) throws InterruptedException {
        return connect(inlets, IntStream.range(0, inlets.size()).boxed().toList());
    }

    /** Closes it, or the outlet that it has become. Any thread may call it. */
    @Override
    void close();
}
