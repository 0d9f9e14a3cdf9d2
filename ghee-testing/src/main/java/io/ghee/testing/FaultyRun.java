package io.ghee.testing;

import static io.ghee.ConfigurationException.check;

import io.ghee.Ghee;
import io.ghee.Pipeline;
import io.ghee.run.JobProgress;
import io.ghee.run.Launcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Runs a pipeline undisturbed, then under faults, and compares what the two have written.
 *
 * <pre>{@code
 * FaultyRun.of(output -> pipeline(output), directory)
 *         .routed(route -> new ProcessLauncher().route(route))
 *         .run(42);
 * }</pre>
 *
 * <p>The run fails, by an {@link AssertionError} that begins with the seed and tells the schedule, if the job fails, makes
 * no progress for 60 s, has not ended after five minutes, leaves a worker behind, or has not written each record as often
 * as it should. However it ends, the job is cancelled, no process of it is left, and every fault has ended. Not
 * thread-safe; can be run several times.
 */
public final class FaultyRun {
    private final Function<Path, Pipeline> pipeline;
    private final Path directory;
    private Function<UnaryOperator<String>, Launcher> launcher = route -> Ghee.local();
    private boolean isRouted;
    private @Nullable Sabotage sabotage;
    private @Nullable Undisturbed undisturbed;
    private Duration stall = Duration.ofSeconds(60);
    private Duration limit = Duration.ofMinutes(5);
    private Consumer<String> log = System.out::println;

    private FaultyRun(Function<Path, Pipeline> pipeline, Path directory) {
        this.pipeline = pipeline;
        this.directory = directory;
    }

    /**
     * What was done to a job that has come through.
     *
     * @param struck the faults that have struck; those whose moment the job did not live to see are missing
     * @param duration from the launch to the end
     * @param progress as the job reports it after its end
     */
    public record Outcome(FaultSchedule schedule, List<Fault> struck, Duration duration, JobProgress progress) {
        @Override
        public String toString() {
            return "seed " + schedule.seed() + ": " + struck.size() + " of "
                    + schedule.faults().size() + " faults struck, "
                    + progress.restarts().size() + " restarts, " + duration.toMillis()
                    + " ms";
        }
    }

    /**
     * A run in this JVM's threads, until another launcher is given.
     *
     * @param pipeline declares the pipeline, given the directory that it writes to, which is absent; what it writes has to
     *     be the same each time, as a multiset of lines
     * @param directory an existing one, in which each run makes its own; the caller deletes it
     */
    public static FaultyRun of(Function<Path, Pipeline> pipeline, Path directory) {
        return new FaultyRun(pipeline, directory);
    }

    /** The launcher, by name; see {@link #launcher(Launcher)}. */
    public FaultyRun launcher(String name) {
        return launcher(Ghee.launcher(name));
    }

    /** The launcher. Connections cannot be disturbed, as they do not go through a proxy. */
    public FaultyRun launcher(Launcher fixed) {
        launcher = route -> fixed;
        isRouted = false;
        return this;
    }

    /**
     * The launcher.
     *
     * @param made makes one whose peers connect to where the given function leads, given the endpoint that the other
     *     peer has bound
     */
    public FaultyRun routed(Function<UnaryOperator<String>, Launcher> made) {
        launcher = made;
        isRouted = true;
        return this;
    }

    /** What the functions of the pipeline are wrapped in; workers that are threads cannot be killed without it. */
    public FaultyRun sabotage(Sabotage wrapper) {
        sabotage = wrapper;
        return this;
    }

    /** What the run should write; without it, each run begins with an undisturbed one by the same launcher. */
    public FaultyRun expect(Undisturbed output) {
        undisturbed = output;
        return this;
    }

    /** How long nothing may move; without it, 60 s. */
    public FaultyRun stall(Duration longest) {
        stall = longest;
        return this;
    }

    /** How long a run may take; without it, five minutes. */
    public FaultyRun limit(Duration longest) {
        limit = longest;
        return this;
    }

    /** Where seed, schedule and faults are told, a line or more at a time; without it, the standard output. */
    public FaultyRun log(Consumer<String> lines) {
        log = lines;
        return this;
    }

    /** Runs with three faults of all kinds that this launcher's workers can suffer, drawn with this seed. */
    public Outcome run(long seed) throws InterruptedException {
        return run(FaultSchedule.seeded(seed, pipeline.apply(directory.resolve("disturbed-" + seed)))
                .kinds(kinds())
                .build());
    }

    /** The kinds of faults that this launcher's workers can suffer. */
    public Set<Fault.Kind> kinds() {
        Set<Fault.Kind> kinds = EnumSet.allOf(Fault.Kind.class);
        boolean threads = isThreads(launcher.apply(UnaryOperator.identity()));
        kinds.removeIf(kind -> threads ? kind != Fault.Kind.KILL : !kind.isOfWorker() && !isRouted);
        return kinds;
    }

    private static boolean isThreads(Launcher launcher) {
        return launcher.name().equals(Ghee.local().name());
    }

    /**
     * Runs with these faults.
     *
     * @throws AssertionError if the pipeline does not come through
     * @throws io.ghee.ConfigurationException if a fault is of none of the {@link #kinds}, or the workers are threads, are
     *     to be killed, and there is no sabotage
     * @throws io.ghee.GheeException if the undisturbed run fails
     */
    public Outcome run(FaultSchedule schedule) throws InterruptedException {
        Set<Fault.Kind> kinds = kinds();
        boolean threads = isThreads(launcher.apply(UnaryOperator.identity()));
        for (Fault fault : schedule.faults()) {
            check(kinds.contains(fault.kind()), "fault", fault, "one of " + kinds + ", which this launcher allows");
            check(!threads || sabotage != null, "fault", fault, "a sabotage to kill threads with");
        }
        Undisturbed expected = undisturbed;
        if (expected == null) {
            expected = Undisturbed.run(
                    launcher.apply(UnaryOperator.identity()),
                    pipeline,
                    directory.resolve("undisturbed-" + schedule.seed()),
                    limit);
        }
        Path output = directory.resolve("disturbed-" + schedule.seed());
        log.accept(schedule.toString());
        try (TcpProxy proxy = TcpProxy.open()) {
            Disturbed run = new Disturbed(schedule, expected, stall, limit, log, proxy);
            Outcome outcome =
                    run.run(launcher.apply(proxy), pipeline.apply(output), threads ? sabotage : null, threads, output);
            log.accept(outcome.toString());
            return outcome;
        }
    }
}
