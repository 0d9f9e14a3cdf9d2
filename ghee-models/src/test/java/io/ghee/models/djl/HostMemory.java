package io.ghee.models.djl;

import com.sun.jna.Pointer;
import io.ghee.train.Collective;
import io.ghee.train.Collective.Reduction;
import io.ghee.train.DeviceArray;
import io.ghee.train.DeviceCollective;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;

/** A collective for arrays on the device "cpu", whose addresses are those of this process. */
record HostMemory(Collective ranks) implements DeviceCollective {
    /** How many arrays were reduced, by all ranks. */
    static final AtomicInteger REDUCED = new AtomicInteger();

    private static Buffer buffer(DeviceArray data) {
        ByteBuffer bytes = new Pointer(data.address())
                .getByteBuffer(0, data.count() * data.type().bytes())
                .order(ByteOrder.nativeOrder());
        return switch (data.type()) {
            case FLOAT -> bytes.asFloatBuffer();
            case DOUBLE -> bytes.asDoubleBuffer();
            case INT -> bytes.asIntBuffer();
            case LONG -> bytes.asLongBuffer();
        };
    }

    @Override
    public void allReduce(DeviceArray data, Reduction how) {
        REDUCED.incrementAndGet();
        ranks.allReduce(buffer(data), how);
    }

    @Override
    public void reduceScatter(DeviceArray all, DeviceArray mine, Reduction how) {
        ranks.reduceScatter(buffer(all), buffer(mine), how);
    }

    @Override
    public void allGather(DeviceArray mine, DeviceArray all) {
        ranks.allGather(buffer(mine), buffer(all));
    }

    @Override
    public void broadcast(DeviceArray data, int root) {
        ranks.broadcast(buffer(data), root);
    }
}
