package io.ghee.testing;

import io.ghee.plan.PlannedStage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Who is killed by -9, and when: one to three, drawn with the seed of the shape. */
record StorageSchedule(List<Strike> strikes) {
    private static final int MOST = 3;

    /** Who is killed. */
    sealed interface Victim {
        /** A worker, once it runs. */
        record Worker(String stage, int replica) implements Victim {
            @Override
            public String toString() {
                return stage + "-" + replica;
            }
        }

        /** The driver, which is started again. */
        record Driver() implements Victim {
            @Override
            public String toString() {
                return "the driver";
            }
        }

        /** A server, which is started again after some time; it is killed only while the others have all that it has. */
        record Server(boolean isBroker, int number, Duration down) implements Victim {
            @Override
            public String toString() {
                return (isBroker ? "broker " : "data node ") + number + " for " + down.toMillis() + " ms";
            }
        }
    }

    /**
     * A kill: when so much has been committed, and some time after that; or some time after the strike before it.
     *
     * @param percent of what there is to commit; 0 is when the driver starts, -1 at the strike before
     */
    record Strike(Victim victim, int percent, Duration after) {
        @Override
        public String toString() {
            String moment = percent < 0 ? "the one before" : percent + " %";
            return victim + ", " + after.toMillis() + " ms after " + moment;
        }
    }

    static StorageSchedule of(StorageShape shape, StorageShape.Places places) {
        Random random = new Random(~shape.seed());
        List<PlannedStage> stages = shape.pipeline(places).plan().stages();
        List<Strike> strikes = new ArrayList<>();
        int percent = 0;
        for (int left = 1 + random.nextInt(MOST); left > 0; left--) {
            Victim victim = victim(shape, stages, random);
            if (!strikes.isEmpty() && random.nextInt(3) == 0) {
                strikes.add(new Strike(victim, -1, Duration.ofMillis(random.nextInt(3000))));
                continue;
            }
            boolean early = strikes.isEmpty() && random.nextInt(6) == 0;
            percent = early ? 0 : percent + 1 + random.nextInt(Math.max(1, 96 - percent) / left);
            strikes.add(new Strike(victim, percent, Duration.ofMillis(random.nextInt(early ? 3000 : 400))));
        }
        return new StorageSchedule(strikes);
    }

    private static Victim victim(StorageShape shape, List<PlannedStage> stages, Random random) {
        Duration down = Duration.ofMillis(random.nextInt(3000));
        boolean broker = shape.fromKafka() && (shape.toKafka() || random.nextBoolean())
                || !shape.fromKafka() && shape.toKafka() && random.nextBoolean();
        return switch (random.nextInt(4)) {
            case 0 -> new Victim.Driver();
            case 1 -> new Victim.Server(broker, random.nextInt(3), down);
            default -> {
                PlannedStage stage = stages.get(random.nextInt(stages.size()));
                yield new Victim.Worker(stage.name(), random.nextInt(stage.replicas()));
            }
        };
    }

    @Override
    public String toString() {
        return strikes.stream().map(Strike::toString).collect(Collectors.joining("; "));
    }
}
