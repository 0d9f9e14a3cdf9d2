package io.ghee.run;

import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** How much each consumer of an even distribution has been dealt in an epoch, by all senders together. Guarded by the driver. */
final class Dealt {
    private final Plan plan;
    private final int[] teamSizes;
    private final Map<String, long[]> soFar = new HashMap<>();
    private List<Integer> members = List.of();

    Dealt(Plan plan) {
        this.plan = plan;
        this.teamSizes = plan.stages().stream().mapToInt(PlannedStage::teamSize).toArray();
    }

    /** A generation begins, in which nothing has been dealt yet. */
    void begin(List<Integer> takingPart) {
        soFar.clear();
        members = takingPart;
    }

    private long[] soFar(int stage, int epoch) {
        boolean last = stage == plan.stages().size() - 1;
        return soFar.computeIfAbsent(
                stage + "/" + epoch,
                k -> new long[last ? members.size() : plan.stage(stage).replicas()]);
    }

    /** A replica of the last stage has so much of an epoch already. */
    void had(int epoch, int rank, long amount) {
        soFar(plan.stages().size() - 1, epoch)[rank] = amount;
    }

    /** The consumer of a stage, of this team, that has been dealt the least: it is dealt more. */
    int deal(int stage, int epoch, int team, int amount) {
        long[] all = soFar(stage, epoch);
        boolean last = stage == plan.stages().size() - 1;
        int fewest = -1;
        for (int consumer = 0; consumer < all.length; consumer++) {
            int replica = last ? members.get(consumer) : consumer;
            boolean isIn = replica / teamSizes[stage] == team;
            if (isIn && (fewest < 0 || all[consumer] < all[fewest])) {
                fewest = consumer;
            }
        }
        all[fewest] += amount;
        return fewest;
    }
}
