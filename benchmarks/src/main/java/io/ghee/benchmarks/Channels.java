package io.ghee.benchmarks;

import io.ghee.channel.Delivery;
import io.ghee.channel.Inlet;
import io.ghee.channel.Origins;
import io.ghee.channel.Outlet;
import io.ghee.transfer.PendingInlet;
import io.ghee.transfer.PendingOutlet;
import io.ghee.transfer.TransferConfig;
import io.ghee.transfer.TransferManager;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The channels of ghee, with what a job on one machine has, or sealed. The consumer releases at once.
 *
 * @param batches makes those of a size
 */
record Channels(boolean sealed, IntFunction<Batches> batches) implements Carrier {
    private static final Duration PATIENCE = Duration.ofMinutes(30);
    private static final int EDGE = 1;

    static TransferConfig config() {
        return TransferConfig.loopback(1);
    }

    private TransferManager manager() {
        byte[] key = new byte[32];
        key[0] = 1;
        return new TransferManager(sealed ? config().withKey(key) : config());
    }

    @Override
    public End sender(Load load) {
        PendingOutlet pending = manager().outlet(0, EDGE, 0, 1, load.budget());
        Batches what = batches.apply(load.size());
        return new End() {
            @Override
            public String endpoint() {
                return pending.endpoint();
            }

            @Override
            public void run(String peer, Meter meter) throws InterruptedException {
                Outlet outlet = pending.connect(List.of(peer));
                for (long number = 0; ; number++) {
                    outlet.send(0, 0, what.batch(number), Origins.NONE);
                    meter.add(what.count());
                }
            }
        };
    }

    @Override
    public End receiver(Load load) {
        PendingInlet pending = manager().inlet(0, EDGE, 0, 1);
        Batches what = batches.apply(load.size());
        return new End() {
            @Override
            public String endpoint() {
                return pending.endpoint();
            }

            @Override
            public void run(String peer, Meter meter) throws InterruptedException {
                Inlet inlet = pending.connect(List.of(peer));
                for (long number = 0; ; number++) {
                    if (!(inlet.receive(PATIENCE) instanceof Delivery.Data data)) {
                        throw new IllegalStateException("no batch for " + PATIENCE.toMinutes() + " minutes");
                    }
                    what.check(data.batch(), number);
                    data.release().run();
                    meter.add(what.count());
                }
            }
        };
    }
}
