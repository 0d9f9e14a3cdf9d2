package io.ghee.agent;

import io.ghee.ConfigurationException;
import io.ghee.plan.Plan;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.util.Set;
import java.util.TreeSet;

/**
 * A plan as bytes. Functions are lambdas of the user, and those travel by Java serialisation alone; it is used for the plan
 * only, from the driver that started this very worker, and the classes that may be read back are those the driver wrote.
 *
 * @param classes the names of all classes in {@code bytes}
 */
public record PlanBytes(byte[] bytes, Set<String> classes) {
    private static final Set<String> JDK_VALUES = Set.of("java.lang", "java.math", "java.time", "java.util");

    public static PlanBytes of(Plan plan) {
        Set<String> classes = new TreeSet<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new Recording(bytes, classes)) {
            out.writeObject(plan);
        } catch (IOException e) {
            throw new ConfigurationException("pipeline " + plan.pipeline() + " cannot be sent to a worker: " + e, e);
        }
        return new PlanBytes(bytes.toByteArray(), classes);
    }

    /** Notes the classes that are written. */
    private static final class Recording extends ObjectOutputStream {
        private final Set<String> classes;

        Recording(OutputStream out, Set<String> classes) throws IOException {
            super(out);
            this.classes = classes;
        }

        @Override
        protected void annotateClass(Class<?> type) {
            classes.add(type.getName());
        }
    }

    public Plan plan() {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            in.setObjectInputFilter(this::filter);
            return (Plan) in.readObject();
        } catch (InvalidClassException | ClassNotFoundException e) {
            throw new ConfigurationException(
                    "the pipeline cannot be read here: " + e.getMessage() + " (expected: the class path of the driver)",
                    e);
        } catch (IOException e) {
            throw new ConfigurationException("the pipeline cannot be read here: " + e, e);
        }
    }

    private ObjectInputFilter.Status filter(ObjectInputFilter.FilterInfo info) {
        Class<?> type = info.serialClass();
        while (type != null && type.isArray()) {
            type = type.getComponentType();
        }
        return type == null || isAllowed(type) ? ObjectInputFilter.Status.UNDECIDED : ObjectInputFilter.Status.REJECTED;
    }

    /**
     * Lambdas and immutable collections are written as stand-ins, and what those turn into when read is checked as well: a
     * hidden class beside one that was written, or a value of the JDK.
     */
    private boolean isAllowed(Class<?> type) {
        return type.isPrimitive()
                || classes.contains(type.getName())
                || (type.isHidden() && classes.contains(type.getNestHost().getName()))
                || (type.getClassLoader() == null && JDK_VALUES.contains(type.getPackageName()));
    }
}
