package io.ghee.benchmarks;

import io.ghee.Batch;
import io.ghee.transfer.BareInlet;
import io.ghee.transfer.BareOutlet;
import java.util.function.Consumer;

/** The batches, frames and sockets of {@link Channels} without what makes them reliable: {@link BareOutlet}. */
record BareChannels() implements Carrier {
    @Override
    public End sender(Load load) {
        BareOutlet outlet = new BareOutlet(Channels.config(), load.budget().bytes());
        Batches what = Batches.ofBytes(load.size());
        return new End() {
            @Override
            public String endpoint() {
                return outlet.endpoint();
            }

            @Override
            public void run(String peer, Meter meter) throws InterruptedException {
                outlet.connect(peer);
                for (long number = 0; ; number++) {
                    outlet.send(what.batch(number));
                    meter.add(1);
                }
            }
        };
    }

    @Override
    public End receiver(Load load) {
        BareInlet inlet = new BareInlet(Channels.config(), load.budget().bytes());
        Batches what = Batches.ofBytes(load.size());
        return new End() {
            @Override
            public String endpoint() {
                return inlet.endpoint();
            }

            @Override
            public void run(String peer, Meter meter) throws InterruptedException {
                inlet.connect(peer);
                Consumer<Batch<?>> look = new Consumer<>() {
                    private long number;

                    @Override
                    public void accept(Batch<?> batch) {
                        what.check(batch, number++);
                        meter.add(1);
                    }
                };
                while (true) {
                    inlet.receive(look);
                }
            }
        };
    }
}
