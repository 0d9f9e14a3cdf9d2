package io.ghee.testing;

import static io.ghee.ConfigurationException.check;

import io.ghee.Pipeline;
import io.ghee.plan.PlannedStage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Faults and their moments, all of which follow from a seed: the same seed and settings give the same schedule, on every
 * machine. Immutable; {@code toString} says all of it, the seed first.
 *
 * @param seed what the faults were drawn with
 * @param faults in the order of their moments
 */
public record FaultSchedule(long seed, List<Fault> faults) {
    public FaultSchedule {
        faults = List.copyOf(faults);
    }

    /** Begins a schedule of 3 faults of all kinds, against all workers of the pipeline. */
    public static Builder seeded(long seed, Pipeline pipeline) {
        return new Builder(seed, pipeline);
    }

    /** True if a fault strikes a connection, so that the run needs a launcher with a route. */
    public boolean needsLinks() {
        return faults.stream().anyMatch(fault -> !fault.kind().isOfWorker());
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("seed " + seed + ", " + faults.size() + " faults");
        for (int k = 0; k < faults.size(); k++) {
            text.append("\n  ").append(k + 1).append(". ").append(faults.get(k));
        }
        return text.toString();
    }

    /** The settings of a schedule. Not thread-safe. */
    public static final class Builder {
        private record Target(String stage, int replica) {}

        private final long seed;
        private final List<PlannedStage> stages;
        private Set<String> struck;
        private Set<Fault.Kind> kinds = EnumSet.allOf(Fault.Kind.class);
        private int count = 3;
        private Duration latest = Duration.ofSeconds(30);
        private Duration longest = Duration.ofSeconds(2);

        private Builder(long seed, Pipeline pipeline) {
            this.seed = seed;
            this.stages = pipeline.plan().stages();
            this.struck = Set.copyOf(names());
        }

        private List<String> names() {
            return stages.stream().map(PlannedStage::name).toList();
        }

        /** How many faults; at least 0. */
        public Builder faults(int n) {
            check(n >= 0, "faults", n, ">= 0");
            count = n;
            return this;
        }

        /** What may happen; at least one kind. */
        public Builder kinds(Set<Fault.Kind> some) {
            check(!some.isEmpty(), "kinds", some, "at least one");
            kinds = EnumSet.copyOf(some);
            return this;
        }

        /** What may happen; at least one kind. */
        public Builder kinds(Fault.Kind first, Fault.Kind... more) {
            return kinds(EnumSet.of(first, more));
        }

        /** The stages whose workers may be killed and paused; without it, all. */
        public Builder workersOf(String... names) {
            for (String name : names) {
                check(names().contains(name), "stage", '"' + name + '"', "one of " + names());
            }
            struck = Set.of(names);
            return this;
        }

        /** When the last fault strikes if the job is too slow to get there; without it, 30 s after the launch. */
        public Builder latest(Duration afterLaunch) {
            latest = afterLaunch;
            return this;
        }

        /** How long a fault lasts at most, if it is one that lasts; at least 100 ms; without it, 2 s. */
        public Builder longest(Duration duration) {
            check(duration.toMillis() >= 100, "longest", duration, ">= 100 ms");
            longest = duration;
            return this;
        }

        /**
         * Draws the faults.
         *
         * @throws io.ghee.ConfigurationException if a worker is to be struck, and none may be
         */
        public FaultSchedule build() {
            List<Target> targets = new ArrayList<>();
            for (PlannedStage stage : stages) {
                for (int replica = 0; struck.contains(stage.name()) && replica < stage.replicas(); replica++) {
                    targets.add(new Target(stage.name(), replica));
                }
            }
            check(
                    !targets.isEmpty() || kinds.stream().noneMatch(Fault.Kind::isOfWorker),
                    "stages to strike",
                    struck,
                    "at least one, for " + kinds);
            Random random = new Random(seed);
            List<Fault> faults = new ArrayList<>();
            for (int k = 0; k < count; k++) {
                faults.add(draw(random, targets));
            }
            faults.sort(Comparator.comparingDouble(fault -> fault.at().share()));
            return new FaultSchedule(seed, faults);
        }

        /** Takes the same number of draws whatever the kind, so that a seed's moments do not depend on the kinds. */
        private Fault draw(Random random, List<Target> targets) {
            // From the first records to close to the last, but not so close that the job is through before.
            int percent = 2 + random.nextInt(94);
            Moment at = new Moment(percent / 100.0, latest.multipliedBy(percent).dividedBy(100));
            List<Fault.Kind> choice = List.copyOf(kinds);
            Fault.Kind kind = choice.get(random.nextInt(choice.size()));
            Target target = targets.isEmpty() ? new Target("", 0) : targets.get(random.nextInt(targets.size()));
            int pick = random.nextInt(1000);
            Duration lasts = Duration.ofMillis(100 + random.nextInt((int) longest.toMillis() - 99));
            Direction direction = random.nextBoolean() ? Direction.TO_LISTENER : Direction.TO_DIALER;
            int strength = random.nextInt(100);
            return switch (kind) {
                case KILL -> new Fault.Kill(at, target.stage(), target.replica());
                case PAUSE -> new Fault.Pause(at, target.stage(), target.replica(), lasts);
                case RESET_ALL -> new Fault.ResetAll(at);
                case RESET_ONE -> new Fault.ResetOne(at, pick);
                case CUT -> new Fault.Cut(at, pick, 1 + strength * 400L);
                case DELAY -> new Fault.Delay(at, pick, Duration.ofMillis(2 + 2L * strength), lasts);
                case HALF_OPEN -> new Fault.HalfOpen(at, pick, direction, lasts);
                case THROTTLE -> new Fault.Throttle(at, pick, 1024L * (1 + strength), lasts);
            };
        }
    }
}
