package io.ghee.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ghee.examples.movielens.DataPart;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * The data part beside Spark: ratings are read from CSV, Parquet and Kafka, features are made of them, and they are delivered in
 * batches. Each program has a JVM of its own, and both take turns: a round is some passes over all ratings by one, then by the
 * other. A ratio is taken within a round. Exit code 1 if they do not deliver the same.
 */
@Command(
        name = "ReadingBenchmark",
        mixinStandardHelpOptions = true,
        description = "Measures reading, preprocessing and delivering beside Spark.")
public final class ReadingBenchmark implements Callable<Integer> {
    private static final int DEADLINE_MINUTES = 5;
    private static final ObjectMapper JSON = new ObjectMapper();

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--formats",
            paramLabel = "F",
            split = ",",
            defaultValue = "csv,parquet,columns,kafka",
            description = "What is read; columns are those of Parquet, of which ghee makes no records (default:"
                    + " ${DEFAULT-VALUE}).")
    private List<String> formats = List.of();

    @Option(
            names = "--records",
            paramLabel = "N",
            defaultValue = "4000000",
            description = "Ratings that are read in each pass (default: ${DEFAULT-VALUE}).")
    private int records;

    @Option(
            names = "--passes",
            paramLabel = "P",
            defaultValue = "2",
            description = "Passes of a round (default: ${DEFAULT-VALUE}).")
    private int passes;

    @Option(
            names = "--rounds",
            paramLabel = "R",
            defaultValue = "5",
            description = "Rounds that are measured (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--warmup",
            paramLabel = "W",
            defaultValue = "2",
            description = "Rounds before those; the first one is told for itself (default: ${DEFAULT-VALUE}).")
    private int warmup;

    @Option(
            names = "--n",
            paramLabel = "n",
            defaultValue = "8",
            description = "How heavy preprocessing is (default: ${DEFAULT-VALUE}).")
    private int n;

    @Option(
            names = "--spark",
            paramLabel = "DIR",
            defaultValue = "benchmarks/spark",
            description = "Spark's program, built (default: ${DEFAULT-VALUE}).")
    private Path spark = Path.of("benchmarks", "spark");

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "runs/reading",
            description = "Where the ratings are made, if they are not there yet (default: ${DEFAULT-VALUE}).")
    private Path data = Path.of("runs", "reading");

    private final ExecutorService answers = Executors.newCachedThreadPool();

    private ReadingBenchmark() {}

    /**
     * One turn of a program.
     *
     * @param cpuSeconds of its process
     */
    private record Turn(long records, long sum, double seconds, double cpuSeconds) {
        double perSecond() {
            return records / seconds;
        }

        double cpuMicros() {
            return 1e6 * cpuSeconds / records;
        }
    }

    /** A turn of each. */
    private record Round(Turn ghee, Turn spark) {
        double speed() {
            return ghee.perSecond() / spark.perSecond();
        }

        double cpu() {
            return spark.cpuMicros() / ghee.cpuMicros();
        }
    }

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new ReadingBenchmark()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path tabs = data.resolve("ratings-" + records + ".tsv").toAbsolutePath();
        Path parquet = data.resolve("ratings-" + records + ".parquet").toAbsolutePath();
        if (!Files.exists(parquet)) {
            say("making " + records + " ratings in " + data);
            DataPart.write(tabs, parquet, records);
        }
        Map<String, List<Round>> results = new LinkedHashMap<>();
        try {
            for (String format : formats) {
                switch (format) {
                    case "csv" -> results.put(format, compare(format, tabs.toString()));
                    case "parquet", "columns" -> results.put(format, compare(format, parquet.toString()));
                    case "kafka" -> {
                        try (Child broker = new Child(java(LinesBroker.class.getName(), tabs.toString()))) {
                            results.put(format, compare(format, broker.answer()));
                        }
                    }
                    default ->
                        throw new CommandLine.ParameterException(
                                spec.commandLine(),
                                "--formats: " + format + " (expected: csv, parquet, columns, kafka)");
                }
            }
        } finally {
            answers.shutdownNow();
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(table(results));
        out.flush();
        boolean same = results.values().stream()
                .flatMap(List::stream)
                .allMatch(round -> round.ghee.records == round.spark.records && round.ghee.sum == round.spark.sum);
        if (!same) {
            say("DIFFERENT records or sums: " + results);
        }
        return same ? 0 : 1;
    }

    /** All rounds, those of the warmup included. */
    private List<Round> compare(String format, String input) throws IOException, InterruptedException {
        List<Round> all = new ArrayList<>();
        String weight = Integer.toString(n);
        String rival = format.equals("columns") ? "parquet" : format;
        try (Child ghee = new Child(java(DataPart.class.getName(), format, input, weight));
                Child other =
                        new Child(List.of("/bin/sh", spark.resolve("run.sh").toString(), rival, input, weight))) {
            for (int k = 0; k < warmup + rounds; k++) {
                MachineClock machine = new MachineClock();
                Round round = new Round(ghee.turn(passes), other.turn(passes));
                all.add(round);
                say(String.format(
                        Locale.ROOT,
                        "%s, round %d: ghee %,.0f records/s, %.3f us each; Spark %,.0f records/s, %.3f us each; %.2f"
                                + " processors busy with something else",
                        format,
                        k - warmup + 1,
                        round.ghee.perSecond(),
                        round.ghee.cpuMicros(),
                        round.spark.perSecond(),
                        round.spark.cpuMicros(),
                        machine.otherCores(round.ghee.cpuSeconds + round.spark.cpuSeconds)));
            }
        }
        return all;
    }

    private static List<String> java(String... command) {
        List<String> all = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-cp",
                System.getProperty("java.class.path")));
        all.addAll(List.of(command));
        return all;
    }

    private String table(Map<String, List<Round>> results) {
        StringBuilder table = new StringBuilder("| n=" + n
                + " | ghee records/s | Spark records/s | ghee / Spark | slowest to fastest | CPU us/record: ghee"
                + " | Spark | Spark / ghee | first round, from the start of the JVM: ghee / Spark | CPU: Spark /"
                + " ghee |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        results.forEach((format, all) -> {
            Round first = all.get(0);
            List<Round> warm = all.subList(warmup, all.size());
            table.append(String.format(
                    Locale.ROOT,
                    "%n| %s | %,.0f | %,.0f | %.2f | %.2f to %.2f | %.3f | %.3f | %.2f | %.2f | %.2f |",
                    format,
                    median(warm, round -> round.ghee.perSecond()),
                    median(warm, round -> round.spark.perSecond()),
                    median(warm, Round::speed),
                    warm.stream().mapToDouble(Round::speed).min().orElse(Double.NaN),
                    warm.stream().mapToDouble(Round::speed).max().orElse(Double.NaN),
                    median(warm, round -> round.ghee.cpuMicros()),
                    median(warm, round -> round.spark.cpuMicros()),
                    median(warm, Round::cpu),
                    first.speed(),
                    first.cpu()));
        });
        return table.toString();
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> value) {
        return Comparison.median(rounds.stream().map(value::applyAsDouble).toList());
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }

    /** A program that answers each line with one. */
    private final class Child implements AutoCloseable {
        private final String name;
        private final Process process;
        private final BufferedReader out;
        private double cpuSeconds;

        Child(List<String> command) throws IOException {
            this.name = command.get(command.size() - 4 < 0 ? 0 : command.size() - 4);
            this.process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        /** The next line that it prints. */
        String answer() throws IOException, InterruptedException {
            try {
                String line = answers.submit(out::readLine).get(DEADLINE_MINUTES, TimeUnit.MINUTES);
                if (line == null) {
                    throw new IOException(name + " has ended (expected: an answer)");
                }
                return line;
            } catch (TimeoutException e) {
                throw new IOException(name + ": no answer within " + DEADLINE_MINUTES + " minutes", e);
            } catch (ExecutionException e) {
                throw new IOException(name + ": " + e.getCause(), e);
            }
        }

        Turn turn(int count) throws IOException, InterruptedException {
            Writer in = process.outputWriter(StandardCharsets.UTF_8);
            in.write(count + "\n");
            in.flush();
            JsonNode told = JSON.readTree(answer());
            double before = cpuSeconds;
            cpuSeconds = told.path("cpuSeconds").asDouble();
            return new Turn(
                    told.path("records").asLong(),
                    told.path("sum").asLong(),
                    told.path("seconds").asDouble(),
                    cpuSeconds - before);
        }

        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            try {
                if (!process.waitFor(1, TimeUnit.MINUTES)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
