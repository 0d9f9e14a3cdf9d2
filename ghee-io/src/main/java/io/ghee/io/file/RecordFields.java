package io.ghee.io.file;

import static io.ghee.ConfigurationException.check;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Turns text fields, one per component, into a Java {@code record} and back. Derived from the class: every component is
 * a primitive or a string. Thread-safe, one per class.
 *
 * @param <T> the record class
 */
final class RecordFields<T> {
    private static final int VALUE_SHOWN = 80;

    /** The method of this class that reads a field of a type. */
    private static final Map<Class<?>, String> READERS = Map.of(
            boolean.class, "toBoolean",
            byte.class, "toByte",
            short.class, "toShort",
            char.class, "toChar",
            int.class, "toInt",
            long.class, "toLong",
            float.class, "toFloat",
            double.class, "toDouble",
            String.class, "toText");

    private static final ClassValue<RecordFields<?>> ALL = new ClassValue<>() {
        @Override
        protected RecordFields<?> computeValue(Class<?> type) {
            return derive(type);
        }
    };

    private final Class<T> type;
    private final List<String> names;
    private final MethodHandle construct;
    private final List<MethodHandle> accessors;

    private RecordFields(Class<T> type, List<String> names, MethodHandle construct, List<MethodHandle> accessors) {
        this.type = type;
        this.names = names;
        this.construct = construct;
        this.accessors = accessors;
    }

    /**
     * The fields of {@code type}.
     *
     * @throws ConfigurationException if a component is neither primitive nor string
     */
    @SuppressWarnings("unchecked")
    static <T> RecordFields<T> of(Class<T> type) {
        return (RecordFields<T>) ALL.get(type);
    }

    private static <T> RecordFields<T> derive(Class<T> type) {
        RecordComponent[] components = type.getRecordComponents();
        if (components == null || components.length == 0) {
            throw new ConfigurationException(type.getName() + " (expected: a record with components)");
        }
        for (RecordComponent component : components) {
            check(
                    READERS.containsKey(component.getType()),
                    type.getSimpleName() + "." + component.getName(),
                    component.getType().getSimpleName(),
                    "a primitive or String");
        }
        try {
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            List<MethodHandle> accessors = new ArrayList<>();
            for (RecordComponent component : components) {
                accessors.add(lookup.findVirtual(type, component.getName(), MethodType.methodType(component.getType()))
                        .asType(MethodType.methodType(Object.class, Object.class)));
            }
            return new RecordFields<>(
                    type,
                    Arrays.stream(components).map(RecordComponent::getName).toList(),
                    constructor(type, components, lookup),
                    List.copyOf(accessors));
        } catch (IllegalAccessException | NoSuchMethodException e) {
            throw new ConfigurationException(type.getName() + " cannot be opened for reading: " + e.getMessage(), e);
        }
    }

    /** A handle of type (String[]) -> Object: the canonical constructor, of the fields read. */
    private static MethodHandle constructor(Class<?> type, RecordComponent[] components, MethodHandles.Lookup lookup)
            throws NoSuchMethodException, IllegalAccessException {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        MethodHandle handle = lookup.findConstructor(type, MethodType.methodType(void.class, types));
        for (int k = 0; k < types.length; k++) {
            MethodHandle reader = MethodHandles.lookup()
                    .findStatic(
                            RecordFields.class,
                            READERS.getOrDefault(types[k], ""),
                            MethodType.methodType(types[k], String[].class, int.class, String.class));
            handle = MethodHandles.filterArguments(
                    handle, k, MethodHandles.insertArguments(reader, 1, k, components[k].getName()));
        }
        MethodType plain = MethodType.methodType(type, String[].class);
        return MethodHandles.permuteArguments(handle, plain, new int[types.length])
                .asType(plain.changeReturnType(Object.class));
    }

    Class<T> type() {
        return type;
    }

    /** The components, in order. */
    List<String> names() {
        return names;
    }

    /**
     * The record of {@code fields}, one per component.
     *
     * @throws BadRecordException if one is no value of its component's type, or the constructor refuses them
     */
    T read(String[] fields) {
        Object made;
        try {
            made = (Object) construct.invokeExact(fields);
        } catch (BadRecordException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new BadRecordException(type.getSimpleName() + " refuses it: " + e.getMessage(), e);
        }
        return type.cast(made);
    }

    /** The fields of a record, one per component; null becomes the empty string. */
    String[] write(T record) {
        String[] fields = new String[accessors.size()];
        for (int k = 0; k < fields.length; k++) {
            Object value;
            try {
                value = (Object) accessors.get(k).invokeExact((Object) record);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(names.get(k) + "() of " + record + " threw " + e, e);
            }
            fields[k] = value == null ? "" : value.toString();
        }
        return fields;
    }

    private static BadRecordException bad(String column, String value, String type) {
        String shown = value.length() <= VALUE_SHOWN ? value : value.substring(0, VALUE_SHOWN) + "...";
        return new BadRecordException("column " + column + ": \"" + shown + "\" (expected: " + type + ")");
    }

    private static boolean toBoolean(String[] fields, int at, String column) {
        return switch (fields[at].toLowerCase(Locale.ROOT)) {
            case "true", "1" -> true;
            case "false", "0" -> false;
            default -> throw bad(column, fields[at], "boolean: true, false, 1 or 0");
        };
    }

    private static byte toByte(String[] fields, int at, String column) {
        try {
            return Byte.parseByte(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "byte");
        }
    }

    private static short toShort(String[] fields, int at, String column) {
        try {
            return Short.parseShort(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "short");
        }
    }

    private static char toChar(String[] fields, int at, String column) {
        if (fields[at].length() != 1) {
            throw bad(column, fields[at], "char");
        }
        return fields[at].charAt(0);
    }

    private static int toInt(String[] fields, int at, String column) {
        try {
            return Integer.parseInt(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "int");
        }
    }

    private static long toLong(String[] fields, int at, String column) {
        try {
            return Long.parseLong(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "long");
        }
    }

    private static float toFloat(String[] fields, int at, String column) {
        try {
            return Float.parseFloat(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "float");
        }
    }

    private static double toDouble(String[] fields, int at, String column) {
        try {
            return Double.parseDouble(fields[at]);
        } catch (NumberFormatException e) {
            throw bad(column, fields[at], "double");
        }
    }

    private static String toText(String[] fields, int at, String column) {
        return fields[at];
    }
}
