package io.ghee.process;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ghee.Batch;
import io.ghee.Ghee;
import io.ghee.GheeException;
import io.ghee.InfrastructureException;
import io.ghee.Job;
import io.ghee.Pipeline;
import io.ghee.Resources;
import io.ghee.StageFailedException;
import io.ghee.agent.Agent;
import io.ghee.testing.EndlessDriver;
import io.ghee.testing.Footprints;
import io.ghee.testing.Numbers;
import io.ghee.testing.ProcessJobs;
import io.ghee.testing.Written;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a job, and of its processes, when one of them fails, is killed, or does not start. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class WorkerTroubleTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration STARTED = Duration.ofSeconds(90);

    private @TempDir Path directory;

    private Written<Object> sink() {
        return Written.to(directory);
    }

    private Footprints footprints() {
        return Footprints.in(directory.resolve("passed"));
    }

    /** An endless job of four workers, each of which may be lost so many times, and through which records flow. */
    private Job endless(int restarts) {
        Job job = Ghee.processes()
                .launch(EndlessDriver.pipeline("endless", directory, footprints())
                        .withRestarts(restarts));
        await().atMost(STARTED).until(() -> footprints().all() == 1);
        return job;
    }

    private void assertAborted() {
        assertThat(sink().calls()).containsExactly("prepare", "abort");
    }

    @Test
    void aCommandLineSaysWhoItIs() throws InterruptedException {
        Job job = endless(3);
        List<String> commandLines = ProcessJobs.workers(job.name()).stream()
                .map(ProcessJobs::commandLine)
                .toList();

        assertThat(commandLines).hasSize(4);
        for (String who : List.of(
                "-Dghee.stage=read -Dghee.replica=0 -Dghee.life=0 ",
                "-Dghee.stage=read -Dghee.replica=1 -Dghee.life=0 ",
                "-Dghee.stage=use -Dghee.replica=0 -Dghee.life=0 ",
                "-Dghee.stage=train -Dghee.replica=0 -Dghee.life=0 ")) {
            assertThat(commandLines).filteredOn(line -> line.contains(who)).hasSize(1);
        }
        // Nothing secret, and no class path of a hundred jars in front of it.
        assertThat(commandLines)
                .allSatisfy(line -> assertThat(line)
                        .hasSizeLessThan(400)
                        .contains("-Dghee.job=" + job.name() + " ")
                        .endsWith(Agent.class.getName()));

        job.cancel();
        assertThat(ProcessJobs.fail(job, SOON).kind()).isEqualTo(GheeException.Kind.CANCELLED);
        assertAborted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "use", "train"})
    void withoutRestartsAKilledWorkerFailsTheJobAndIsNamed(String stage) throws InterruptedException {
        Job job = endless(0);
        ProcessHandle worker = ProcessJobs.worker(job, stage, 0);

        ProcessJobs.kill(worker);

        GheeException failure = ProcessJobs.fail(job, SOON);
        assertThat(failure)
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining(
                        "stage " + stage + ", replica 0 (pid " + worker.pid() + ") died: killed by SIGKILL")
                .hasMessageContaining("; its log: ");
        assertThat(failure.kind()).isEqualTo(GheeException.Kind.INFRASTRUCTURE);
        assertThat(job.progress().restarts()).isEmpty();
        assertAborted();
    }

    @Test
    void aWorkerThatIsKilledTooOftenFailsTheJobAndIsNamed() throws InterruptedException {
        Job job = endless(1);
        ProcessHandle first = ProcessJobs.worker(job, "use", 0, 0);
        ProcessJobs.kill(first);
        ProcessHandle second = ProcessJobs.worker(job, "use", 0, 1);

        ProcessJobs.kill(second);

        assertThat(ProcessJobs.fail(job, SOON))
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("stage use, replica 0 (pid " + second.pid() + ") died: killed by SIGKILL");
        assertThat(job.progress().restarts())
                .singleElement()
                .asString()
                .startsWith("stage use, replica 0 (pid " + first.pid() + ") died: killed by SIGKILL (exit code 137)");
        assertAborted();
    }

    @Test
    void aJobThatIsCancelledWhileAWorkerIsStartedAgainLeavesNothing() throws InterruptedException {
        Job job = endless(3);
        ProcessJobs.kill(ProcessJobs.worker(job, "read", 1, 0));
        ProcessJobs.worker(job, "read", 1, 1);

        job.cancel();

        assertThat(ProcessJobs.fail(job, SOON).kind()).isEqualTo(GheeException.Kind.CANCELLED);
        assertAborted();
    }

    @Test
    void aJobThatIsCancelledAtOnceLeavesNothing() throws InterruptedException {
        Job job = Ghee.processes().launch(EndlessDriver.pipeline("cancelled", directory, footprints()));
        ProcessJobs.worker(job, "train", 0);

        job.cancel();

        assertThat(ProcessJobs.fail(job, SOON).kind()).isEqualTo(GheeException.Kind.CANCELLED);
        assertAborted();
    }

    /** A JVM with the class path of this one. */
    private static ProcessBuilder java(Class<?> main, Object... args) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add(main.getName());
        for (Object arg : args) {
            command.add(arg.toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        return builder;
    }

    @ParameterizedTest(name = "killed: {0}")
    @ValueSource(booleans = {true, false})
    void noWorkerOutlivesItsDriver(boolean killed) throws Exception {
        // Of this JVM alone: it finds them by their name.
        String name = "orphaned-" + ProcessHandle.current().pid();
        Process driver = java(EndlessDriver.class, name, directory, directory.resolve("passed"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            Footprints passed = footprints();
            await().atMost(STARTED).until(() -> passed.all() == 1);
            assertThat(ProcessJobs.workers(name + "-")).hasSize(4);

            if (killed) {
                driver.destroyForcibly();
            } else {
                // As Ctrl-C does.
                driver.destroy();
            }

            await().atMost(SOON).until(() -> ProcessJobs.workers(name + "-").isEmpty());
            assertThat(driver.waitFor(60, TimeUnit.SECONDS)).isTrue();
            if (!killed) {
                assertAborted();
            }
        } finally {
            driver.destroyForcibly();
            ProcessJobs.workers(name + "-").forEach(ProcessHandle::destroyForcibly);
            ProcessJobs.deleteLogs(name + "-");
        }
    }

    @Test
    void anErrorOfAFunctionTellsWhereAndBringsItsStack() throws InterruptedException {
        StageFailedException failure = (StageFailedException) ProcessJobs.fail(Pipeline.named("throws")
                .readFrom(new Numbers(100, 1))
                .stage("read", replicas(1))
                .batch(10)
                .stage("use", replicas(1))
                .mapWith(replica -> replica, WorkerTroubleTest::fail)
                .writeTo(sink()));

        assertThat(failure.failure().stage()).isEqualTo("use");
        assertThat(failure.failure().replica()).isZero();
        assertThat(failure.failure().type()).isEqualTo(IllegalStateException.class.getName());
        assertThat(failure)
                .hasMessageStartingWith("stage use, replica 0: ")
                .hasMessageContaining("IllegalStateException: no 57 here")
                .hasMessageContaining("epoch 1");
        assertThat(failure.failure().stack())
                .contains("java.lang.IllegalStateException: no 57 here")
                .contains("WorkerTroubleTest.fail(WorkerTroubleTest.java:");
        assertThat(failure.kind()).isEqualTo(GheeException.Kind.JOB);
        assertAborted();
    }

    private static List<Integer> fail(int replica, Batch<Integer> batch) {
        if (batch.records().contains(57)) {
            throw new IllegalStateException("no 57 here");
        }
        return batch.records();
    }

    private static void onWorkersOnly(String message) {
        if (System.getProperty("ghee.stage") != null) {
            throw new IllegalStateException(message);
        }
    }

    /** Can be declared, but not read back on a worker. */
    private static final class Unreadable implements Serializable {
        private static final long serialVersionUID = 1;

        private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
            in.defaultReadObject();
            onWorkersOnly("not readable here");
        }

        int twice(int number) {
            return 2 * number;
        }
    }

    /** Can be loaded by the driver, but not by a worker. */
    private static final class Unloadable {
        static {
            onWorkersOnly("not loadable here");
        }

        static Pipeline pipeline(Written<Object> sink) {
            return Pipeline.named("unloadable")
                    .readFrom(new Numbers(10, 1))
                    .stage("read", replicas(1))
                    .map(number -> number + 1)
                    .writeTo(sink);
        }
    }

    @Test
    void aPlanThatCannotBeReadIsAnErrorAndNoHang() throws InterruptedException {
        GheeException failure = ProcessJobs.fail(Pipeline.named("unreadable")
                .readFrom(new Numbers(10, 1))
                .stage("read", replicas(1))
                .map(new Unreadable()::twice)
                .writeTo(sink()));

        assertThat(failure)
                .isInstanceOf(StageFailedException.class)
                .hasMessageContaining("stage read, replica 0: ")
                .hasMessageContaining("not readable here");
        assertAborted();
    }

    @Test
    void aClassThatCannotBeInitialisedIsAnErrorAndNoHang() throws InterruptedException {
        GheeException failure = ProcessJobs.fail(Unloadable.pipeline(sink()));

        assertThat(failure).isInstanceOf(StageFailedException.class).hasMessageContaining("stage read, replica 0: ");
        assertThat(((StageFailedException) failure).failure().stack()).contains("not loadable here");
        assertAborted();
    }

    private Pipeline hungry(Resources resources) {
        return Pipeline.named("memory")
                .readFrom(new Numbers(1000, 1))
                .stage("read", resources)
                .mapWith(replica -> new ArrayList<byte[]>(), (kept, number) -> kept.add(new byte[1 << 20]))
                .writeTo(sink());
    }

    @Test
    void aJvmThatDoesNotStartSaysWhy() throws InterruptedException {
        Job job = Ghee.processes().launch(hungry(replicas(1).memory("900Ti")).withRestarts(1));

        GheeException failure = ProcessJobs.fail(job, SOON);

        assertThat(failure)
                .isInstanceOf(InfrastructureException.class)
                .hasMessageMatching("(?s)stage read, replica 0 \\(pid \\d+\\) died: exit code 1;.*"
                        + "Could not reserve enough space.*");
        assertThat(job.progress().restarts()).singleElement().asString().contains("Could not reserve enough space");
        assertAborted();
    }

    @Test
    void aWorkerWithoutMemorySaysSo() throws InterruptedException {
        GheeException failure =
                ProcessJobs.fail(hungry(replicas(1).memory("64Mi")).withRestarts(0));

        assertThat(failure)
                .isInstanceOf(InfrastructureException.class)
                .hasMessageContaining("out of memory (exit code 3; give the stage more memory)");
        assertAborted();
    }

    @Test
    void aBatchThatAWorkerCannotHoldIsAnErrorAndNoHang() throws InterruptedException {
        GheeException failure = ProcessJobs.fail(Pipeline.named("large")
                .readFrom(new Numbers(30, 1))
                .stage("read", replicas(1))
                .map(number -> new byte[1 << 20])
                .batch(30)
                .stage("use", replicas(1).memory("64Mi"))
                .map(batch -> List.of(batch.size()))
                .writeTo(sink())
                .withRestarts(0));

        assertThat(failure)
                .hasMessageContaining("stage use, replica 0: a batch of 3")
                .hasMessageContaining("cannot be received")
                .hasMessageContaining("(expected: more memory for this stage, or smaller batches)");
        assertThat(failure.kind()).isEqualTo(GheeException.Kind.INFRASTRUCTURE);
        assertAborted();
    }

    @Test
    void anAgentThatNobodyLaunchedSaysSo() throws Exception {
        Process agent = java(Agent.class).start();

        String said = new String(agent.getInputStream().readAllBytes());
        assertThat(agent.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(agent.exitValue()).isEqualTo(4);
        assertThat(said).contains("environment variable GHEE_KEYS is not set (an agent is started by a launcher)");
    }
}
