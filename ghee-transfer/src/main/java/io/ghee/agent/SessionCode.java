package io.ghee.agent;

import io.ghee.ConfigurationException;
import io.ghee.plan.Plan;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a plan needs of code that lies in the driver's memory alone, as JShell and the notebooks built on it keep theirs: its
 * classes, with all that they name, and the variables in them. No class path has these, so they travel with the plan.
 *
 * <p>JShell makes each snippet a class, and each variable of a session a static field of one. A worker that loaded the class
 * alone would find 0 there and no error; so the values go, too. One that is not serialisable stays null, as it may well be a
 * pipeline or a job, which the class that declares it holds beside the function that is sent. Static fields of classes that
 * were typed are theirs, and not sent.
 */
final class SessionCode {
    /** The class of a snippet, by the naming of JShell. */
    private static final Pattern SNIPPET = Pattern.compile("REPL\\.\\$JShell\\$\\w+");

    private static final Pattern NAMED_IN_DESCRIPTOR = Pattern.compile("L([^;<>]+);");

    private static final Logger LOG = LoggerFactory.getLogger(SessionCode.class);

    private final String pipeline;
    private final Map<String, byte[]> classes = new TreeMap<>();
    private final Set<Class<?>> added = new HashSet<>();
    private final List<Variable> variables = new ArrayList<>();
    private final Deque<Class<?>> toVisit = new ArrayDeque<>();
    private ClassLoader loader = SessionCode.class.getClassLoader();

    /** A static field, and what it holds. */
    record Variable(Class<?> owner, String name, Object value) implements Serializable {
        /** Gives the field of this JVM that value. */
        void restore() {
            try {
                Field field = owner.getDeclaredField(name);
                field.setAccessible(true);
                field.set(null, value);
            } catch (ReflectiveOperationException | IllegalArgumentException e) {
                throw new ConfigurationException(
                        "variable " + name + " of the driver's session cannot be set here: " + e, e);
            }
        }
    }

    private SessionCode(String pipeline) {
        this.pipeline = pipeline;
    }

    /**
     * Of a plan; empty where all its code is on a class path.
     *
     * @throws ConfigurationException if the plan cannot be written, or a class has no bytes
     */
    static SessionCode of(Plan plan) {
        SessionCode code = new SessionCode(plan.pipeline());
        try {
            code.note(plan);
        } catch (IOException e) {
            throw new ConfigurationException("pipeline " + plan.pipeline() + " cannot be sent to a worker: " + e, e);
        }
        while (!code.toVisit.isEmpty()) {
            code.visit(code.toVisit.remove());
        }
        return code;
    }

    /** The bytes of its classes, by name. */
    Map<String, byte[]> classes() {
        return classes;
    }

    /** What its snippets hold, of what can travel. */
    List<Variable> variables() {
        return variables;
    }

    /** The driver's loader that has all of it. */
    ClassLoader loader() {
        return loader;
    }

    /** Notes the classes that are met when something is written. */
    private void note(Object written) throws IOException {
        List<Class<?>> met = new ArrayList<>();
        try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream()) {
            @Override
            protected void annotateClass(Class<?> type) {
                met.add(type);
            }
        }) {
            out.writeObject(written);
        }
        met.forEach(this::add);
    }

    private void add(Class<?> named) {
        Class<?> type = named;
        while (type.isArray()) {
            type = type.getComponentType();
        }
        if (isOfSession(type) && added.add(type)) {
            toVisit.add(type);
            loader = type.getClassLoader();
        }
    }

    /** If a class was defined from memory: it came from no file. */
    private static boolean isOfSession(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        if (loader == null || type.isHidden() || type.getModule().isNamed()) {
            return false;
        }
        ProtectionDomain domain = type.getProtectionDomain();
        CodeSource source = domain.getCodeSource();
        return source == null || source.getLocation() == null;
    }

    private void visit(Class<?> type) {
        byte[] bytes = bytes(type);
        classes.put(type.getName(), bytes);
        for (String name : named(type, bytes)) {
            try {
                add(Class.forName(name, false, type.getClassLoader()));
            } catch (ClassNotFoundException | LinkageError e) {
                LOG.debug("class {} names {}, which is not there", type.getName(), name);
            }
        }
        if (SNIPPET.matcher(type.getName()).matches()) {
            addVariables(type);
        }
    }

    private byte[] bytes(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        try (InputStream in = loader.getResourceAsStream(type.getName().replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ConfigurationException("pipeline " + pipeline + " cannot be sent to a worker: class "
                        + type.getName() + " is in the memory of this JVM alone, and its loader "
                        + loader.getClass().getName() + " does not give its bytes (expected: a class on the class path,"
                        + " or of JShell)");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new ConfigurationException(
                    "pipeline " + pipeline + " cannot be sent to a worker: class " + type.getName()
                            + " cannot be read: " + e,
                    e);
        }
    }

    private void addVariables(Class<?> snippet) {
        for (Field field : snippet.getDeclaredFields()) {
            Object value = isVariable(field) ? value(field) : null;
            if (value != null && isSerialisable(value)) {
                variables.add(new Variable(snippet, field.getName(), value));
            }
        }
    }

    private static boolean isVariable(Field field) {
        return Modifier.isStatic(field.getModifiers())
                && !Modifier.isFinal(field.getModifiers())
                && !field.isSynthetic();
    }

    private static @Nullable Object value(Field field) {
        try {
            field.setAccessible(true);
            return field.get(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("a field that was made accessible is not", e);
        }
    }

    private boolean isSerialisable(Object value) {
        try {
            note(value);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The classes that a class names in its constant pool: as such, and in the types of its fields, methods and record
     * components. See The Java Virtual Machine Specification, 4.4.
     */
    private static Set<String> named(Class<?> type, byte[] bytes) {
        Set<String> names = new TreeSet<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            in.skipNBytes(8);
            int count = in.readUnsignedShort();
            Map<Integer, String> texts = new HashMap<>();
            List<Integer> ofClasses = new ArrayList<>();
            for (int k = 1; k < count; k++) {
                int tag = in.readUnsignedByte();
                switch (tag) {
                    case 1 -> texts.put(k, in.readUTF());
                    case 7 -> ofClasses.add(in.readUnsignedShort());
                    case 8, 16, 19, 20 -> in.skipNBytes(2);
                    case 15 -> in.skipNBytes(3);
                    case 3, 4, 9, 10, 11, 12, 17, 18 -> in.skipNBytes(4);
                    case 5, 6 -> {
                        in.skipNBytes(8);
                        // These take two places.
                        k++;
                    }
                    default -> throw new IOException("constant " + k + " of kind " + tag);
                }
            }
            ofClasses.forEach(place -> names.add(texts.getOrDefault(place, "")));
            for (String text : texts.values()) {
                for (Matcher each = NAMED_IN_DESCRIPTOR.matcher(text); each.find(); ) {
                    names.add(each.group(1));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException("the class file of " + type.getName() + " is not understood", e);
        }
        Set<String> binary = new TreeSet<>();
        names.forEach(name -> binary.add(name.replace('/', '.')));
        return binary;
    }

    /** Where a worker has the classes of a session, beyond those of its class path. */
    static ClassLoader loader(Map<String, byte[]> classes, ClassLoader parent) {
        return classes.isEmpty() ? parent : new Loader(classes, parent);
    }

    private static final class Loader extends ClassLoader {
        private final Map<String, byte[]> classes;

        static {
            registerAsParallelCapable();
        }

        Loader(Map<String, byte[]> classes, ClassLoader parent) {
            super("session", parent);
            this.classes = classes;
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = classes.get(name);
            if (bytes == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
