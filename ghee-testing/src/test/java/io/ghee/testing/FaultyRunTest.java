package io.ghee.testing;

import static io.ghee.Resources.replicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.ghee.ConfigurationException;
import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.function.FlatMapFunction;
import io.ghee.io.file.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kit finds what goes wrong, and leaves nothing behind. That ghee comes through is another test's matter. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class FaultyRunTest {
    private static final Moment AT_ONCE = new Moment(0, Duration.ZERO);
    private static final Duration SOON = Duration.ofSeconds(20);
    /** Of this JVM alone: it finds the logs by it. */
    private static final String NAME = "numbers-" + ProcessHandle.current().pid();

    private @TempDir Path directory;
    private final List<String> log = new ArrayList<>();

    @BeforeEach
    void writeNumbers() throws IOException {
        Files.write(
                directory.resolve("numbers"),
                IntStream.range(0, 500).mapToObj(Integer::toString).toList());
    }

    /** The logs of processes whose job has failed stay for their user. */
    @AfterEach
    void deleteLogs() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            for (Path logs : all.filter(path -> path.getFileName().toString().startsWith("ghee-" + NAME + "-"))
                    .toList()) {
                try (Stream<Path> files = Files.walk(logs)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(file);
                    }
                }
            }
        }
    }

    /** A pipeline of two stages, whose second one does this to the numbers when it is disturbed. */
    private Function<Path, Pipeline> pipeline(FlatMapFunction<Integer, Integer> disturbed) {
        return output -> Pipeline.named(NAME)
                .readFrom(Text.lines(directory.resolve("numbers").toString(), Integer::parseInt))
                .stage("read", replicas(2))
                .map(number -> number + 1)
                .stage("use", replicas(1))
                .flatMap(output.getFileName().toString().startsWith("disturbed") ? disturbed : List::of)
                .writeTo(Text.to(output.toString()));
    }

    private FaultyRun run(FlatMapFunction<Integer, Integer> disturbed) {
        return FaultyRun.of(pipeline(disturbed), directory).log(log::add);
    }

    private static AssertionError failure(FaultyRun run, FaultSchedule schedule) {
        return catchThrowableOfType(AssertionError.class, () -> run.run(schedule));
    }

    private static FaultSchedule none() {
        return new FaultSchedule(7, List.of());
    }

    private void assertNothingIsLeft() {
        assertThat(directory.resolve("disturbed-7")).doesNotExist();
        assertThat(ProcessHandle.current()
                        .children()
                        .map(Processes::arguments)
                        .filter(arguments -> arguments.contains("-Dghee.stage=use")))
                .isEmpty();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith(NAME)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"local", "processes"})
    void aRunWithoutFaultsComesThrough(String launcher) throws Exception {
        FaultyRun.Outcome outcome = run(List::of).launcher(launcher).run(none());

        assertThat(outcome.struck()).isEmpty();
        assertThat(outcome.progress().restarts()).isEmpty();
        assertThat(outcome.duration()).isPositive();
        assertThat(outcome.progress().stages().get(1).recordsIn()).isEqualTo(500);
        assertThat(log).first().isEqualTo("seed 7, 0 faults");
        assertThat(log).last().asString().startsWith("seed 7: 0 of 0 faults struck, 0 restarts, ");
    }

    @Test
    void processesThatStandStillForAWhileComeThrough() throws Exception {
        FaultSchedule schedule = new FaultSchedule(
                7,
                List.of(
                        new Fault.Pause(AT_ONCE, "read", 0, Duration.ofMillis(100)),
                        new Fault.Pause(AT_ONCE, "use", 0, Duration.ofMillis(200))));

        FaultyRun.Outcome outcome = run(List::of)
                .launcher("processes")
                .expect(Undisturbed.of(
                        IntStream.range(1, 501).mapToObj(Integer::toString).toList()))
                .run(schedule);

        assertThat(outcome.struck()).containsExactlyInAnyOrderElementsOf(schedule.faults());
        assertThat(outcome.progress().restarts()).isEmpty();
    }

    @Test
    void duplicatesAndGapsFailTheRun() {
        AssertionError failure = failure(
                run(number -> number == 17 ? List.of() : number == 18 ? List.of(18, 18) : List.of(number)), none());

        assertThat(failure)
                .hasMessageStartingWith("seed 7, job numbers-")
                .hasMessageContaining("duplicates: 1 of 1 different records\n    18 (2 times, expected: 1)")
                .hasMessageContaining("gaps: 1 of 1 different records\n    17 (0 times, expected: 1)")
                .hasMessageContaining("schedule: seed 7, 0 faults");
    }

    private static Iterable<Integer> stuck(int number) throws InterruptedException {
        Object nobodyNotifies = new Object();
        synchronized (nobodyNotifies) {
            while (number >= 0) {
                nobodyNotifies.wait();
            }
        }
        return List.of(number);
    }

    @Test
    void aJobThatMakesNoProgressFailsWithWhatItsThreadsAreAt() {
        AssertionError failure = failure(run(FaultyRunTest::stuck).stall(Duration.ofSeconds(2)), none());

        assertThat(failure)
                .hasMessageStartingWith("seed 7, job numbers-")
                .hasMessageContaining("no progress for 2000 ms")
                .hasMessageContaining("/use-0, WAITING")
                .hasMessageContaining("FaultyRunTest.stuck");
        assertNothingIsLeft();
    }

    @Test
    void processesThatMakeNoProgressAreDescribedAndKilled() {
        AssertionError failure = failure(
                run(FaultyRunTest::stuck)
                        .launcher("processes")
                        .expect(Undisturbed.of(List.of()))
                        .stall(Duration.ofSeconds(4)),
                none());

        assertThat(failure).hasMessageContaining("no progress for 4000 ms").hasMessageContaining("use-0 (pid ");
        assertNothingIsLeft();
    }

    @Test
    void aRunThatTakesTooLongFails() {
        AssertionError failure = failure(
                run(FaultyRunTest::stuck).expect(Undisturbed.of(List.of())).limit(Duration.ofMillis(300)), none());

        assertThat(failure).hasMessageContaining("not ended after 300 ms");
        assertNothingIsLeft();
    }

    @Test
    void aJobThatFailsFailsTheRunWithItsReason() {
        AssertionError failure = failure(
                run(number -> {
                    throw new IllegalStateException("no " + number);
                }),
                none());

        assertThat(failure)
                .hasMessageStartingWith("seed 7, job numbers-")
                .hasMessageContaining("the job failed: stage use, replica 0: ")
                .hasMessageContaining("IllegalStateException: no ");
        assertThat(failure.getCause()).isNotNull();
        assertNothingIsLeft();
    }

    @Test
    void faultsThatALauncherCannotSufferAreRefused() {
        FaultSchedule reset = new FaultSchedule(7, List.of(new Fault.ResetAll(AT_ONCE)));
        FaultSchedule kill = new FaultSchedule(7, List.of(new Fault.Kill(AT_ONCE, "use", 0)));

        assertThatThrownBy(() -> run(List::of).launcher("processes").run(reset))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("reset all connections");
        assertThatThrownBy(() -> run(List::of).run(kill))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("sabotage");
        assertThat(run(List::of).kinds()).containsExactly(Fault.Kind.KILL);
        assertThat(run(List::of).launcher("processes").kinds())
                .containsExactlyInAnyOrder(Fault.Kind.KILL, Fault.Kind.PAUSE);
        assertThat(run(List::of).routed(route -> Ghee.processes()).kinds())
                .containsExactlyInAnyOrder(Fault.Kind.values());
    }
}
