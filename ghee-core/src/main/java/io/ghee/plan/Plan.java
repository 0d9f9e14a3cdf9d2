package io.ghee.plan;

import io.ghee.sink.Sink;
import io.ghee.source.Source;
import java.io.Serializable;
import java.util.List;

/**
 * What will run: stages in a row, each with its environment, its fused steps and its edge to the next. Made by
 * {@link Planner}; a value that travels to every worker.
 */
public record Plan(String pipeline, long maxBadRecords, List<PlannedStage> stages) implements Serializable {
    public Plan {
        stages = List.copyOf(stages);
    }

    public PlannedStage stage(int index) {
        return stages.get(index);
    }

    /** What the first stage reads. */
    public PlannedStage.FromSource input() {
        return (PlannedStage.FromSource) stages.get(0).input();
    }

    public Source<?> source() {
        return input().source();
    }

    /** Where the last stage writes. */
    public Sink<?> sink() {
        return ((PlannedStage.ToSink) stages.get(stages.size() - 1).output()).sink();
    }

    public int workers() {
        return stages.stream().mapToInt(PlannedStage::replicas).sum();
    }
}
