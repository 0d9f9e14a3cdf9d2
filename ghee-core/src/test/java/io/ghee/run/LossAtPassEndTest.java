package io.ghee.run;

import static io.ghee.Resources.replicas;
import static io.ghee.distribution.Distribution.even;
import static org.assertj.core.api.Assertions.assertThat;

import io.ghee.InfrastructureException;
import io.ghee.Pipeline;
import io.ghee.plan.Plan;
import io.ghee.plan.PlannedStage;
import io.ghee.testing.CollectSink;
import io.ghee.testing.ListSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A reader is lost when all ranks have been given all of a pass, and one of them knows that and evens out, while another one
 * hears of the next generation first.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LossAtPassEndTest {
    private static final int EARLY = 0;
    private static final int LATE = 1;
    private static final Duration SOON = Duration.ofSeconds(30);

    private final CountDownLatch lateHasArrived = new CountDownLatch(1);
    private final CountDownLatch earlyEvensOut = new CountDownLatch(1);

    @Test
    void theRankThatDoesNotKnowThatThePassIsOverEvensOutBeforeItJoinsTheNextGeneration() throws InterruptedException {
        Plan plan = Pipeline.named("pass-end")
                .readFrom(ListSource.numbers(100, 4).epochs(2))
                .stage("read", replicas(1))
                .batch(8)
                .distribute(even())
                .stage("train", replicas(2))
                .train(EvennessTest.Share::takeInStep)
                .writeTo(new CollectSink<EvennessTest.Share>())
                .withRestarts(1)
                .plan();
        JobDriver driver = JobDriver.open("pass-end", plan);

        JobProgress progress = RunningJob.start(driver, new Threads(driver)).await(SOON);

        assertThat(progress.restarts()).containsExactly("a reader is gone");
        List<EvennessTest.Share> shares = CollectSink.of("pass-end").byReplica().stream()
                .map(each -> (EvennessTest.Share) each.get(0))
                .toList();
        assertThat(shares)
                .hasSize(2)
                .allSatisfy(share -> assertThat(share.steps())
                        .hasSize(2)
                        .isEqualTo(shares.get(0).steps()));
        assertThat(shares.stream().flatMap(share -> share.records().stream()).sorted())
                .isEqualTo(IntStream.range(0, 200).mapToObj(k -> k / 2).toList());
    }

    /** Threads, of which those of the train stage do the one before the other at the end of the first pass. */
    private final class Threads implements Workers {
        private final JobDriver driver;
        private final List<Thread> threads = new ArrayList<>();

        Threads(JobDriver driver) {
            this.driver = driver;
        }

        @Override
        public void start() {
            MemoryWiring wiring = new MemoryWiring(driver);
            for (PlannedStage stage : driver.plan().stages()) {
                for (int replica = 0; replica < stage.replicas(); replica++) {
                    StageTask task = new StageTask(
                            driver.job(),
                            driver.plan(),
                            stage.index(),
                            replica,
                            driver.plan().isLast(stage) ? coordinator(replica) : driver,
                            wiring.of(stage.index(), replica),
                            new WorkerMetrics(stage.index(), replica, SOON));
                    Thread thread = new Thread(task::run, stage.name() + "-" + replica);
                    thread.setDaemon(true);
                    threads.add(thread);
                }
            }
            threads.forEach(Thread::start);
        }

        private Coordinator coordinator(int rank) {
            return (Coordinator) Proxy.newProxyInstance(
                    Coordinator.class.getClassLoader(),
                    new Class<?>[] {Coordinator.class},
                    (proxy, method, arguments) -> asked(rank, method, arguments));
        }

        private Object asked(int rank, Method method, Object[] arguments) throws Throwable {
            String name = method.getName();
            if (name.equals("epochOver") && rank == EARLY) {
                await(lateHasArrived);
            } else if (name.equals("epochOver") && lateHasArrived.getCount() > 0) {
                boolean over = driver.epochOver((int) arguments[0], LATE, (int) arguments[2], Duration.ZERO);
                lateHasArrived.countDown();
                await(earlyEvensOut);
                boolean again = driver.lost(0, 0, new InfrastructureException("a reader is gone"));
                assertThat(again).isTrue();
                return over;
            } else if (name.equals("evenOut") && rank == EARLY) {
                earlyEvensOut.countDown();
            }
            try {
                return method.invoke(driver, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        private void await(CountDownLatch latch) throws InterruptedException {
            assertThat(latch.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void stop(Duration grace) throws InterruptedException {
            threads.forEach(Thread::interrupt);
            for (Thread thread : threads) {
                thread.join(grace.toMillis());
            }
        }
    }
}
