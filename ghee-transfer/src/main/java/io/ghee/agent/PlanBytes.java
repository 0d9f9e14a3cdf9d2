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
 */
public record PlanBytes(byte[] bytes, Set<String> classes) {
    private static final int DEEPEST = 200;
    private static final int LONGEST_ARRAY = 1024;

    /**
     * Writes a plan.
     *
     * @throws ConfigurationException if something in it cannot be written, or not be read back
     */
    public static PlanBytes of(Plan plan) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(plan);
        } catch (IOException e) {
            throw new ConfigurationException("pipeline " + plan.pipeline() + " cannot be sent to a worker: " + e, e);
        }
        Set<String> classes = new TreeSet<>();
        // What is written is not all that is met: lambdas and immutable collections are written as stand-ins.
        read(bytes.toByteArray(), type -> {
            classes.add(name(type));
            return true;
        });
        return new PlanBytes(bytes.toByteArray(), classes);
    }

    /**
     * Reads the plan.
     *
     * @throws ConfigurationException if it is damaged, or of classes that are not here or were not the driver's
     */
    public Plan plan() {
        return read(bytes, type -> classes.contains(name(type)));
    }

    private static Plan read(byte[] bytes, Predicate<Class<?>> allowed) {
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
            in.setObjectInputFilter(info -> filter(info, bytes.length, allowed));
            return (Plan) in.readObject();
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
