package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.util.Util;
import java.sql.Timestamp;
import org.objenesis.strategy.StdInstantiatorStrategy;

/** How ghee sets up Kryo. */
public final class Kryos {
    private Kryos() {}

    /** A Kryo for objects of classes that are not known beforehand; shared and circular references are kept. */
    public static Kryo forRecords() {
        Kryo kryo = new Kryo();
        kryo.setRegistrationRequired(false);
        kryo.setReferences(true);
        kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
        kryo.setClassLoader(Thread.currentThread().getContextClassLoader());
        if (Util.isClassAvailable("java.sql.Timestamp")) {
            kryo.addDefaultSerializer(Timestamp.class, TimestampSerializer.class);
        }
        return kryo;
    }

    /** Kryo's own writes the nanoseconds as it writes lengths, which {@link BoundedInput} would refuse. */
    public static final class TimestampSerializer extends DefaultSerializers.TimestampSerializer {
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
