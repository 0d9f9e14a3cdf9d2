package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.CollectionSerializer;
import com.esotericsoftware.kryo.serializers.MapSerializer;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.PriorityBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * How the JDK's collections, maps, entries and arrays of objects are written. Those that have a public class and a constructor
 * of nothing arrive as what they are; views, copies and wrappers ({@code List.of}, {@code subList}, {@code keySet}, {@code
 * unmodifiableMap}) as plain lists, sets and maps. Kryo's own make memory ready for as many elements as the stream says there
 * are, and do so at each level of nesting; these grow as they are read.
 */
final class JdkCollections {
    private static final int FIRST = 64;

    /** Of sorted collections; a comparator is code, and code does not travel. The first is as good as none. */
    private static final List<Comparator<?>> ORDERS = List.of(
            Comparator.naturalOrder(),
            Collections.reverseOrder(),
            String.CASE_INSENSITIVE_ORDER,
            String.CASE_INSENSITIVE_ORDER.reversed());

    private JdkCollections() {}

    private static void writeOrder(Output out, @Nullable Comparator<?> comparator) {
        int order = comparator == null ? 0 : ORDERS.indexOf(comparator);
        if (order < 0) {
            throw new KryoException(
                    "a collection sorted by " + comparator + " does not travel (expected: natural order,"
                            + " reverse order or String.CASE_INSENSITIVE_ORDER; or a list, which keeps its order)");
        }
        out.writeByte(order);
    }

    @SuppressWarnings("unchecked")
    private static @Nullable Comparator<Object> readOrder(Input in) {
        int order = in.readByte();
        if (order < 0 || order >= ORDERS.size()) {
            throw new KryoException("order: " + order + " (expected: 0 to " + (ORDERS.size() - 1) + ")");
        }
        return order == 0 ? null : (Comparator<Object>) ORDERS.get(order);
    }

    /** A new collection or map of this class, or null if it has no constructor for that. */
    private static @Nullable Object make(Class<?> type) {
        try {
            Constructor<?> constructor = type.getConstructor();
            return Modifier.isPublic(type.getModifiers()) && !Modifier.isAbstract(type.getModifiers())
                    ? constructor.newInstance()
                    : null;
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    /** For classes of {@code java.util} that are a {@link Collection}. */
    static final class OfElements extends CollectionSerializer<Collection<Object>> {
        private final boolean withOrder;

        /** @param withOrder whether a sorted collection is to arrive as one */
        OfElements(boolean withOrder) {
            this.withOrder = withOrder;
        }

        private static boolean isSorted(Class<?> type) {
            return SortedSet.class.isAssignableFrom(type)
                    || type == PriorityQueue.class
                    || type == PriorityBlockingQueue.class;
        }

        @Override
        protected void writeHeader(Kryo kryo, Output out, Collection<Object> collection) {
            if (withOrder && isSorted(collection.getClass())) {
                writeOrder(out, comparator(collection));
            }
        }

        private static @Nullable Comparator<?> comparator(Collection<Object> sorted) {
            if (sorted instanceof SortedSet<Object> set) {
                return set.comparator();
            }
            return sorted instanceof PriorityQueue<Object> queue
                    ? queue.comparator()
                    : ((PriorityBlockingQueue<Object>) sorted).comparator();
        }

        @Override
        @SuppressWarnings("unchecked")
        protected Collection<Object> create(Kryo kryo, Input in, Class<? extends Collection<Object>> type, int size) {
            if (in instanceof BoundedInput bounded) {
                bounded.count(size);
            }
            Class<?> raw = type;
            if (isSorted(raw)) {
                Comparator<Object> order = readOrder(in);
                if (raw == PriorityQueue.class) {
                    return new PriorityQueue<>(order);
                }
                if (raw == PriorityBlockingQueue.class) {
                    return new PriorityBlockingQueue<>(FIRST, order);
                }
                return raw == ConcurrentSkipListSet.class ? new ConcurrentSkipListSet<>(order) : new TreeSet<>(order);
            }
            Object made = make(type);
            if (made != null) {
                return (Collection<Object>) made;
            }
            if (Set.class.isAssignableFrom(type)) {
                return new LinkedHashSet<>();
            }
            return Queue.class.isAssignableFrom(type) ? new ArrayDeque<>() : new ArrayList<>();
        }
    }

    /** For classes of {@code java.util} that are a {@link Map}. */
    static final class OfEntries extends MapSerializer<Map<Object, Object>> {
        private final boolean withOrder;

        /** @param withOrder whether a sorted map is to arrive as one */
        OfEntries(boolean withOrder) {
            this.withOrder = withOrder;
        }

        @Override
        protected void writeHeader(Kryo kryo, Output out, Map<Object, Object> map) {
            if (withOrder && map instanceof SortedMap<Object, Object> sorted) {
                writeOrder(out, sorted.comparator());
            }
        }

        @Override
        @SuppressWarnings("unchecked")
        protected Map<Object, Object> create(Kryo kryo, Input in, Class<? extends Map<Object, Object>> type, int size) {
            Class<?> raw = type;
            if (SortedMap.class.isAssignableFrom(raw)) {
                Comparator<Object> order = readOrder(in);
                return raw == ConcurrentSkipListMap.class ? new ConcurrentSkipListMap<>(order) : new TreeMap<>(order);
            }
            Object made = make(type);
            return made == null ? new LinkedHashMap<>() : (Map<Object, Object>) made;
        }
    }

    /** Entries arrive as immutable ones, but for those of the one class that is not. */
    static final class OfEntry extends Serializer<Map.Entry<?, ?>> {
        @Override
        public void write(Kryo kryo, Output out, Map.Entry<?, ?> entry) {
            kryo.writeClassAndObject(out, entry.getKey());
            kryo.writeClassAndObject(out, entry.getValue());
        }

        @Override
        public Map.Entry<?, ?> read(Kryo kryo, Input in, Class<? extends Map.Entry<?, ?>> type) {
            Object key = kryo.readClassAndObject(in);
            Object value = kryo.readClassAndObject(in);
            Class<?> raw = type;
            return raw == AbstractMap.SimpleEntry.class
                    ? new AbstractMap.SimpleEntry<>(key, value)
                    : new AbstractMap.SimpleImmutableEntry<>(key, value);
        }
    }

    /** For arrays of objects, and arrays of arrays. */
    static final class OfObjects extends Serializer<Object[]> {
        @Override
        public void write(Kryo kryo, Output out, Object[] array) {
            Class<?> component = array.getClass().getComponentType();
            out.writeVarInt(array.length, true);
            for (Object element : array) {
                if (kryo.isFinal(component)) {
                    kryo.writeObjectOrNull(out, element, component);
                } else {
                    kryo.writeClassAndObject(out, element);
                }
            }
        }

        @Override
        public Object[] read(Kryo kryo, Input in, Class<? extends Object[]> type) {
            Class<?> component = type.getComponentType();
            int length = in.readVarInt(true);
            Object[] array = (Object[]) Array.newInstance(component, Math.min(length, FIRST));
            for (int k = 0; k < length; k++) {
                if (k == array.length) {
                    array = Arrays.copyOf(array, Math.min(length, 2 * k));
                }
                Object element =
                        kryo.isFinal(component) ? kryo.readObjectOrNull(in, component) : kryo.readClassAndObject(in);
                if (element != null && !component.isInstance(element)) {
                    throw new KryoException("element of " + type.getTypeName() + ": "
                            + element.getClass().getName());
                }
                array[k] = element;
            }
            return array;
        }
    }
}
