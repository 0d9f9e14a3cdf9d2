package io.ghee;

import org.jspecify.annotations.Nullable;

/** The input is missing, unreadable or malformed. The message names the path, the place in it, and what was expected. */
public class InputException extends GheeException {
    public InputException(String message) {
        this(message, null);
    }

    public InputException(String message, @Nullable Throwable cause) {
        super(Kind.INPUT, message, cause);
    }
}
