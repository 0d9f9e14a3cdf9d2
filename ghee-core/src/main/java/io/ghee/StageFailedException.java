package io.ghee;

import io.ghee.run.Failure;

/** A worker failed, and the job with it. {@link #failure} tells the stage, the replica and the remote stack. */
public class StageFailedException extends GheeException {
    private final Failure failure;

    public StageFailedException(Failure failure) {
        super(failure.kind(), failure.summary());
        this.failure = failure;
    }

    public Failure failure() {
        return failure;
    }
}
