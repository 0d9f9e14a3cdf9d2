package io.ghee.run;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Pipeline;
import io.ghee.testing.CollectSink;
import io.ghee.testing.ListSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the driver makes of reports that come late, or twice; the workers are played. */
class JobDriverTest {
    private static final int READ = 0;
    private static final int WRITE = 1;

    private final JobDriver driver = JobDriver.open(
            "job-1",
            Pipeline.named("job")
                    .readFrom(ListSource.numbers(100, 2))
                    .stage("read", replicas(1))
                    .stage("write", replicas(1))
                    .writeTo(new CollectSink<Integer>())
                    .plan());

    private Start begin(int generation, Standing ofLast) {
        driver.ready(generation, READ, 0, Standing.NONE);
        driver.ready(generation, WRITE, 0, ofLast);
        return await().atMost(Duration.ofSeconds(10)).until(driver::start, start -> start != null);
    }

    private static Failure failure(String stage) {
        return new Failure(GheeException.Kind.INFRASTRUCTURE, stage, 0, "type", "message", "stack");
    }

    @Test
    void theLastStageKeepsItsAttemptWhenAnotherStageIsLost() {
        assertThat(begin(0, Standing.NONE).attempt()).isZero();

        assertThat(driver.lost(READ, 0, new InfrastructureException("killed"))).isTrue();

        Start second = begin(1, new Standing(0, 1, 10, 1, new byte[0]));
        assertThat(second.generation()).isEqualTo(1);
        assertThat(second.attempt()).isZero();
    }

    @Test
    void aLastStageThatCouldNotGoOnWhileAnotherWasLostBeginsAnew() {
        begin(0, Standing.NONE);
        driver.lost(READ, 0, new InfrastructureException("killed"));

        // Of a generation that is over: it is not counted, but what had arrived there is gone.
        driver.failed(0, failure("write"));

        assertThat(driver.jobProgress().restarts()).containsExactly("killed");
        assertThat(begin(1, Standing.NONE).attempt()).isEqualTo(1);
    }

    @Test
    void aFailureThatIsToldTwiceIsOneLoss() {
        begin(0, Standing.NONE);

        driver.failed(0, failure("read"));
        driver.failed(0, failure("read"));

        assertThat(driver.generation()).isEqualTo(1);
        assertThat(driver.jobProgress().restarts()).containsExactly("stage read, replica 0: message");
    }

    @Test
    void pointsOfAnEndThatIsToldTwiceCountOnce() {
        begin(0, Standing.NONE);
        WorkerMetrics metrics = new WorkerMetrics(WRITE, 0);
        metrics.report("loss", new WorkerProgress.Point(0, 0.5));
        WorkerProgress last = metrics.progress();

        driver.finished(0, WRITE, 0, "seven", last);
        driver.finished(0, WRITE, 0, "seven", last);

        assertThat(driver.jobProgress().metrics()).containsOnlyKeys("loss");
        assertThat(driver.jobProgress().metric("loss")).hasSize(1);
        assertThat(driver.isDecided()).isFalse();
        driver.finished(0, READ, 0, "", new WorkerMetrics(READ, 0).progress());
        assertThat(driver.outcome()).isCompletedWithValue(List.of("seven"));
    }

    @Test
    void whatIsSaidOfAGenerationThatIsOverIsNotHeard() {
        begin(0, Standing.NONE);
        driver.lost(READ, 0, new InfrastructureException("killed"));

        driver.ready(0, READ, 0, Standing.NONE);
        driver.ready(1, WRITE, 0, Standing.NONE);
        driver.finished(0, READ, 0, "", new WorkerMetrics(READ, 0).progress());

        assertThat(driver.start()).isNull();
        assertThat(begin(1, Standing.NONE).generation()).isEqualTo(1);
        assertThat(driver.jobProgress().tallies()).isEqualTo(Map.of());
    }
}
