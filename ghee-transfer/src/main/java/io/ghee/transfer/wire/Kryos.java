package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.DefaultArraySerializers;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.util.DefaultClassResolver;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.util.MapReferenceResolver;
import com.esotericsoftware.kryo.util.Util;
import java.net.URI;
import java.sql.Timestamp;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.UUID;
import org.objenesis.strategy.StdInstantiatorStrategy;

/** How ghee sets up Kryo. */
public final class Kryos {
    /** How deep an object may be nested; deeper ones would overflow the stack of some thread. */
    static final int DEEPEST = 500;

    private Kryos() {}

    /**
     * A Kryo for records of a pipeline, of classes that are not known beforehand but of the kinds that {@link Sendable} allows;
     * it refuses others when it writes as when it reads. References between objects of plain classes are kept; all else is a
     * value, and is written wherever it is met. {@link JdkCollections} says as what collections arrive.
     */
    public static Kryo forRecords() {
        return new OfRecords(Thread.currentThread().getContextClassLoader());
    }

    /**
     * A Kryo for the messages that a sealed interface permits, and nothing else: each class must be one of those, or what
     * their components are declared to be (see {@link Messages}). Nothing but a {@link io.ghee.source.Split} is named in the
     * stream. Both sides number the classes by their names, so both must have the same.
     *
     * @throws io.ghee.ConfigurationException if a component's type is none that a message may have
     */
    public static Kryo forMessages(Class<?> root) {
        return new Messages(root);
    }

    private static final class OfRecords extends Kryo {
        OfRecords(ClassLoader loader) {
            super(new Checking(new Sendable(loader)), new OfPlainClasses());
            setClassLoader(loader);
            setRegistrationRequired(false);
            setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
            addSerializers(this);
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Serializer getDefaultSerializer(Class type) {
            if (!Sendable.isCollection(type) || EnumSet.class.isAssignableFrom(type)) {
                return super.getDefaultSerializer(type);
            }
            if (Collection.class.isAssignableFrom(type)) {
                return new JdkCollections.OfElements(true);
            }
            return Map.class.isAssignableFrom(type) ? new JdkCollections.OfEntries(true) : new JdkCollections.OfEntry();
        }
    }

    /** What both kinds of Kryo have beyond what Kryo comes with. */
    static void addSerializers(Kryo kryo) {
        kryo.setMaxDepth(DEEPEST);
        kryo.addDefaultSerializer(Object[].class, new JdkCollections.OfObjects());
        kryo.addDefaultSerializer(String[].class, DefaultArraySerializers.StringArraySerializer.class);
        kryo.addDefaultSerializer(UUID.class, DefaultSerializers.UUIDSerializer.class);
        kryo.addDefaultSerializer(URI.class, DefaultSerializers.URISerializer.class);
        if (Util.isClassAvailable("java.sql.Timestamp")) {
            kryo.addDefaultSerializer(Timestamp.class, new TimestampSerializer());
        }
    }

    /** Asks of each class, when it is met for the first time, whether it may travel. */
    private static final class Checking extends DefaultClassResolver {
        private final Sendable sendable;

        Checking(Sendable sendable) {
            this.sendable = sendable;
        }

        @Override
        @SuppressWarnings("rawtypes")
        public Registration registerImplicit(Class type) {
            sendable.check(type);
            return super.registerImplicit(type);
        }
    }

    private static final class OfPlainClasses extends MapReferenceResolver {
        private static final ClassValue<Boolean> PLAIN = new ClassValue<>() {
            @Override
            protected Boolean computeValue(Class<?> type) {
                return Sendable.hasIdentity(type);
            }
        };

        @Override
        @SuppressWarnings("rawtypes")
        public boolean useReferences(Class type) {
            return PLAIN.get(type);
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
