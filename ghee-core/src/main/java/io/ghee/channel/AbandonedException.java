package io.ghee.channel;

/**
 * The channel was abandoned while it was used: the driver has called for a new generation, whose channels are others. Not a
 * failure.
 */
public final class AbandonedException extends RuntimeException {
    public AbandonedException() {
        super("this generation of the job is over", null, false, false);
    }
}
