package io.ghee.examples.movielens;

import static io.ghee.Resources.replicas;

import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.models.Example;
import io.ghee.models.FactorizationMachine;
import io.ghee.models.FactorizationMachine.Config;
import io.ghee.train.TrainContext;
import io.ghee.train.Trial;
import io.ghee.train.Trials;
import java.util.List;
import java.util.Map;

/** A sweep: the ratings are read and preprocessed once, and train a machine for each combination of hyperparameters. */
final class FmSweep {
    static final Trials GRID = Trials.grid(Map.of(
            "factors", List.of(8, 16),
            "l2", List.of(1e-4, 1e-3),
            "learningRate", List.of(0.003, 0.007)));

    static Pipeline pipeline(FmSweepJob job, String output) {
        Config base = base(job);
        return Pipeline.named("fm-sweep")
                .readFrom(job.ratings().read())
                .stage("preprocess", replicas(1))
                .holdOut(Rating::isTest)
                .map(job.ratings().features()::cross)
                .batch(job.ratings().batchSize())
                .stage("train", replicas(1))
                .trainEach(GRID.stopBy(job.stopping()), (trial, context) -> train(base, trial, context))
                .writeTo(Artifacts.to(output));
    }

    /** What is the same for all trials. */
    static Config base(FmSweepJob job) {
        return Config.of(job.ratings().features().ids(), 3.5f, job.ratings().seed());
    }

    /** One trial. */
    static FactorizationMachine train(Config base, Trial trial, TrainContext<Example> context) throws Exception {
        Config config = new Config(
                base.features(),
                (int) trial.number("factors"),
                base.bias(),
                (float) trial.number("learningRate"),
                (float) trial.number("l2"),
                base.seed());
        return FactorizationMachine.training(config).train(context);
    }
}
