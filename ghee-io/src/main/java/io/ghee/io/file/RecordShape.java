package io.ghee.io.file;

import io.ghee.BadRecordException;
import io.ghee.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The components of a Java {@code record} class, for formats that have a schema. Thread-safe, one per class.
 *
 * @param <T> the record class
 */
final class RecordShape<T> {
    private static final ClassValue<RecordShape<?>> ALL = new ClassValue<>() {
        @Override
        protected RecordShape<?> computeValue(Class<?> type) {
            return derive(type);
        }
    };

    private final Class<T> type;
    private final List<Component> components;
    private final Function<Slot[], Object> construct;

    /**
     * A component of a record class.
     *
     * @param accessor of type (Object record) -> Object
     */
    record Component(String name, ValueType type, MethodHandle accessor) {
        /** The component's value in {@code record}. */
        @Nullable
        Object of(Object record) {
            try {
                return (Object) accessor.invokeExact(record);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(name + "() of " + record + " threw " + e, e);
            }
        }
    }

    private RecordShape(Class<T> type, List<Component> components, Function<Slot[], Object> construct) {
        this.type = type;
        this.components = components;
        this.construct = construct;
    }

    /**
     * The shape of {@code type}.
     *
     * @throws ConfigurationException if it is no record, contains itself, or a component is of a type that files do not
     *     have
     */
    @SuppressWarnings("unchecked")
    static <T> RecordShape<T> of(Class<T> type) {
        requireFinite(type, new HashSet<>());
        return (RecordShape<T>) ALL.get(type);
    }

    private static void requireFinite(Class<?> type, Set<Class<?>> around) {
        if (!around.add(type)) {
            throw new ConfigurationException(type.getName() + " contains itself (expected: records of a fixed depth)");
        }
        for (Component component : ALL.get(type).components) {
            ValueType value = component.type;
            while (value.kind() == ValueType.Kind.LIST) {
                value = value.elements();
            }
            if (value.kind() == ValueType.Kind.RECORD) {
                requireFinite(value.raw(), around);
            }
        }
        around.remove(type);
    }

    private static RecordShape<?> derive(Class<?> type) {
        RecordComponent[] declared = type.getRecordComponents();
        if (declared == null || declared.length == 0) {
            throw new ConfigurationException(type.getName() + " (expected: a record with components)");
        }
        try {
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
            List<Component> components = new ArrayList<>();
            for (RecordComponent component : declared) {
                String where = type.getSimpleName() + "." + component.getName();
                MethodHandle accessor =
                        lookup.findVirtual(type, component.getName(), MethodType.methodType(component.getType()));
                components.add(new Component(
                        component.getName(),
                        ValueType.of(component.getGenericType(), where),
                        accessor.asType(MethodType.methodType(Object.class, Object.class))));
            }
            return new RecordShape<>(
                    type, List.copyOf(components), constructing(constructor(type, components, lookup)));
        } catch (IllegalAccessException | NoSuchMethodException e) {
            throw new ConfigurationException(type.getName() + " cannot be opened for reading: " + e.getMessage(), e);
        }
    }

    /** A handle of type (Slot[]) -> Object: the canonical constructor, of what is in the slots. */
    private static MethodHandle constructor(Class<?> type, List<Component> components, MethodHandles.Lookup lookup)
            throws NoSuchMethodException, IllegalAccessException {
        Class<?>[] types = components.stream().map(each -> each.type.raw()).toArray(Class<?>[]::new);
        MethodHandle handle = lookup.findConstructor(type, MethodType.methodType(void.class, types));
        for (int k = 0; k < types.length; k++) {
            handle = MethodHandles.filterArguments(handle, k, SlotReads.handle(components.get(k).type, k));
        }
        MethodType plain = MethodType.methodType(type, Slot[].class);
        return MethodHandles.permuteArguments(handle, plain, new int[types.length])
                .asType(plain.changeReturnType(Object.class));
    }

    /** A function that is {@code constructor}. */
    @SuppressWarnings("unchecked")
    private static Function<Slot[], Object> constructing(MethodHandle constructor) {
        try (InputStream code = Constructing.class.getResourceAsStream("Constructing.class")) {
            if (code == null) {
                throw new IllegalStateException("no class file of " + Constructing.class.getName());
            }
            return (Function<Slot[], Object>) MethodHandles.lookup()
                    .defineHiddenClassWithClassData(code.readAllBytes(), constructor, true)
                    .lookupClass()
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (IOException | ReflectiveOperationException e) {
            throw new IllegalStateException("no hidden class for " + constructor, e);
        }
    }

    Class<T> type() {
        return type;
    }

    List<Component> components() {
        return components;
    }

    /** The names of the components, in order. */
    List<String> names() {
        return components.stream().map(Component::name).toList();
    }

    /** Empty slots, one for each component. */
    Slot[] slots() {
        return components.stream().map(each -> new Slot()).toArray(Slot[]::new);
    }

    /**
     * The record of what is in the slots.
     *
     * @param prefix of the columns' names, for messages
     * @throws BadRecordException if the slot of a primitive is empty, or the constructor refuses the values
     */
    T build(Slot[] slots, String prefix) {
        for (int k = 0; k < slots.length; k++) {
            if (!slots[k].isFilled() && !components.get(k).type.isNullable()) {
                throw new BadRecordException("column " + prefix + components.get(k).name + ": null (expected: "
                        + components.get(k).type + ")");
            }
        }
        Object made;
        try {
            made = construct.apply(slots);
        } catch (BadRecordException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new BadRecordException(type.getSimpleName() + " refuses it: " + e.getMessage(), e);
        }
        return type.cast(made);
    }

    @Override
    public String toString() {
        return type.getSimpleName() + " " + Arrays.toString(names().toArray());
    }
}
