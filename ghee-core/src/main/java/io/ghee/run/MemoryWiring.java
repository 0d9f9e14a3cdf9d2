package io.ghee.run;

import io.ghee.channel.MemoryChannel;
import io.ghee.plan.PlannedStage;
import java.util.HashMap;
import java.util.Map;

/** Joins workers that are threads of this JVM: new channels for every generation. Thread-safe. */
final class MemoryWiring {
    private static final int CREDIT_BATCHES = 4;

    private final JobDriver driver;
    /** The channels of the generation at hand, by the stage that receives. */
    private final Map<Integer, MemoryChannel> channels = new HashMap<>();

    private int generation;

    MemoryWiring(JobDriver driver) {
        this.driver = driver;
        driver.onChange(this::abandonOld);
    }

    private synchronized void abandonOld() {
        if (driver.isOver() || driver.generation() > generation) {
            channels.values().forEach(MemoryChannel::abandon);
        }
    }

    private synchronized MemoryChannel channel(int ofGeneration, int stage) {
        if (ofGeneration > generation) {
            channels.values().forEach(MemoryChannel::abandon);
            channels.clear();
            generation = ofGeneration;
        }
        MemoryChannel channel = channels.computeIfAbsent(
                stage,
                receiver -> new MemoryChannel(
                        driver.plan().stage(receiver - 1).replicas(),
                        driver.plan().stage(receiver).replicas(),
                        CREDIT_BATCHES));
        if (ofGeneration < generation) {
            channel.abandon();
        }
        return channel;
    }

    /** The wiring of one worker. */
    Wiring of(int index, int replica) {
        PlannedStage stage = driver.plan().stage(index);
        return new Wiring() {
            @Override
            public int generation() {
                return driver.generation();
            }

            @Override
            public boolean isOver() {
                return driver.isOver();
            }

            @Override
            public Wired join(int after, Standing standing) throws InterruptedException {
                Start start = driver.awaitStart(index, replica, after, standing);
                boolean receives = stage.input() instanceof PlannedStage.FromStage;
                boolean sends = stage.output() instanceof PlannedStage.ToStage;
                return new Wired(
                        start,
                        receives ? channel(start.generation(), index).inlet(replica) : null,
                        sends ? channel(start.generation(), index + 1).outlet(replica) : null);
            }
        };
    }
}
