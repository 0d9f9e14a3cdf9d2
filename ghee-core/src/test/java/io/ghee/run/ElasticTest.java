package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.run.CheckpointTest.Memory;
import io.ghee.run.CheckpointTest.Trainer;
import io.ghee.testing.CollectSink;
import io.ghee.testing.DirectoryStore;
import io.ghee.testing.Jobs;
import io.ghee.testing.ListSource;
import io.ghee.train.Checkpoints;
import io.ghee.train.TrainContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A train stage gains and loses ranks during an epoch. */
class ElasticTest {
    private static final int ROWS = 6000;
    private static final Set<Integer> WORLDS = ConcurrentHashMap.newKeySet();
    /** Until then there is always more to read, on any machine. */
    private static volatile boolean rescaled;

    @TempDir
    private Path directory;

    private Pipeline pipeline(boolean deterministic) {
        WORLDS.clear();
        rescaled = false;
        Trainer trainer = new Trainer("elastic-" + System.nanoTime(), List.of());
        Pipeline any = Pipeline.named("elastic")
                .readFrom(ListSource.numbers(ROWS, 30))
                .stage("read", replicas(2))
                .map(n -> {
                    if (n % 4 == 0 && !rescaled) {
                        Thread.sleep(10);
                    }
                    return n;
                })
                .batch(4)
                .distribute(even())
                .stage("train", replicas(2, 6))
                .train((TrainContext<Integer> context) -> {
                    WORLDS.add(context.worldSize());
                    return trainer.train(context);
                })
                .writeTo(new CollectSink<Memory>())
                .withCheckpoints(Checkpoints.everySteps(1000, new DirectoryStore(directory.toString())));
        return deterministic ? any.deterministic(3) : any;
    }

    private void goThrough(Pipeline pipeline) throws Exception {
        Job job = Ghee.local().launch(pipeline);
        try {
            for (int ranks : new int[] {4, 3, 6}) {
                WORLDS.clear();
                job.rescale("train", ranks);
                await().atMost(Jobs.DEADLINE).until(() -> WORLDS.contains(ranks));
            }
            rescaled = true;
            job.await(Jobs.DEADLINE);
        } finally {
            job.cancel();
        }
        Memory memory = (Memory) CollectSink.of(job.name()).byReplica().get(0).get(0);
        assertThat(memory.epoch(1))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, ROWS).boxed().toList());
    }

    @Test
    void fourThenThreeThenSixRanksTrainOnEveryRecordOnce() throws Exception {
        goThrough(pipeline(false));
    }

    @Test
    void soTheyDoInADeterministicJob() throws Exception {
        goThrough(pipeline(true));
    }

    @Test
    void itGoesOnWithoutARankThatIsLostForGood() throws Exception {
        Trainer trainer = new Trainer("lost-for-good", List.of(200));
        WORLDS.clear();

        Jobs.Result<Memory> result = Jobs.run(Pipeline.named("elastic")
                .readFrom(ListSource.numbers(ROWS, 30))
                .stage("read", replicas(2))
                .batch(4)
                .distribute(even())
                .stage("train", replicas(2, 3))
                .train((TrainContext<Integer> context) -> {
                    WORLDS.add(context.worldSize());
                    return trainer.train(context);
                })
                .writeTo(new CollectSink<Memory>())
                .withRestarts(0)
                .withCheckpoints(Checkpoints.everySteps(20, new DirectoryStore(directory.toString()))));

        assertThat(WORLDS).containsExactlyInAnyOrder(3, 2);
        assertThat(result.records().get(0).epoch(1))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, ROWS).boxed().toList());
    }

    @Test
    void aStageOfAFixedNumberStaysSo() throws Exception {
        Job job = Ghee.local()
                .launch(Pipeline.named("fixed")
                        .readFrom(ListSource.numbers(100, 2))
                        .stage("train", replicas(2))
                        .batch(4)
                        .train(new Trainer("fixed", List.of())::train)
                        .writeTo(new CollectSink<Memory>()));
        try {
            assertThatThrownBy(() -> job.rescale("train", 3))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("replicas of stage train: 3 (expected: 2 to 2)");
        } finally {
            job.cancel();
        }
        Pipeline free = Pipeline.named("free")
                .readFrom(ListSource.numbers(100, 2))
                .stage("train", replicas(2, 3))
                .batch(4)
                .train(new Trainer("free", List.of())::train)
                .writeTo(new CollectSink<Memory>());
        assertThatThrownBy(() -> Ghee.local().launch(free))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("a fixed number, but for a train stage with checkpoints");
    }
}
