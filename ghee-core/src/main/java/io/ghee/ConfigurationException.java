package io.ghee;

import org.jspecify.annotations.Nullable;

/** A value that cannot be, told with what was expected: {@code replicas: 0 (expected: >= 1)}. */
public class ConfigurationException extends GheeException {
    public ConfigurationException(String message) {
        this(message, null);
    }

    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(Kind.CONFIGURATION, message, cause);
    }

    /** Returns {@code value}, or throws where {@code valid} is false, naming all three. */
    public static <V> V check(boolean valid, String name, V value, String expected) {
        if (!valid) {
            throw new ConfigurationException(name + ": " + value + " (expected: " + expected + ")");
        }
        return value;
    }
}
