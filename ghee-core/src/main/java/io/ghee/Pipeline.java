package io.ghee;

import static io.ghee.ConfigurationException.check;

import io.ghee.plan.Explain;
import io.ghee.plan.ExplainFormat;
import io.ghee.plan.Plan;
import io.ghee.plan.Planner;
import io.ghee.plan.Step;
import io.ghee.source.Source;
import io.ghee.train.Checkpoints;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A declared program: an immutable value. Nothing runs until a {@link io.ghee.run.Launcher} is given it.
 *
 * <pre>{@code
 * Pipeline movielens = Pipeline.named("movielens-fm")
 *         .readFrom(Text.lines("ratings.csv").epochs(10))
 *         .stage("preprocess", replicas(16).memory("2Gi"))
 *         .map(Rating::parse)
 *         .shuffle(1_000_000, seed)
 *         .batch(4096)
 *         .distribute(even())
 *         .stage("train", replicas(4).gpus(1))
 *         .train(new FactorizationMachine(config)::train)
 *         .writeTo(Artifacts.to("models/fm"));
 * }</pre>
 *
 * <p>The steps from one {@code stage} to the next run fused, in every replica of that stage; the first stage also reads.
 */
public final class Pipeline {

    private final Draft draft;
    private final Plan plan;

    private Pipeline(Draft draft) {
        this.draft = draft;
        this.plan = Planner.plan(draft.name, draft.limits, draft.steps);
    }

    /**
     * Begins a pipeline.
     *
     * @param name 1 to 40 lower-case letters, digits and dashes, starting with a letter
     */
    public static Named named(String name) {
        check(
                name.matches("[a-z]([-a-z0-9]{0,38}[a-z0-9])?"),
                "pipeline name",
                '"' + name + '"',
                "1 to 40 lower-case letters, digits and dashes, starting with a letter");
        return new Named(new Draft(name, Plan.Limits.DEFAULT, List.of()));
    }

    public String name() {
        return draft.name;
    }

    /** The stages this pipeline becomes. */
    public Plan plan() {
        return plan;
    }

    /** The plan as text. */
    public String explain() {
        return explain(ExplainFormat.TEXT);
    }

    public String explain(ExplainFormat format) {
        return Explain.plan(plan, format);
    }

    /**
     * The same pipeline with the environment of one stage changed.
     *
     * @throws ConfigurationException if there is no such stage
     */
    public Pipeline withResources(String stage, UnaryOperator<Resources> change) {
        check(
                plan.stages().stream().anyMatch(s -> s.name().equals(stage)),
                "stage",
                '"' + stage + '"',
                "one of " + plan.stages().stream().map(s -> s.name()).toList());
        List<Step> steps = draft.steps.stream()
                .map(step -> step instanceof Step.Enter enter && enter.stage().equals(stage)
                        ? new Step.Enter(stage, change.apply(enter.resources()))
                        : step)
                .toList();
        return new Pipeline(new Draft(draft.name, draft.limits, steps));
    }

    /** The same pipeline, skipping up to {@code n} malformed records; see {@link BadRecordException}. */
    public Pipeline withMaxBadRecords(long n) {
        check(n >= 0, "max bad records", n, ">= 0");
        return with(draft.limits.withBadRecords(n));
    }

    /**
     * The same pipeline, in which each worker may be lost up to {@code n} times within ten minutes, and begins again; one
     * loss more ends the job. 3 if it is not said. Lost is a worker whose process has died, or that could not go on because of
     * its surroundings ({@link InfrastructureException}); an exception of a function ends the job at once.
     *
     * <p>Every record still arrives exactly once in the last stage: so what the functions of the stages before it make of a
     * record must depend on the record alone. If it does not (a clock, a random number, a service that answers differently),
     * a record that is processed again may count with another result, or, behind a flatMap that then makes more or fewer
     * records, part of what it makes may be missing or double. Functions are not called once: only what they return counts once.
     */
    public Pipeline withRestarts(int n) {
        check(n >= 0, "restarts", n, ">= 0");
        return with(draft.limits.withRestarts(n));
    }

    /**
     * The same pipeline, in which some records arrive twice in the last stage after a worker was lost: all that had come of
     * splits that were not complete. Saves the last stage from remembering what has arrived.
     */
    public Pipeline atLeastOnce() {
        return with(draft.limits.withExactlyOnce(false));
    }

    /**
     * The same pipeline, which commits about every {@code interval} what it has written, together with how far it is in its
     * input. Started again under the same name, it goes on from there, whatever became of the earlier job; as it does by
     * itself when one of its writers is lost. If the earlier job is still running, it can commit no more, and ends.
     *
     * <p>Without it, a job commits once, in the end; but if its source never ends, or its sink is Kafka, as often as the sink
     * would have it: every 10 s to Kafka, every minute to files.
     *
     * @param interval at least 100 ms
     * @throws ConfigurationException if the sink can commit only once, or the input is read more than once
     */
    public Pipeline commitEvery(Duration interval) {
        check(interval.toMillis() >= 100, "commit interval", interval, ">= 100 ms");
        return with(draft.limits.withCommitMillis(interval.toMillis()));
    }

    /**
     * The same pipeline, whose train stage saves now and then what it goes on from: after the loss of one of its replicas, and
     * when the pipeline is started again after it has failed. Training then goes on with exactly the record behind. The train
     * function says what it keeps ({@link io.ghee.train.TrainContext#checkpoint}). When the job has ended well, its checkpoints
     * are taken away.
     *
     * @throws ConfigurationException if the pipeline has no train stage, or one that takes single records to several by
     *     flatMap
     */
    public Pipeline withCheckpoints(Checkpoints checkpoints) {
        return with(draft.limits.withCheckpoints(checkpoints));
    }

    /**
     * The same pipeline, in which each rank of the train stage is given the same batches every time: their records and the
     * order of them depend on the seed, the epoch, the input and the number of ranks alone, and not on how many replicas read
     * and how fast they are; and with checkpoints, not on what was lost meanwhile. Training on a CPU then has the same
     * result, bit for bit, if the train function does its part.
     *
     * <p>The splits of the input are mixed by the seed, anew in each epoch, and read in 16 lanes at a time; more replicas than
     * that have nothing to read. {@code shuffle} mixes within a lane. After a loss the pass at hand is read again from its
     * beginning, and what was trained on is left out.
     *
     * @throws ConfigurationException if the pipeline is not one stage that reads and, given batches by {@code even}, one
     *     that trains
     */
    public Pipeline deterministic(long seed) {
        return with(draft.limits.withSeed(seed));
    }

    private Pipeline with(Plan.Limits limits) {
        return new Pipeline(new Draft(draft.name, limits, draft.steps));
    }

    @Override
    public String toString() {
        return explain();
    }

    /** A pipeline that has a name, and needs a source. */
    public static final class Named {
        private final Draft draft;

        private Named(Draft draft) {
            this.draft = draft;
        }

        public <T> Reading<T> readFrom(Source<T> source) {
            return new Reading<>(draft.plus(new Step.Read(source)));
        }
    }

    /**
     * A pipeline that has a source, and needs the stage that reads it.
     *
     * @param <T> the records
     */
    public static final class Reading<T> {
        private final Draft draft;

        private Reading(Draft draft) {
            this.draft = draft;
        }

        /**
         * Begins the first stage.
         *
         * @param name 1 to 40 lower-case letters, digits and dashes, starting with a letter
         */
        public RecordStage<T> stage(String name, Resources resources) {
            return new RecordStage<>(draft.plus(new Step.Enter(name, resources)));
        }
    }

    /** What has been declared so far; immutable. */
    record Draft(String name, Plan.Limits limits, List<Step> steps) {
        Draft plus(Step step) {
            List<Step> more = new ArrayList<>(steps);
            more.add(step);
            return new Draft(name, limits, List.copyOf(more));
        }

        Pipeline finish(Step.Write write) {
            return new Pipeline(plus(write));
        }
    }
}
