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

/**
 * Turns text fields, one per component, into a Java {@code record} and back. Derived from the class: every component is
 * a primitive or a string. Thread-safe, one per class.
 *
 * @param <T> the record class
 */
final class RecordFields<T> {
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
                    FieldReads.reads(component.getType()),
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
            MethodHandle reader = FieldReads.handle(types[k]);
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
}
