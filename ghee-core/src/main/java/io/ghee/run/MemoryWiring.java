package io.ghee.run;

import io.ghee.channel.MemoryChannel;
import io.ghee.plan.PlannedStage;
import io.ghee.train.Collective;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Joins workers that are threads of this JVM: new channels for every generation. Thread-safe. */
final class MemoryWiring {
    private static final int CREDIT_BATCHES = 4;

    private final JobDriver driver;
    /** The channels of the generation at hand, by the stage that receives. */
    private final Map<Integer, MemoryChannel> channels = new HashMap<>();

    /** Where the ranks of the attempt at hand of the last stage meet, by team. */
    private final Map<Integer, MemoryCollective.Meeting> meetings = new HashMap<>();

    private int attempt = -1;
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

    private synchronized MemoryChannel channel(Start start, int stage) {
        int ofGeneration = start.generation();
        if (ofGeneration > generation) {
            channels.values().forEach(MemoryChannel::abandon);
            channels.clear();
            generation = ofGeneration;
        }
        MemoryChannel channel = channels.computeIfAbsent(
                stage,
                receiver -> new MemoryChannel(
                        driver.plan().stage(receiver - 1).replicas(),
                        driver.plan().isLast(driver.plan().stage(receiver))
                                ? start.members().size()
                                : driver.plan().stage(receiver).replicas(),
                        CREDIT_BATCHES));
        if (ofGeneration < generation) {
            channel.abandon();
        }
        return channel;
    }

    private synchronized MemoryCollective.Meeting meeting(int ofAttempt, Team team) {
        if (attempt != ofAttempt) {
            meetings.clear();
            attempt = ofAttempt;
        }
        return meetings.computeIfAbsent(
                team.number(), n -> new MemoryCollective.Meeting(team.replicas().size()));
    }

    /** The wiring of one worker. */
    Wiring of(int index, int replica) {
        PlannedStage stage = driver.plan().stage(index);
        return new Wiring() {
            private @Nullable Start joined;

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
                joined = start;
                int consumer = driver.plan().isLast(stage) ? start.rank(replica) : replica;
                boolean receives = stage.input() instanceof PlannedStage.FromStage;
                boolean sends = stage.output() instanceof PlannedStage.ToStage;
                return new Wired(
                        start,
                        receives ? channel(start, index).inlet(consumer) : null,
                        sends ? channel(start, index + 1).outlet(replica) : null);
            }

            @Override
            public Collective collective(Runnable whileWaiting) {
                Start start = Objects.requireNonNull(joined);
                Team team = Team.of(stage, start, replica);
                return new MemoryCollective(meeting(start.attempt(), team), team.rank(replica), whileWaiting);
            }
        };
    }
}
