package io.ghee.examples.movielens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Ghee;
import io.ghee.Job;
import io.ghee.run.JobProgress;
import io.ghee.testing.WorkerControl;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The packaged job, with a preprocess worker killed while it trains. */
class LostPreprocessorTest {
    private static final int RATINGS = 200_000;
    private static final Duration DEADLINE = Duration.ofMinutes(3);

    @TempDir
    Path temp;

    private MovielensJob job(Path ratings, String output) {
        MovielensJob job = new MovielensJob();
        new CommandLine(job)
                .parseArgs(
                        "--input",
                        ratings.toString(),
                        "--epochs",
                        "2",
                        "--preprocess-rounds",
                        "256",
                        "--output",
                        temp.resolve(output).toString());
        return job;
    }

    @Test
    void theReportIsTheSameAndTheTrainerIsNotTouched() throws Exception {
        Path ratings = temp.resolve("ratings.tsv");
        new SyntheticRatings(0).write(ratings, RATINGS);
        MovielensJob declared = job(ratings, "undisturbed");
        JobProgress undisturbed = Ghee.local().launch(declared.pipeline()).await(DEADLINE);

        Job running = Ghee.processes().launch(job(ratings, "disturbed").pipeline());
        WorkerControl workers = WorkerControl.of(running);
        await().atMost(DEADLINE).until(() -> running.progress().training().records() > 0);
        long trainer = workers.worker("train", 0).orElseThrow().pid();
        assertThat(workers.kill(workers.worker("preprocess", 0).orElseThrow())).isTrue();
        await().atMost(DEADLINE).until(() -> !running.progress().restarts().isEmpty());
        await().atMost(DEADLINE)
                .until(() -> workers.worker("preprocess", 0).isPresent()
                        || running.progress().stages().get(1).recordsOut() > 0);
        assertThat(workers.worker("train", 0))
                .hasValueSatisfying(now -> assertThat(now.pid()).isEqualTo(trainer));
        JobProgress disturbed = running.await(DEADLINE);

        assertThat(disturbed.restarts())
                .singleElement()
                .asString()
                .startsWith("stage preprocess, replica 0 (pid ")
                .contains("killed by SIGKILL");
        assertThat(declared.rowSum(disturbed)).isEqualTo(declared.rowSum(undisturbed));
        assertThat(disturbed.training().records())
                .isEqualTo(undisturbed.training().records());
        assertThat(disturbed.stages().get(1).recordsIn())
                .isEqualTo(undisturbed.stages().get(1).recordsIn());
        assertThat(declared.rmse(disturbed).orElseThrow())
                .isBetween(
                        0.9 * declared.rmse(undisturbed).orElseThrow(),
                        1.1 * declared.rmse(undisturbed).orElseThrow());
    }
}
