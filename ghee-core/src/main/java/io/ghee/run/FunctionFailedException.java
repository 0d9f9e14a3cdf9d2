package io.ghee.run;

import io.ghee.GheeException;

/** A stage function threw; adds the place of the record to what it threw. */
final class FunctionFailedException extends GheeException {
    FunctionFailedException(Exception cause, String place) {
        super(
                cause instanceof GheeException ghee ? ghee.kind() : Kind.JOB,
                cause.getClass().getSimpleName() + (cause.getMessage() == null ? "" : ": " + cause.getMessage()) + " "
                        + place,
                cause);
    }
}
