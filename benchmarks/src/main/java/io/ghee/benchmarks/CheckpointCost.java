package io.ghee.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.examples.movielens.SavedTraining;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What checkpoints cost: the movielens job with and without them, in turns. The ratios are taken within a round. Where others
 * use the machine too, a ratio of speeds says less than the processor time, and the time in which the train function stood
 * still.
 */
@Command(
        name = "CheckpointCost",
        mixinStandardHelpOptions = true,
        description = "Measures training with and without checkpoints.")
public final class CheckpointCost implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RatingsFile ratings = new RatingsFile();

    @Option(
            names = "--epochs",
            paramLabel = "E",
            defaultValue = "40",
            description = "Passes over the input (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--every",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "Time between checkpoints (default: ${DEFAULT-VALUE}).")
    private double every;

    @Option(names = "--rounds", defaultValue = "2", description = "Turns (default: ${DEFAULT-VALUE}).")
    private int rounds;

    private CheckpointCost() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new CheckpointCost()).execute(args));
    }

    /**
     * A run.
     *
     * @param cpu seconds of all processes
     * @param seconds of training
     * @param stood seconds of the requests for a batch in which a checkpoint was made, which includes waiting for the batch
     */
    private record Run(
            long records,
            double cpu,
            double seconds,
            double stalled,
            int checkpoints,
            double stood,
            double rmse,
            double otherCores) {
        double perSecond() {
            return records / seconds;
        }

        double cpuMicros() {
            return 1e6 * cpu / records;
        }
    }

    private record Round(Run without, Run with) {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Round> all = new ArrayList<>();
        for (int k = 0; k < rounds; k++) {
            // Each is first in every other round.
            Run early = k % 2 == 0 ? run(0) : run(every);
            Run late = k % 2 == 0 ? run(every) : run(0);
            all.add(k % 2 == 0 ? new Round(early, late) : new Round(late, early));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(all));
        out.flush();
        return 0;
    }

    private Run run(double interval) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("ghee-saved-");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                SavedTraining.class.getName(),
                ratings.made().toString(),
                Integer.toString(epochs),
                Double.toString(interval),
                directory.toString());
        MachineClock machine = new MachineClock();
        ChildRun child = ChildRun.of(command, directory);
        JsonNode told = JSON.readTree(Outcome.lastObject(child.stdout()));
        Run run = new Run(
                told.path("records").asLong(),
                child.cpuSeconds(),
                told.path("seconds").asDouble(),
                told.path("stalled").asDouble(),
                told.path("checkpoints").asInt(),
                told.path("stood").asDouble(),
                told.path("rmse").asDouble(),
                machine.otherCores(child.cpuSeconds()));
        PrintWriter err = spec.commandLine().getErr();
        err.println((interval > 0 ? "every " + interval + " s: " : "no checkpoints: ") + run);
        err.flush();
        return run;
    }

    private String table(List<Round> all) {
        StringBuilder table = new StringBuilder("| round | records/s without | with checkpoints every "
                + String.format(Locale.ROOT, "%.0f", every)
                + " s | with / without | CPU us/record without | with | with / without | checkpoints"
                + " | stood still, ms for each | of the time | RMSE without | with"
                + " | busy with else: without | with |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (int k = 0; k < all.size(); k++) {
            Run without = all.get(k).without();
            Run with = all.get(k).with();
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %d | %,.0f | %,.0f | %.3f | %.3f | %.3f | %.3f | %d | %.1f | %.3f %% | %.4f | %.4f | %.2f | %.2f |",
                    k + 1,
                    without.perSecond(),
                    with.perSecond(),
                    with.perSecond() / without.perSecond(),
                    without.cpuMicros(),
                    with.cpuMicros(),
                    with.cpuMicros() / without.cpuMicros(),
                    with.checkpoints(),
                    1000 * with.stood() / with.checkpoints(),
                    100 * with.stood() / with.seconds(),
                    without.rmse(),
                    with.rmse(),
                    without.otherCores(),
                    with.otherCores()));
        }
        table.append(String.format(
                Locale.ROOT,
                "%n| median | | | %.3f | | | %.3f | | | %.3f %% | | | | |",
                median(all, round -> round.with.perSecond() / round.without.perSecond()),
                median(all, round -> round.with.cpuMicros() / round.without.cpuMicros()),
                median(all, round -> 100 * round.with.stood() / round.with.seconds())));
        return table.toString();
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return Comparison.median(rounds.stream().map(value::applyAsDouble).toList());
    }
}
