package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.CollectionSerializer;
import com.esotericsoftware.kryo.serializers.ImmutableSerializer;
import com.esotericsoftware.kryo.serializers.MapSerializer;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.util.Util;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.sql.Timestamp;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.objenesis.strategy.StdInstantiatorStrategy;

/** How ghee sets up Kryo. */
public final class Kryos {
    private Kryos() {}

    /**
     * A Kryo for objects of classes that are not known beforehand; shared and circular references are kept. Beyond what
     * Kryo knows it writes UUIDs, URIs and map entries; and views, copies and wrappers of the JDK's collections
     * ({@code subList}, {@code keySet}, {@code unmodifiableMap}), which arrive as plain lists, sets and maps.
     */
    public static Kryo forRecords() {
        Kryo kryo = new OfJdkValues();
        kryo.setRegistrationRequired(false);
        kryo.setReferences(true);
        kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
        kryo.setClassLoader(Thread.currentThread().getContextClassLoader());
        kryo.addDefaultSerializer(UUID.class, new UuidSerializer());
        kryo.addDefaultSerializer(URI.class, new UriSerializer());
        kryo.addDefaultSerializer(Map.entry("", "").getClass(), new EntrySerializer());
        kryo.addDefaultSerializer(AbstractMap.SimpleEntry.class, new EntrySerializer());
        kryo.addDefaultSerializer(AbstractMap.SimpleImmutableEntry.class, new EntrySerializer());
        if (Util.isClassAvailable("java.sql.Timestamp")) {
            kryo.addDefaultSerializer(Timestamp.class, new TimestampSerializer());
        }
        return kryo;
    }

    private static final class OfJdkValues extends Kryo {
        @Override
        @SuppressWarnings("rawtypes")
        public Serializer getDefaultSerializer(Class type) {
            if (type.getModule() == Object.class.getModule()) {
                if (type.getName().startsWith("java.util.ImmutableCollections$List")) {
                    // Kryo's own refuses nulls, which the lists that streams make may have.
                    return new PlainCollections();
                }
                Serializer found = super.getDefaultSerializer(type);
                if (found.getClass() == CollectionSerializer.class && !isMadeFromNothing(type)) {
                    return new PlainCollections();
                }
                return found.getClass() == MapSerializer.class && !isMadeFromNothing(type) ? new PlainMaps() : found;
            }
            return super.getDefaultSerializer(type);
        }

        private static boolean isMadeFromNothing(Class<?> type) {
            return Modifier.isPublic(type.getModifiers())
                    && Arrays.stream(type.getConstructors()).anyMatch(made -> made.getParameterCount() == 0);
        }
    }

    private static final class PlainCollections extends CollectionSerializer<Collection<Object>> {
        @Override
        protected Collection<Object> create(Kryo kryo, Input in, Class<? extends Collection<Object>> type, int size) {
            if (SortedSet.class.isAssignableFrom(type)) {
                return new TreeSet<>();
            }
            return Set.class.isAssignableFrom(type) ? new LinkedHashSet<>() : new ArrayList<>(size);
        }
    }

    private static final class PlainMaps extends MapSerializer<Map<Object, Object>> {
        @Override
        protected Map<Object, Object> create(Kryo kryo, Input in, Class<? extends Map<Object, Object>> type, int size) {
            return SortedMap.class.isAssignableFrom(type) ? new TreeMap<>() : new LinkedHashMap<>();
        }
    }

    private static final class UuidSerializer extends ImmutableSerializer<UUID> {
        @Override
        public void write(Kryo kryo, Output out, UUID uuid) {
            out.writeLong(uuid.getMostSignificantBits());
            out.writeLong(uuid.getLeastSignificantBits());
        }

        @Override
        public UUID read(Kryo kryo, Input in, Class<? extends UUID> type) {
            return new UUID(in.readLong(), in.readLong());
        }
    }

    private static final class UriSerializer extends ImmutableSerializer<URI> {
        @Override
        public void write(Kryo kryo, Output out, URI uri) {
            out.writeString(uri.toString());
        }

        @Override
        public URI read(Kryo kryo, Input in, Class<? extends URI> type) {
            return URI.create(in.readString());
        }
    }

    /** Entries of the JDK arrive as immutable ones, but for those of the one class that is not. */
    private static final class EntrySerializer extends Serializer<Map.Entry<?, ?>> {
        @Override
        public void write(Kryo kryo, Output out, Map.Entry<?, ?> entry) {
            kryo.writeClassAndObject(out, entry.getKey());
            kryo.writeClassAndObject(out, entry.getValue());
        }

        @Override
        public Map.Entry<?, ?> read(Kryo kryo, Input in, Class<? extends Map.Entry<?, ?>> type) {
            Object key = kryo.readClassAndObject(in);
            Object value = kryo.readClassAndObject(in);
            if (type.getName().equals(AbstractMap.SimpleEntry.class.getName())) {
                return new AbstractMap.SimpleEntry<>(key, value);
            }
            return new AbstractMap.SimpleImmutableEntry<>(key, value);
        }
    }

    /** Kryo's own writes the nanoseconds as it writes lengths, which {@link BoundedInput} would refuse. */
    private static final class TimestampSerializer extends Serializer<Timestamp> {
        @Override
        public void write(Kryo kryo, Output out, Timestamp timestamp) {
            out.writeLong(timestamp.getTime());
            out.writeInt(timestamp.getNanos());
        }

        @Override
        public Timestamp read(Kryo kryo, Input in, Class<? extends Timestamp> type) {
            Timestamp timestamp = new Timestamp(in.readLong());
            timestamp.setNanos(in.readInt());
            return timestamp;
        }
    }
}
