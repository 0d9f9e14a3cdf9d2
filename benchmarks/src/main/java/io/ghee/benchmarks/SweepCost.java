package io.ghee.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.examples.movielens.SweepParts;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What the packaged sweep costs, beside its trials by themselves: the same train functions, a JVM each and all at once, with
 * batches in memory. Of both the processor time is counted from when a part of the records have been trained on until a larger
 * part have, so that neither the start of JVMs nor the reading that the trials by themselves do once count.
 */
@Command(
        name = "SweepCost",
        mixinStandardHelpOptions = true,
        description = "Measures the processor time of a sweep beside that of its trainers alone, and what it reads.")
public final class SweepCost implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RatingsFile ratings = new RatingsFile();

    @Option(
            names = "--epochs",
            paramLabel = "E",
            defaultValue = "6",
            description = "Passes over the input (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(names = "--rounds", defaultValue = "2", description = "Turns (default: ${DEFAULT-VALUE}).")
    private int rounds;

    private SweepCost() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new SweepCost()).execute(args));
    }

    /**
     * One run.
     *
     * @param cpu microseconds of all processes for a record of a trial
     * @param reader of these, by the process that reads
     * @param bytes that this one has read, files and all, for each line that it has read
     * @param rmse the mean of the trials
     */
    private record Run(double cpu, double reader, double driver, double bytes, double rmse) {}

    private record Round(Run sweep, Run alone) {}

    @Override
    public Integer call() throws Exception {
        Path input = ratings.made();
        long lines;
        try (Stream<String> all = Files.lines(input)) {
            lines = all.count();
        }
        List<Round> all = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            Run alone = alone();
            say("round " + round + ", trainers alone: " + alone);
            Run sweep = sweep(lines);
            say("round " + round + ", sweep: " + sweep);
            all.add(new Round(sweep, alone));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(all, Files.size(input) / (double) lines));
        out.flush();
        return 0;
    }

    private static String table(List<Round> all, double lineBytes) {
        StringBuilder table = new StringBuilder("| round | CPU us for a record of a trial: sweep | "
                + SweepParts.trials() + " trainers alone | sweep / alone | of the sweep: reader | driver"
                + " | bytes read / those of the input | RMSE: sweep | alone |\n"
                + "|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (int round = 0; round < all.size(); round++) {
            Round one = all.get(round);
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %d | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.4f | %.4f |",
                    round + 1,
                    one.sweep.cpu,
                    one.alone.cpu,
                    one.sweep.cpu / one.alone.cpu,
                    one.sweep.reader,
                    one.sweep.driver,
                    one.sweep.bytes / lineBytes,
                    one.sweep.rmse,
                    one.alone.rmse));
        }
        table.append(String.format(
                Locale.ROOT,
                "%n| median | %.3f | %.3f | %.3f | | | | | |",
                median(all, round -> round.sweep.cpu),
                median(all, round -> round.alone.cpu),
                median(all, round -> round.sweep.cpu / round.alone.cpu)));
        return table.toString();
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return Comparison.median(rounds.stream().map(value::applyAsDouble).toList());
    }

    private Run sweep(long lines) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("ghee-sweep-");
        // Nine tenths are trained on.
        List<String> command = java(
                List.of(),
                SweepRun.class,
                ratings.made().toString(),
                Integer.toString(epochs),
                Long.toString(lines * 9 / 10),
                directory.toString());
        JsonNode told =
                JSON.readTree(Outcome.lastObject(ChildRun.of(command, directory).stdout()));
        double perMicro = told.path("records").asDouble() / 1e6;
        return new Run(
                told.path("cpu").asDouble() / perMicro,
                told.path("reader").asDouble() / perMicro,
                told.path("driver").asDouble() / perMicro,
                told.path("bytes").asDouble() / told.path("lines").asDouble(),
                told.path("rmse").asDouble());
    }

    private Run alone() throws IOException, InterruptedException, ExecutionException {
        int trials = SweepParts.trials();
        ExecutorService starting = Executors.newFixedThreadPool(trials);
        try {
            List<Future<ChildRun>> runs = new ArrayList<>();
            for (int trial = 1; trial <= trials; trial++) {
                // As a worker of one processor is started.
                List<String> command = java(
                        List.of("-XX:ActiveProcessorCount=1"),
                        SweepParts.class,
                        ratings.made().toString(),
                        Integer.toString(epochs),
                        Integer.toString(trial));
                Path directory = Files.createTempDirectory("ghee-trial-");
                runs.add(starting.submit(() -> ChildRun.of(command, directory)));
            }
            double cpu = 0;
            double rmse = 0;
            for (Future<ChildRun> each : runs) {
                JsonNode told = JSON.readTree(Outcome.lastObject(each.get().stdout()));
                cpu += 1e6 * told.path("cpu").asDouble() / told.path("records").asDouble() / trials;
                rmse += told.path("rmse").asDouble() / trials;
            }
            return new Run(cpu, 0, 0, 0, rmse);
        } finally {
            starting.shutdownNow();
        }
    }

    private static List<String> java(List<String> options, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }
}
