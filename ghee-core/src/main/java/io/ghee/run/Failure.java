package io.ghee.run;

import io.ghee.GheeException;
import java.io.PrintWriter;
import java.io.StringWriter;

/**
 * What ended a job, in a form that crosses processes: text, never a serialised exception.
 *
 * @param stage the stage that failed, or {@code driver}
 * @param replica the replica of it, or -1 for the driver
 * @param type the exception's class name
 * @param message what is wrong, the value, what was expected, and where
 * @param stack the exception's stack, as text
 */
public record Failure(GheeException.Kind kind, String stage, int replica, String type, String message, String stack) {
    /** The failure that {@code thrown} is. */
    public static Failure of(String stage, int replica, Throwable thrown) {
        Throwable cause =
                thrown instanceof FunctionFailedException && thrown.getCause() != null ? thrown.getCause() : thrown;
        StringWriter stack = new StringWriter();
        cause.printStackTrace(new PrintWriter(stack));
        return new Failure(
                kind(cause), stage, replica, cause.getClass().getName(), message(thrown, cause), stack.toString());
    }

    private static GheeException.Kind kind(Throwable cause) {
        return cause instanceof GheeException ghee ? ghee.kind() : GheeException.Kind.JOB;
    }

    private static String message(Throwable thrown, Throwable cause) {
        if (thrown instanceof GheeException ghee) {
            return ghee.reason();
        }
        String message = cause.getMessage();
        return cause.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    /** One line: what failed, and where. */
    public String summary() {
        return replica < 0 ? message : "stage " + stage + ", replica " + replica + ": " + message;
    }
}
