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
import java.io.ObjectStreamClass;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A plan as bytes. Functions are lambdas of the user, and those travel by Java serialisation alone. It is used for the plan
 * only, which comes over the control channel, where CURVE has proved that its sender is the job's driver: that is the guard
 * against strangers. The filter here is a second one, against what the driver did not mean to send: classes that were not in
 * the plan as the driver wrote it, and nesting, arrays and references without measure.
 *
 * @param classes the names of all classes that are met when {@code bytes} are read, as the driver found by reading them; of a
 *     lambda, the class around it
 * @param session classes that no class path has, by name, as of a notebook: see {@link SessionCode}
 */
public record PlanBytes(byte[] bytes, Set<String> classes, Map<String, byte[]> session) {
    private static final int DEEPEST = 200;
    private static final int LONGEST_ARRAY = 1024;

    /**
     * Writes a plan.
     *
     * @throws ConfigurationException if something in it cannot be written, or not be read back
     */
    public static PlanBytes of(Plan plan) {
        SessionCode session = SessionCode.of(plan);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(plan);
            out.writeObject(session.variables().toArray(SessionCode.Variable[]::new));
        } catch (IOException e) {
            throw new ConfigurationException("pipeline " + plan.pipeline() + " cannot be sent to a worker: " + e, e);
        }
        Set<String> classes = new TreeSet<>();
        // What is written is not all that is met: lambdas and immutable collections are written as stand-ins.
        read(bytes.toByteArray(), session.loader(), type -> {
            classes.add(name(type));
            return true;
        });
        return new PlanBytes(bytes.toByteArray(), classes, session.classes());
    }

    /** The loader of this code and, as its child if there is one, of the session: to be the context's of whoever reads. */
    ClassLoader loader() {
        return SessionCode.loader(session, PlanBytes.class.getClassLoader());
    }

    /**
     * Reads the plan, and gives the session's variables their values.
     *
     * @throws ConfigurationException if it is damaged, or of classes that are not here or were not the driver's
     */
    public Plan plan() {
        ClassLoader loader = Thread.currentThread().getContextClassLoader();
        Shipment shipment = read(bytes, loader, type -> classes.contains(name(type)));
        for (SessionCode.Variable variable : shipment.variables) {
            variable.restore();
        }
        return shipment.plan;
    }

    private record Shipment(Plan plan, List<SessionCode.Variable> variables) {}

    private static final class Reader extends ObjectInputStream {
        private final ClassLoader loader;

        Reader(byte[] bytes, ClassLoader loader) throws IOException {
            super(new ByteArrayInputStream(bytes));
            this.loader = loader;
        }

        @Override
        protected Class<?> resolveClass(ObjectStreamClass described) throws IOException, ClassNotFoundException {
            try {
                return Class.forName(described.getName(), false, loader);
            } catch (ClassNotFoundException e) {
                // A primitive type.
                return super.resolveClass(described);
            }
        }
    }

    private static Shipment read(byte[] bytes, ClassLoader loader, Predicate<Class<?>> allowed) {
        try (ObjectInputStream in = new Reader(bytes, loader)) {
            in.setObjectInputFilter(info -> filter(info, bytes.length, allowed));
            Plan plan = (Plan) in.readObject();
            return new Shipment(plan, List.of((SessionCode.Variable[]) in.readObject()));
        } catch (InvalidClassException | ClassNotFoundException e) {
            throw new ConfigurationException(
                    "the pipeline cannot be read here: " + e.getMessage() + " (expected: the class path of the driver)",
                    e);
        } catch (IOException | ClassCastException | StackOverflowError e) {
            throw new ConfigurationException("the pipeline cannot be read here: " + e, e);
        }
    }

    private static ObjectInputFilter.Status filter(
            ObjectInputFilter.FilterInfo info, int bytes, Predicate<Class<?>> allowed) {
        boolean measured = info.depth() <= DEEPEST
                && info.references() <= bytes
                && info.arrayLength() <= Math.max(bytes, LONGEST_ARRAY);
        Class<?> type = info.serialClass();
        while (type != null && type.isArray()) {
            type = type.getComponentType();
        }
        return measured && (type == null || type.isPrimitive() || allowed.test(type))
                ? ObjectInputFilter.Status.ALLOWED
                : ObjectInputFilter.Status.REJECTED;
    }

    /** A lambda's class has another name in each JVM. */
    private static String name(Class<?> type) {
        return (type.isHidden() ? type.getNestHost() : type).getName();
    }
}
