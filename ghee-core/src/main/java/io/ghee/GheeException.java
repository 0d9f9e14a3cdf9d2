package io.ghee;

import org.jspecify.annotations.Nullable;

/**
 * The root of what ghee throws. Its subclasses are the cases a caller would treat differently; each says by {@link
 * #kind} how a command line should exit.
 */
public class GheeException extends RuntimeException {
    /** Whose fault it is, and so what the caller can do. */
    public enum Kind {
        /** The job's own code failed: exit code 1. */
        JOB(1),
        /** The job was asked for what cannot be, or cannot run as configured: exit code 3. */
        CONFIGURATION(3),
        /** The input is missing, unreadable or malformed: exit code 3. */
        INPUT(3),
        /** A machine, process or connection failed: exit code 4. */
        INFRASTRUCTURE(4),
        /** The job was cancelled: exit code 130. */
        CANCELLED(130),
        /** Nobody's: an earlier driver of the same job has committed its output: exit code 0. */
        COMMITTED(0);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    public GheeException(Kind kind, String message) {
        this(kind, message, null);
    }

    public GheeException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }

    /** This exception's message; never null. */
    public String reason() {
        String message = getMessage();
        return message == null ? getClass().getName() : message;
    }
}
