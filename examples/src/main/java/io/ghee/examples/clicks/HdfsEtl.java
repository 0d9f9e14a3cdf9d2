package io.ghee.examples.clicks;

import static io.ghee.Resources.replicas;

import io.ghee.Pipeline;
import io.ghee.io.file.Condition;
import io.ghee.io.file.Parquet;
import io.ghee.models.Example;

/** The job: of the clicks that are kept, those of people become examples to train on. */
final class HdfsEtl {
    private HdfsEtl() {}

    static Pipeline pipeline(String input, String output) {
        return Pipeline.named("hdfs-etl")
                .readFrom(Parquet.read(input, LoggedClick.Outcome.class)
                        .where(Condition.ge("dwellMillis", Click.HUMAN_MILLIS)))
                .stage("features", replicas(2))
                .map(LoggedClick.Outcome::example)
                .writeTo(Parquet.to(output, Example.class));
    }
}
