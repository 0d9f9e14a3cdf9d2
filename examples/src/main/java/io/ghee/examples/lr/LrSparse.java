package io.ghee.examples.lr;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;

import io.ghee.Pipeline;
import io.ghee.io.file.Artifacts;
import io.ghee.models.SparseLogisticRegression;
import io.ghee.transfer.parameters.ShardedTable;

/**
 * The job: impressions are hashed by preprocessing workers, and train ranks, which keep the weights between them, learn from
 * them.
 */
final class LrSparse {
    static Pipeline pipeline(LrSparseJob job, String output) {
        int fields = job.fields();
        long features = job.features();
        return Pipeline.named("lr-sparse")
                .readFrom(job.impressions())
                .stage("preprocess", replicas(2))
                .holdOut(Impression::isTest)
                .map(impression -> impression.hashed(fields, features))
                .batch(job.batchSize())
                .distribute(even())
                .stage("train", job.trainers())
                .train(SparseLogisticRegression.training(job.config(), ShardedTable::open))
                .writeTo(Artifacts.to(output));
    }
}
