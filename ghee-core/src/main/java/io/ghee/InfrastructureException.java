package io.ghee;

import org.jspecify.annotations.Nullable;

/** A process, connection or machine failed or did not answer before its deadline. */
public class InfrastructureException extends GheeException {
    public InfrastructureException(String message) {
        this(message, null);
    }

    public InfrastructureException(String message, @Nullable Throwable cause) {
        super(Kind.INFRASTRUCTURE, message, cause);
    }
}
