package io.ghee.plan;

import io.ghee.Resources;
import io.ghee.distribution.Distribution;
import io.ghee.sink.Sink;
import io.ghee.source.Source;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One stage of a plan: what each of its replicas runs.
 *
 * @param index its place in the plan, from 0
 * @param steps what is fused into it, in order; neither reading, writing nor distributing
 */
public record PlannedStage(int index, String name, Resources resources, Input input, List<Step> steps, Output output)
        implements Serializable {
    public PlannedStage {
        steps = List.copyOf(steps);
    }

    public int replicas() {
        return resources.replicas();
    }

    /** True if a train function runs in it. */
    public boolean trains() {
        return steps.stream().anyMatch(Step.Train.class::isInstance) || sweeps();
    }

    /** True if it trains each of several trials. */
    public boolean sweeps() {
        return steps.stream().anyMatch(Step.TrainEach.class::isInstance);
    }

    /** How many of its replicas work on the same: the ranks of a trial, else all. */
    public int teamSize() {
        return steps.stream()
                .filter(Step.TrainEach.class::isInstance)
                .mapToInt(step -> replicas() / ((Step.TrainEach) step).trials().size())
                .findFirst()
                .orElse(replicas());
    }

    /** The number of those that a replica is one of: of the trial, from 0; 0 if all work on the same. */
    public int teamOf(int replica) {
        return replica / teamSize();
    }

    /** True if its replicas are ranks that may work together, all of them or those of a trial. */
    public boolean worksTogether() {
        return trains() && teamSize() > 1;
    }

    /** True if an even distribution into this stage counts rows, as it joins the batches or takes them apart. */
    public boolean isDealtRows() {
        return input instanceof FromStage from && (from.unbatch() || from.rebatch() > 0);
    }

    /** The rows of a full batch before a step of this stage, or 0 if that is not known. */
    public int batchSizeBefore(int step) {
        int size = input instanceof FromStage from ? from.rebatch() : 0;
        for (Step each : steps.subList(0, step)) {
            if (each instanceof Step.Group group) {
                size = group.linger() == null ? group.size() : 0;
            } else if (each instanceof Step.MapBatches || each instanceof Step.MapBatchesWith) {
                size = 0;
            }
        }
        return size;
    }

    /** Where a stage takes records from. */
    public sealed interface Input extends Serializable {}

    /**
     * The first stage reads.
     *
     * @param heldOutPass the number of the pass that delivers held-out records, or 0 if there is none
     */
    public record FromSource(Source<?> source, int heldOutPass) implements Input {
        /** All passes, the held-out one included. */
        public int passes() {
            return Math.max(source.passes(), heldOutPass);
        }
    }

    /**
     * The other stages receive.
     *
     * @param rebatch the batch size that short batches of several senders are joined to, or 0 to leave them as they come
     * @param unbatch true if batches were only made for the crossing, and the stage works on records
     */
    public record FromStage(int stage, int rebatch, boolean unbatch) implements Input {}

    /** Where a stage leaves records. */
    public sealed interface Output extends Serializable {}

    /**
     * To the next stage.
     *
     * @param group if records cross, how they are grouped for the crossing; null if batches do
     */
    public record ToStage(
            int stage, Distribution distribution, @Nullable Crossing group) implements Output {}

    /** How single records are grouped for a crossing: at most {@code records} in a batch, waiting at most {@code linger}. */
    public record Crossing(int records, Duration linger) implements Serializable {}

    /** To the sink. */
    public record ToSink(Sink<?> sink) implements Output {}
}
