package io.ghee.train;

import io.ghee.GheeException;

/** Stops a training that has diverged, before its parameters are saved: {@code FiniteLoss.check(loss, epoch.number(), step)}. */
public final class FiniteLoss {
    private FiniteLoss() {}

    /**
     * Returns {@code loss}.
     *
     * @param step the step of the epoch, from 1
     * @throws GheeException of kind {@code JOB}, naming epoch and step, if it is NaN or infinite
     */
    public static float check(float loss, int epoch, long step) {
        if (!Float.isFinite(loss)) {
            throw new GheeException(
                    GheeException.Kind.JOB,
                    "loss is " + loss + " at epoch " + epoch + ", step " + step
                            + " (expected: a finite number; is the learning rate too high, or a label or feature not finite?)");
        }
        return loss;
    }
}
