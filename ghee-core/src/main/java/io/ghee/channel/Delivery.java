package io.ghee.channel;

import io.ghee.Batch;
import org.jspecify.annotations.Nullable;

/** What an {@link Inlet} receives. */
public sealed interface Delivery {
    /** The replica that sent it. */
    int sender();

    /**
     * A batch of an epoch. Whoever receives it calls {@code release} once when the batch and its columns are no longer
     * used: that is what gives the sender its credit back.
     */
    record Data(int sender, int epoch, Batch<?> batch, Origins origins, Runnable release) implements Delivery {}

    /**
     * The sender has sent all of {@code epoch}.
     *
     * @param spare one record of it, to fill up with; null if there was none or nobody needs it
     */
    record EndOfEpoch(int sender, int epoch, @Nullable Batch<?> spare) implements Delivery {}

    /** The sender has sent everything. */
    record EndOfStream(int sender) implements Delivery {}
}
