package io.ghee.plan;

import io.ghee.ConfigurationException;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.StackWalker.StackFrame;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks, on the line that attaches a function to a pipeline, that the function can travel to another process: it and
 * everything it captures must be serialisable.
 */
public final class Shipping {
    private static final Set<String> FLUENT = Set.of("io.ghee", "io.ghee.plan");
    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private Shipping() {}

    /**
     * Checks {@code function} and returns a label for it: {@code Rating::parse}, or for a lambda the place of its caller.
     *
     * @param step the step it is attached to, for the message
     * @throws ConfigurationException if it cannot travel, naming the class that cannot and who captured it
     */
    public static String check(Serializable function, String step) {
        String site = callSite();
        try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
            out.writeObject(function);
        } catch (NotSerializableException e) {
            throw new ConfigurationException(
                    step + " at " + site + " captures " + culprit(function, e.getMessage())
                            + ", which cannot be sent to a worker (expected: a Serializable value; open connections and"
                            + " the like on the worker, with mapWith)",
                    e);
        } catch (IOException e) {
            throw new ConfigurationException(step + " at " + site + " cannot be sent to a worker: " + e, e);
        }
        return label(function, site);
    }

    private static String callSite() {
        return WALKER.walk(frames -> frames.filter(frame -> !isFluent(frame)).findFirst())
                .map(Shipping::place)
                .orElse("an unknown place");
    }

    private static boolean isFluent(StackFrame frame) {
        String file = frame.getFileName();
        boolean test = file != null && file.endsWith("Test.java");
        return FLUENT.contains(frame.getDeclaringClass().getPackageName()) && !test;
    }

    private static String place(StackFrame frame) {
        return frame.getFileName() + ":" + frame.getLineNumber();
    }

    private static String label(Object function, String site) {
        SerializedLambda lambda = lambda(function);
        if (lambda == null) {
            return function.getClass().getSimpleName();
        }
        String method = lambda.getImplMethodName();
        if (method.startsWith("lambda$")) {
            return "lambda at " + site;
        }
        String type = lambda.getImplClass();
        String simple = type.substring(Math.max(type.lastIndexOf('/'), type.lastIndexOf('$')) + 1);
        return simple + "::" + ("<init>".equals(method) ? "new" : method);
    }

    /** Names the class that cannot be shipped, and through which captured value it came in. */
    private static String culprit(Object function, @Nullable String className) {
        SerializedLambda lambda = lambda(function);
        if (lambda != null) {
            for (int k = 0; k < lambda.getCapturedArgCount(); k++) {
                Object captured = lambda.getCapturedArg(k);
                if (captured != null && !ships(captured)) {
                    return describe(captured.getClass(), className);
                }
            }
        }
        for (Field field : function.getClass().getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers())
                    && !Modifier.isTransient(field.getModifiers())
                    && field.getType().getName().equals(className)) {
                return className + " (field " + field.getName() + ")";
            }
        }
        return String.valueOf(className);
    }

    private static String describe(Class<?> captured, @Nullable String className) {
        String name = captured.getName();
        return name.equals(className) ? name : name + ", and in it " + className;
    }

    private static boolean ships(Object value) {
        try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
            out.writeObject(value);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The JDK's own description of a lambda or method reference; null for an ordinary object. */
    private static @Nullable SerializedLambda lambda(Object function) {
        try {
            Method replace = function.getClass().getDeclaredMethod("writeReplace");
            replace.setAccessible(true);
            return replace.invoke(function) instanceof SerializedLambda lambda ? lambda : null;
        } catch (ReflectiveOperationException | RuntimeException e) {
            return null;
        }
    }
}
