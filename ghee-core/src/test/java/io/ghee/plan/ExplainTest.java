package io.ghee.plan;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.Pipeline;
import io.ghee.testing.CollectSink;
import io.ghee.testing.ListSource;
import io.ghee.train.Drain;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExplainTest {
    record Rating(int user) {
        static Rating of(Integer user) {
            return new Rating(user);
        }

        static boolean isRare(Rating rating) {
            return rating.user() == 0;
        }

        static List<Rating> twice(Rating rating) {
            return List.of(rating, rating);
        }
    }

    private static final Pipeline SAMPLE = Pipeline.named("sample")
            .readFrom(ListSource.numbers(10, 2).epochs(3))
            .stage("read", replicas(2).memory("1Gi"))
            .map(Rating::of)
            .stage("prepare", replicas(3).cpus(0.5))
            .holdOut(Rating::isRare)
            .flatMap(Rating::twice)
            .shuffle(100, 7)
            .batch(32)
            .distribute(even())
            .stage("train", replicas(4).gpus(1).cpus(8).image("ghee/agent-cuda"))
            .train(Drain::train)
            .writeTo(new CollectSink<Drain>());

    @Test
    void textReadsAsThePipelineRuns() {
        assertThat(SAMPLE.explain()).isEqualTo("""
                        pipeline sample
                          stage read  (2 replicas, 1 cpu, 1 GiB)
                            read list of 10 x 3 epochs + 1 pass of held-out records
                            map Rating::of
                            send records balanced to prepare
                          stage prepare  (3 replicas, 0.5 cpus)
                            receive records from read
                            holdOut Rating::isRare
                            flatMap Rating::twice
                            shuffle window=100 seed=7
                            batch 32
                            send batches even to train
                          stage train  (4 replicas, 8 cpus, 1 gpu, ghee/agent-cuda)
                            receive batches of 32 from prepare
                            train Drain::train
                            write collection
                        """);
        assertThat(SAMPLE).hasToString(SAMPLE.explain(ExplainFormat.TEXT));
    }

    @Test
    void jsonHoldsTheSame() throws Exception {
        ObjectMapper json = new ObjectMapper();

        assertThat(json.readTree(SAMPLE.explain(ExplainFormat.JSON))).isEqualTo(json.readTree("""
                        {"pipeline": "sample", "stages": [
                          {"name": "read",
                           "resources": {"replicas": 2, "cpus": 1.0, "gpus": 0, "memoryBytes": 1073741824},
                           "input": "read list of 10 x 3 epochs + 1 pass of held-out records",
                           "steps": ["map Rating::of"],
                           "output": "send records balanced to prepare",
                           "to": "prepare", "distribution": "balanced"},
                          {"name": "prepare",
                           "resources": {"replicas": 3, "cpus": 0.5, "gpus": 0},
                           "input": "receive records from read",
                           "steps": ["holdOut Rating::isRare", "flatMap Rating::twice",
                             "shuffle window=100 seed=7", "batch 32"],
                           "output": "send batches even to train",
                           "to": "train", "distribution": "even"},
                          {"name": "train",
                           "resources": {"replicas": 4, "cpus": 8.0, "gpus": 1, "image": "ghee/agent-cuda"},
                           "input": "receive batches of 32 from prepare",
                           "steps": ["train Drain::train"],
                           "output": "write collection"}
                        ]}"""));
    }

    @Test
    void dotDrawsStagesAsBoxesAndDistributionsOnEdges() {
        assertThat(SAMPLE.explain(ExplainFormat.DOT)).isEqualTo("""
                        digraph "sample" {
                          rankdir=LR;
                          node [shape=box, fontname="sans-serif"];
                          source [shape=cylinder, label="list of 10 x 3 epochs"];
                          "read" [label="read x 2\\nmap Rating::of\\l"];
                          source -> "read";
                          "prepare" [label="prepare x 3\\nholdOut Rating::isRare\\lflatMap Rating::twice\\lshuffle window=100 seed=7\\lbatch 32\\l"];
                          "read" -> "prepare" [label="balanced"];
                          "train" [label="train x 4\\ntrain Drain::train\\l"];
                          "prepare" -> "train" [label="even"];
                          sink [shape=cylinder, label="collection"];
                          "train" -> sink;
                        }
                        """);
    }

    @Test
    void dotEscapesQuotesAndBackslashes() {
        Pipeline pipeline = Pipeline.named("quoted")
                .readFrom(ListSource.numbers(1, 1))
                .stage("only", replicas(1))
                .batch(1)
                .tally("a\"b\\c", batch -> 1)
                .writeTo(new CollectSink<Integer>());

        assertThat(pipeline.explain(ExplainFormat.DOT)).contains("tally a\\\"b\\\\c lambda at ExplainTest.java:");
    }

    @Test
    void stepsAreDescribedWithTheirParameters() {
        String text = Pipeline.named("described")
                .readFrom(ListSource.numbers(1, 1))
                .stage("only", replicas(1))
                .mapWith(replica -> "model", String::repeat)
                .filter(String::isEmpty)
                .batch(8, Duration.ofMillis(50))
                .map(batch -> batch.records())
                .mapWith(replica -> "model", (model, batch) -> batch.records())
                .tally("rows", batch -> batch.size())
                .writeTo(new CollectSink<String>())
                .explain();

        assertThat(text.lines().map(line -> line.strip().replaceAll("java:\\d+", "java:N")))
                .containsSubsequence(
                        "mapWith String::repeat",
                        "filter String::isEmpty",
                        "batch 8 or 50 ms",
                        "map batches lambda at ExplainTest.java:N",
                        "map batches with lambda at ExplainTest.java:N",
                        "tally rows lambda at ExplainTest.java:N",
                        "unbatch",
                        "write collection");
    }
}
