package io.ghee.examples.movielens;

import static io.ghee.Resources.replicas;

import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;

/** The job: ratings stream through preprocessing workers to a training worker, and the model is written. */
final class MovielensFm {
    static Pipeline pipeline(MovielensJob job, String output) {
        return Pipeline.named("movielens-fm")
                .readFrom(job.ratings().read())
                .stage("preprocess", replicas(2))
                .holdOut(Rating::isTest)
                .map(job.ratings().features()::cross)
                .batch(job.ratings().batchSize())
                .stage("train", replicas(1))
                .tally("rowSum", Features::rowSum)
                .train(job.trainer())
                .writeTo(Artifacts.to(output));
    }
}
