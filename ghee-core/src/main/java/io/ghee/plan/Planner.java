package io.ghee.plan;

import static io.ghee.ConfigurationException.check;

import io.ghee.ConfigurationException;
import io.ghee.distribution.Distribution;
import io.ghee.sink.ResumableSink;
import io.ghee.source.Source;
import io.ghee.source.UnboundedSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Turns the declared steps of a pipeline into stages: everything between two {@code stage(...)} is fused into one, and
 * what is between a distribution and the next stage becomes an edge.
 */
public final class Planner {
    private static final Pattern STAGE_NAME = Pattern.compile("[a-z]([-a-z0-9]{0,38}[a-z0-9])?");
    /** How single records cross where no batch was declared. */
    private static final PlannedStage.Crossing CROSSING = new PlannedStage.Crossing(1024, Duration.ofMillis(50));

    private final List<PlannedStage> stages = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final boolean trains;
    /** By the name of the stage that has them, how many trials. */
    private final Map<String, Integer> sweeping;

    private final boolean holdsOut;

    private PlannedStage.@Nullable Input input;
    private Step.@Nullable Enter stage;
    private List<Step> fused = new ArrayList<>();
    private @Nullable Distribution distribution;
    /** The grouping that the records are in; null while they are single. */
    private Step.@Nullable Group group;
    /** True while batches exist, even if their size is no longer the declared one. */
    private boolean batches;

    private boolean heldOut;

    private Planner(List<Step> steps) {
        trains = steps.stream().anyMatch(step -> step instanceof Step.Train || step instanceof Step.TrainEach);
        sweeping = sweeping(steps);
        holdsOut = steps.stream().anyMatch(Step.HoldOut.class::isInstance);
    }

    private static Map<String, Integer> sweeping(List<Step> steps) {
        Map<String, Integer> trials = new HashMap<>();
        String stage = "";
        for (Step step : steps) {
            if (step instanceof Step.Enter enter) {
                stage = enter.stage();
            } else if (step instanceof Step.TrainEach each) {
                trials.put(stage, each.trials().size());
            }
        }
        return trials;
    }

    /**
     * Plans the steps of a pipeline.
     *
     * @throws ConfigurationException if they cannot run together
     */
    public static Plan plan(String pipeline, Plan.Limits limits, List<Step> steps) {
        Planner planner = new Planner(steps);
        steps.forEach(planner::add);
        Plan plan = new Plan(pipeline, limits, planner.stages);
        boolean unbounded = plan.source() instanceof UnboundedSource;
        if (unbounded || limits.commitMillis() > 0) {
            checkCommits(plan);
        }
        if (plan.sink() instanceof ResumableSink<?> sink
                && (unbounded || sink.commitsOnTheWay())
                && limits.commitMillis() == 0) {
            Plan.Limits commits = limits.withCommitMillis(sink.commitInterval().toMillis());
            plan = new Plan(pipeline, commits, planner.stages);
            checkCommits(plan);
        }
        if (limits.checkpoints() != null) {
            checkCheckpoints(plan);
        }
        if (plan.isDeterministic()) {
            checkOrder(plan);
        }
        return plan;
    }

    private static void checkOrder(Plan plan) {
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        check(last.trains() && !last.sweeps(), "deterministic", "stage " + last.name(), "one that trains one model");
        check(
                plan.stages().size() == 2,
                "stages of a deterministic pipeline",
                plan.stages().size(),
                "2: one that reads, and one that trains");
        check(
                last.input() instanceof PlannedStage.FromStage from && from.rebatch() > 0,
                "batches of stage " + last.name(),
                "of no known size",
                "batch(n) without a time before it, and functions of batches in it");
        check(
                plan.distributionInto(last) instanceof Distribution.Even,
                "distribution into " + last.name(),
                "not even",
                "even()");
        check(
                last.steps().stream().noneMatch(Step.Shuffle.class::isInstance),
                "shuffle in stage " + last.name(),
                "of a deterministic pipeline",
                "in the stage before");
    }

    /**
     * Checks what can be said only when a pipeline is complete.
     *
     * @throws ConfigurationException if it cannot be launched
     */
    public static void checkComplete(Plan plan) {
        for (PlannedStage stage : plan.stages()) {
            boolean fixed = stage.resources().leastReplicas() == stage.replicas();
            check(
                    fixed || (stage.trains() && plan.checkpoints() != null),
                    "replicas of stage " + stage.name(),
                    stage.resources().leastReplicas() + " to " + stage.replicas(),
                    "a fixed number, but for a train stage with checkpoints");
        }
    }

    private static void checkCheckpoints(Plan plan) {
        PlannedStage last = plan.stage(plan.stages().size() - 1);
        check(
                last.trains() && !last.sweeps(),
                "checkpoints",
                "of stage " + last.name(),
                "of one that trains one model");
        check(
                last.steps().stream().noneMatch(Step.FlatMapRecords.class::isInstance),
                "flatMap in stage " + last.name(),
                "before a train function with checkpoints",
                "in a stage before");
        check(plan.limits().exactlyOnce(), "atLeastOnce", "true", "not to be asked for where there are checkpoints");
    }

    private static void checkCommits(Plan plan) {
        check(
                plan.sink() instanceof ResumableSink,
                "sink",
                plan.sink().describe(),
                plan.source() instanceof UnboundedSource
                        ? "one that commits on the way, as " + plan.source().describe() + " never ends"
                        : "one that commits on the way, as commitEvery needs it");
        check(plan.input().passes() == 1, "epochs", plan.input().passes(), "1, where the sink commits on the way");
        check(
                plan.limits().exactlyOnce(),
                "atLeastOnce",
                "true",
                "not to be asked for where the sink commits on the way");
    }

    private void add(Step step) {
        if (step instanceof Step.Read read) {
            input = fromSource(read.source());
        } else if (step instanceof Step.Enter next) {
            enter(next);
        } else if (step instanceof Step.Distribute how) {
            distribution = how.distribution();
        } else if (step instanceof Step.Write write) {
            close(new PlannedStage.ToSink(write.sink()));
        } else {
            track(step);
            fused.add(step);
        }
    }

    private PlannedStage.FromSource fromSource(Source<?> source) {
        if (holdsOut && !trains) {
            throw new ConfigurationException(
                    "holdOut without train: nobody asks for what is held out (expected: a train"
                            + " step after it, or filter instead)");
        }
        return new PlannedStage.FromSource(source, holdsOut ? source.passes() + 1 : 0);
    }

    /** Follows what the records are grouped in. */
    private void track(Step step) {
        if (step instanceof Step.Group made) {
            group = made;
            batches = true;
        } else if (step instanceof Step.MapBatches || step instanceof Step.MapBatchesWith) {
            group = null;
        } else if (step instanceof Step.Ungroup || step instanceof Step.Train || step instanceof Step.TrainEach) {
            group = null;
            batches = false;
        } else if (step instanceof Step.HoldOut) {
            if (heldOut) {
                throw new ConfigurationException("holdOut: declared twice (expected: once)");
            }
            heldOut = true;
        }
    }

    private void enter(Step.Enter next) {
        check(
                STAGE_NAME.matcher(next.stage()).matches(),
                "stage name",
                '"' + next.stage() + '"',
                "1 to 40 lower-case letters, digits and dashes, starting with a letter");
        check(names.add(next.stage()), "stage name", '"' + next.stage() + '"', "a name that no other stage has");
        if (stage != null) {
            int index = stages.size();
            boolean records = !batches;
            int rebatch = group != null && group.linger() == null ? group.size() : 0;
            Distribution fallback = records ? Distribution.balanced() : Distribution.even();
            Distribution how = distribution != null ? distribution : fallback;
            boolean sweeps = sweeping.containsKey(next.stage());
            check(
                    !sweeps || how instanceof Distribution.Even,
                    "distribution into " + next.stage() + ", which trains each of several trials",
                    how,
                    "even(), which is what each of them gets");
            how = sweeps ? Distribution.broadcast() : how;
            close(new PlannedStage.ToStage(index + 1, how, records ? CROSSING : null));
            boolean whole = how instanceof Distribution.Broadcast && !sweeps;
            input = new PlannedStage.FromStage(index, whole ? 0 : rebatch, records);
            distribution = null;
        }
        stage = next;
        Integer trials = sweeping.get(next.stage());
        if (trials != null) {
            int ranks = next.resources().replicas();
            check(
                    input instanceof PlannedStage.FromStage,
                    "trainEach in stage " + next.stage(),
                    "which reads",
                    "a stage behind that");
            check(
                    next.resources().leastReplicas() == ranks,
                    "replicas of stage " + next.stage() + ", which trains each of several trials",
                    next.resources().leastReplicas() + " to " + ranks,
                    "a fixed number of ranks of each trial");
            stage = new Step.Enter(next.stage(), next.resources().withReplicas(trials * ranks));
        }
    }

    private void close(PlannedStage.Output output) {
        if (stage == null || input == null) {
            throw new ConfigurationException("a step outside of any stage (expected: stage(...) right after readFrom)");
        }
        stages.add(new PlannedStage(stages.size(), stage.stage(), stage.resources(), input, fused, output));
        fused = new ArrayList<>();
    }
}
