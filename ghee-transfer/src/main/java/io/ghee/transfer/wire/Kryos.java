package io.ghee.transfer.wire;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
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
        return kryo;
    }
}
