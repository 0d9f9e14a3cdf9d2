package io.ghee.process;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.Batch;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import io.ghee.run.TrialProgress;
import io.ghee.testing.Numbers;
import io.ghee.testing.ProcessJobs;
import io.ghee.testing.Written;
import io.ghee.train.Artifact;
import io.ghee.train.Collective;
import io.ghee.train.Epoch;
import io.ghee.train.TrainContext;
import io.ghee.train.Trial;
import io.ghee.train.Trials;
import java.io.IOException;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sweep whose trials have two ranks each, all of them processes. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SweepProcessTest {
    private static final int NUMBERS = 3000;
    private static final int EPOCHS = 2;

    private @TempDir Path directory;

    /** What the ranks of a trial were given, all together. */
    record Sum(int trial, long count, long sum) implements Artifact {
        @Override
        public void save(Path where) throws IOException {
            Files.writeString(where.resolve("sum"), toString());
        }

        @Override
        public boolean isSameOnAllRanks() {
            return true;
        }

        static Sum train(Trial trial, TrainContext<Integer> context) {
            Collective ranks = context.collective();
            LongBuffer all = LongBuffer.wrap(new long[2]);
            for (Epoch<Integer> epoch : context.epochs()) {
                for (Batch<Integer> batch : epoch) {
                    LongBuffer mine = LongBuffer.wrap(new long[2]);
                    for (int number : batch.isPadding() ? List.<Integer>of() : batch.records()) {
                        mine.put(0, mine.get(0) + 1).put(1, mine.get(1) + number);
                    }
                    ranks.allReduce(mine, Collective.Reduction.SUM);
                    all.put(0, all.get(0) + mine.get(0)).put(1, all.get(1) + mine.get(1));
                    if (trial.parameters().containsKey("fails") && context.step() == 5 && context.rank() == 1) {
                        throw new IllegalArgumentException("cannot go on");
                    }
                }
            }
            return new Sum(trial.number(), all.get(0), all.get(1));
        }
    }

    @Test
    void theRanksOfEachTrialWorkTogetherAndThoseOfOneThatFailsEnd() throws InterruptedException {
        Written<Sum> sink = Written.to(directory);
        JobProgress progress = ProcessJobs.run(Pipeline.named("sweep")
                .readFrom(new Numbers(NUMBERS, 6).epochs(EPOCHS))
                .stage("read", replicas(1))
                .batch(25)
                .stage("train", replicas(2))
                .trainEach(Trials.of(List.of(Map.of("x", 1), Map.of("fails", true), Map.of("x", 3))), Sum::train)
                .writeTo(sink));

        assertThat(progress.trials())
                .extracting(TrialProgress::state)
                .containsExactly(TrialProgress.State.ENDED, TrialProgress.State.FAILED, TrialProgress.State.ENDED);
        assertThat(progress.trials().get(1).reason()).contains("cannot go on");
        long count = (long) EPOCHS * NUMBERS;
        long sum = EPOCHS * (long) NUMBERS * (NUMBERS - 1) / 2;
        for (int trial : new int[] {1, 3}) {
            assertThat(directory.resolve("replica-" + trial)).hasContent(new Sum(trial, count, sum).toString());
        }
        assertThat(sink.calls())
                .last()
                .asString()
                .startsWith("commit [")
                .contains("1: 1", "3: 1")
                .doesNotContain("2: ");
    }
}
