package io.ghee.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where a worker's time goes. */
class WorkerMetricsTest {
    /** Whatever a worker does and however often it changes, nothing of its wall time is missing or counted twice. */
    @Test
    void theTimesAddUpToTheWallTime() {
        Random random = new Random(1);
        List<Activity> all = new ArrayList<>(List.of(Activity.values()));
        WorkerMetrics metrics = new WorkerMetrics(0, 0);
        long before = System.nanoTime();
        metrics.started();
        long after = System.nanoTime();
        for (int k = 0; k < 20_000; k++) {
            Activity was = metrics.in(all.get(random.nextInt(all.size())));
            if (k % 7 == 0) {
                metrics.move(was, all.get(random.nextInt(all.size())), random.nextInt(1000));
            }
        }
        long least = System.nanoTime() - after;
        long running = metrics.progress().wallNanos();
        long most = System.nanoTime() - before;
        assertThat(running).isBetween(least, most);

        least = System.nanoTime() - after;
        metrics.ended();
        most = System.nanoTime() - before;
        assertThat(metrics.progress().wallNanos()).isBetween(least, most);
        assertThat(metrics.progress().wallNanos()).isEqualTo(metrics.progress().wallNanos());
    }

    @Test
    void waitingIsToldFromWork() {
        WorkerMetrics metrics = new WorkerMetrics(0, 0);
        metrics.started();
        metrics.in(Activity.COMPUTE);
        metrics.ended();
        metrics.move(Activity.COMPUTE, Activity.WAIT_INPUT, 500);

        WorkerProgress progress = metrics.progress();

        assertThat(progress.nanos().get(Activity.WAIT_INPUT)).isEqualTo(500);
        assertThat(progress.waitNanos())
                .isEqualTo(progress.nanos().get(Activity.WAIT_INPUT)
                        + progress.nanos().get(Activity.WAIT_DRIVER));
    }

    @Test
    void noTimeIsNegativeWhereReadingIsOverestimated() {
        WorkerMetrics metrics = new WorkerMetrics(0, 0);
        metrics.started();
        metrics.in(Activity.COMPUTE);
        metrics.ended();
        long wall = metrics.progress().wallNanos();
        metrics.move(Activity.COMPUTE, Activity.READ, wall + 1_000_000);

        assertThat(metrics.progress().nanos().values()).allMatch(nanos -> nanos >= 0);
        assertThat(metrics.progress().wallNanos()).isEqualTo(wall);
    }
}
