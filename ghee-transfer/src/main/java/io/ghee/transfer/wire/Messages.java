package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import io.ghee.ConfigurationException;
import io.ghee.source.Split;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The Kryo of {@link Kryos#forMessages}. A message is a record that a sealed interface permits, and its components are
 * primitives and their boxes, strings, the values that {@link Sendable} lists, enums, records and sealed interfaces of the
 * same, arrays, {@link List}, {@link Set}, {@link Collection} and {@link Map} of these, and {@link Split}. Whatever list, set
 * or map is sent arrives as an {@link ArrayList}, a {@link LinkedHashSet} or a {@link LinkedHashMap}.
 *
 * <p>A split is of the user's classes, and is named in the stream: a record that implements {@link Split}, of what may travel
 * between stages.
 */
final class Messages extends Kryo {
    Messages(Class<?> root) {
        setRegistrationRequired(true);
        setReferences(false);
        Kryos.addSerializers(this);
        register(ArrayList.class, new JdkCollections.OfElements(false));
        register(LinkedHashSet.class, new JdkCollections.OfElements(false));
        register(LinkedHashMap.class, new JdkCollections.OfEntries(false));
        register(Split.class, new OfSplit());
        Map<String, Class<?>> found = new TreeMap<>();
        collect(root, root, found);
        found.values().forEach(this::register);
    }

    private static void collect(Type type, Class<?> in, Map<String, Class<?>> found) {
        if (type instanceof ParameterizedType generic) {
            collect(generic.getRawType(), in, found);
            for (Type argument : generic.getActualTypeArguments()) {
                collect(argument, in, found);
            }
        } else if (type instanceof WildcardType wildcard) {
            collect(wildcard.getUpperBounds()[0], in, found);
        } else if (type instanceof GenericArrayType array) {
            collect(array.getGenericComponentType(), in, found);
        } else if (type instanceof Class<?> plain) {
            collectClass(plain, in, found);
        } else {
            throw refused(type, in);
        }
    }

    private static void collectClass(Class<?> type, Class<?> in, Map<String, Class<?>> found) {
        if (type.isPrimitive() || type == Split.class || isCollection(type) || found.containsKey(type.getName())) {
            return;
        }
        if (type.isSealed()) {
            for (Class<?> permitted : type.getPermittedSubclasses()) {
                collect(permitted, type, found);
            }
            return;
        }
        if (!type.isArray() && !type.isRecord() && !type.isEnum() && !Sendable.isValue(type)) {
            throw refused(type, in);
        }
        found.put(type.getName(), type);
        if (type.isArray()) {
            collect(type.getComponentType(), in, found);
        } else if (type.isRecord()) {
            for (RecordComponent component : type.getRecordComponents()) {
                collect(component.getGenericType(), type, found);
            }
        }
    }

    private static boolean isCollection(Class<?> type) {
        return type == List.class || type == Set.class || type == Collection.class || type == Map.class;
    }

    private static ConfigurationException refused(Type type, Class<?> in) {
        return new ConfigurationException("component of " + in.getName() + ": " + type.getTypeName()
                + " (expected: a primitive, text, value, enum, record, sealed interface, array, list, set or map)");
    }

    /** Whatever kind of list is sent is a list. */
    @Override
    @SuppressWarnings("rawtypes")
    public Registration getRegistration(Class type) {
        if (Sendable.isCollection(type)) {
            if (Map.class.isAssignableFrom(type)) {
                return super.getRegistration(LinkedHashMap.class);
            }
            return super.getRegistration(Set.class.isAssignableFrom(type) ? LinkedHashSet.class : ArrayList.class);
        }
        return super.getRegistration(Split.class.isAssignableFrom(type) ? Split.class : type);
    }

    @Override
    @SuppressWarnings("rawtypes")
    protected String unregisteredClassMessage(Class type) {
        return type.getName() + " is no part of a message";
    }

    private static final class OfSplit extends Serializer<Split> {
        private final Kryo records = Kryos.forRecords();

        @Override
        public void write(Kryo kryo, Output out, Split split) {
            check(split.getClass());
            records.writeClass(out, split.getClass());
            records.writeObject(out, split);
        }

        @Override
        public Split read(Kryo kryo, Input in, Class<? extends Split> type) {
            Registration named = records.readClass(in);
            if (named == null) {
                throw new KryoException("split of no class");
            }
            Class<?> split = named.getType();
            check(split);
            return (Split) records.readObject(in, split);
        }

        private static void check(Class<?> type) {
            if (!type.isRecord() || !Split.class.isAssignableFrom(type)) {
                throw new KryoException("split of " + type.getName() + " (expected: a record that implements "
                        + Split.class.getName() + ")");
            }
        }
    }
}
