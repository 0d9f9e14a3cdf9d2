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
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * What the packaged sweep costs, beside its trials by themselves: the same train functions, a JVM each and all at once, with
 * batches in memory. Each is run with few epochs and with more; the difference is what epochs cost, without the start of
 * JVMs, or the reading that the trials by themselves do once.
 */
@Command(
        name = "SweepCost",
        mixinStandardHelpOptions = true,
        description = "Measures the processor time of a sweep beside that of its trainers alone, and what it reads.")
public final class SweepCost implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--input",
            paramLabel = "FILE",
            defaultValue = "runs/ratings-1m.tsv",
            description = "Ratings, made if they are not there (default: ${DEFAULT-VALUE}).")
    private Path input = Path.of("");

    @Option(
            names = "--epochs",
            paramLabel = "E",
            split = ",",
            arity = "1",
            defaultValue = "2,6",
            description = "Few and more (default: ${DEFAULT-VALUE}).")
    private List<Integer> epochs = List.of();

    @Option(names = "--rounds", defaultValue = "2", description = "Turns (default: ${DEFAULT-VALUE}).")
    private int rounds;

    private SweepCost() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new SweepCost()).execute(args));
    }

    /**
     * One run, or the difference of two.
     *
     * @param cpu seconds of all processes
     * @param read bytes by the one that reads
     * @param reader seconds of its processor time
     * @param rmse the mean of the trials
     */
    private record Run(double cpu, double read, double reader, double trainers, double driver, double rmse) {
        Run less(Run other) {
            return new Run(
                    cpu - other.cpu,
                    read - other.read,
                    reader - other.reader,
                    trainers - other.trainers,
                    driver - other.driver,
                    rmse);
        }
    }

    private record Round(Run sweep, Run alone, double otherCores) {}

    @Override
    public Integer call() throws Exception {
        RatingsFile.make(input);
        int few = epochs.get(0);
        int many = epochs.get(epochs.size() - 1);
        List<Round> all = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            MachineClock machine = new MachineClock();
            Run sweepFew = sweep(few);
            Run aloneFew = alone(few);
            Run aloneMany = alone(many);
            Run sweepMany = sweep(many);
            double others = machine.otherCores(sweepFew.cpu + sweepMany.cpu + aloneFew.cpu + aloneMany.cpu);
            say("round " + round + ", " + few + " epochs: sweep " + sweepFew + ", alone " + aloneFew);
            say("round " + round + ", " + many + " epochs: sweep " + sweepMany + ", alone " + aloneMany);
            all.add(new Round(sweepMany.less(sweepFew), aloneMany.less(aloneFew), others));
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(all, many - few));
        out.flush();
        return 0;
    }

    private String table(List<Round> all, int passes) throws IOException {
        double size = Files.size(input);
        StringBuilder table = new StringBuilder("| round | CPU s of " + passes + " epochs: sweep | "
                + SweepParts.trials() + " trainers alone | sweep / alone | reader | trainers | driver"
                + " | read / (size of the input x epochs) | RMSE: sweep | alone | busy with else |\n"
                + "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for (int round = 0; round < all.size(); round++) {
            Round one = all.get(round);
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %d | %.1f | %.1f | %.3f | %.1f | %.1f | %.1f | %.3f | %.4f | %.4f | %.2f |",
                    round + 1,
                    one.sweep.cpu,
                    one.alone.cpu,
                    one.sweep.cpu / one.alone.cpu,
                    one.sweep.reader,
                    one.sweep.trainers,
                    one.sweep.driver,
                    one.sweep.read / size / passes,
                    one.sweep.rmse,
                    one.alone.rmse,
                    one.otherCores));
        }
        table.append(String.format(
                Locale.ROOT,
                "%n| median | %.1f | %.1f | %.3f | | | | | | | |",
                median(all, round -> round.sweep.cpu),
                median(all, round -> round.alone.cpu),
                median(all, round -> round.sweep.cpu / round.alone.cpu)));
        return table.toString();
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return Comparison.median(rounds.stream().map(value::applyAsDouble).toList());
    }

    private Run sweep(int passes) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("ghee-sweep-");
        ChildRun run = ChildRun.of(
                java(List.of(), SweepRun.class, input.toString(), Integer.toString(passes), directory.toString()),
                directory);
        JsonNode told = JSON.readTree(Outcome.lastObject(run.stdout()));
        return new Run(
                run.cpuSeconds(),
                told.path("read").asDouble(),
                told.path("reader").asDouble(),
                told.path("trainers").asDouble(),
                told.path("driver").asDouble(),
                told.path("rmse").asDouble());
    }

    private Run alone(int passes) throws IOException, InterruptedException, ExecutionException {
        int trials = SweepParts.trials();
        ExecutorService starting = Executors.newFixedThreadPool(trials);
        try {
            List<Future<ChildRun>> runs = new ArrayList<>();
            for (int trial = 1; trial <= trials; trial++) {
                // As a worker of one processor is started.
                List<String> command = java(
                        List.of("-XX:ActiveProcessorCount=1"),
                        SweepParts.class,
                        input.toString(),
                        Integer.toString(passes),
                        Integer.toString(trial));
                Path directory = Files.createTempDirectory("ghee-trial-");
                runs.add(starting.submit(() -> ChildRun.of(command, directory)));
            }
            double cpu = 0;
            double rmse = 0;
            for (Future<ChildRun> each : runs) {
                ChildRun run = each.get();
                cpu += run.cpuSeconds();
                rmse += JSON.readTree(Outcome.lastObject(run.stdout()))
                                .path("rmse")
                                .asDouble()
                        / trials;
            }
            return new Run(cpu, 0, 0, cpu, 0, rmse);
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
