package io.ghee.benchmarks;

import io.ghee.DataSize;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.ToIntFunction;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * How fast data gets from one JVM into another on this machine, one way: over ghee's channels, over JeroMQ alone, and over a
 * bare socket, in turns so that a slow minute hits them all. Tables go to stdout, progress to stderr. Exit code 1 if a
 * variant failed, or delivered something else than was sent.
 */
@Command(
        name = "TransferBenchmark",
        mixinStandardHelpOptions = true,
        description = "Measures one-way throughput between two JVMs.")
public final class TransferBenchmark implements Callable<Integer> {
    private static final int RECORDS_IN_A_BATCH = 4096;
    private static final int REPEATS = 2;
    private static final Set<Variant> OF_RECORDS = EnumSet.of(Variant.RECORDS, Variant.EACH);

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--forks",
            paramLabel = "F",
            defaultValue = "2",
            description = "How many pairs of JVMs each variant gets, one after another (default: ${DEFAULT-VALUE}).")
    private int forks;

    @Option(
            names = "--rounds",
            paramLabel = "R",
            defaultValue = "3",
            description = "How often each pair is measured (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--sizes",
            paramLabel = "SIZE",
            split = ",",
            defaultValue = "256,4Ki,64Ki,1Mi,4Mi",
            description = "Bytes of data in a message (default: ${DEFAULT-VALUE}).")
    private List<String> sizes = List.of();

    @Option(
            names = "--only",
            paramLabel = "VARIANT",
            split = ",",
            description = "Only these of ${COMPLETION-CANDIDATES}.")
    private List<Variant> only = List.of();

    @Option(
            names = "--budget",
            paramLabel = "SIZE",
            defaultValue = "32Mi",
            description = "What may be on the way (default: ${DEFAULT-VALUE}).")
    private String budget = "";

    @Option(
            names = "--warm-up",
            paramLabel = "S",
            defaultValue = "16",
            description =
                    "How much processor time each pair has had before, in seconds, both processes together; what is to be"
                            + " compiled takes some of it (default: ${DEFAULT-VALUE}).")
    private double warmUpSeconds;

    @Option(
            names = "--time",
            paramLabel = "MS",
            defaultValue = "2000",
            description = "How long each is measured (default: ${DEFAULT-VALUE}).")
    private long timeMs;

    @Option(
            names = "--max-other-cores",
            paramLabel = "C",
            defaultValue = "0.3",
            description =
                    "Measure again, twice at most, while other processes keep more than so many processors busy, and take the"
                            + " quietest (default: ${DEFAULT-VALUE}).")
    private double maxOtherCores;

    private final List<TransferRun> runs = new ArrayList<>();
    private boolean sound = true;

    private TransferBenchmark() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new TransferBenchmark())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        List<Integer> bytes = sizes.stream()
                .map(size -> Math.toIntExact(DataSize.parse(size).bytes()))
                .toList();
        List<Variant> variants = only.isEmpty() ? List.of(Variant.values()) : List.copyOf(EnumSet.copyOf(only));
        int batch = RECORDS_IN_A_BATCH * Batches.SMALL_BYTES;
        for (int fork = 0; fork < forks; fork++) {
            for (int size : bytes) {
                measure(
                        fork,
                        variants.stream()
                                .filter(variant -> !OF_RECORDS.contains(variant))
                                .toList(),
                        variant -> size);
            }
            measure(
                    fork,
                    variants.stream().filter(OF_RECORDS::contains).toList(),
                    variant -> variant == Variant.EACH ? Batches.SMALL_BYTES : batch);
        }
        TransferTable table = new TransferTable(runs);
        PrintWriter out = spec.commandLine().getOut();
        out.println(table.targets(bytes));
        bytes.forEach(size -> out.println("\n" + table.ofSize(size)));
        out.println("\n" + table.ofRecords(batch, Batches.SMALL_BYTES));
        out.println("\n" + table.noise());
        out.flush();
        return sound ? 0 : 1;
    }

    /** Starts all of these, and then has one after another go, round by round. */
    private void measure(int fork, List<Variant> variants, ToIntFunction<Variant> size) throws InterruptedException {
        List<TransferPair> pairs = new ArrayList<>();
        try {
            for (Variant variant : variants) {
                String what = describe(fork, variant, size);
                say(what + ": warming up");
                attempt(
                        what,
                        () -> pairs.add(new TransferPair(
                                variant, size.applyAsInt(variant), DataSize.parse(budget), warmUpSeconds)));
            }
            for (int round = 0; round < rounds; round++) {
                for (TransferPair pair : pairs) {
                    String what = describe(fork, pair.variant(), size);
                    int number = fork * rounds + round;
                    attempt(what, () -> runs.add(quietest(what, pair, number)));
                }
            }
        } finally {
            pairs.forEach(TransferPair::close);
        }
    }

    private static String describe(int fork, Variant variant, ToIntFunction<Variant> size) {
        return String.format("fork %d, %s, %s", fork, new DataSize(size.applyAsInt(variant)), variant.title());
    }

    private TransferRun quietest(String what, TransferPair pair, int round) throws IOException, InterruptedException {
        TransferRun best = pair.measure(round, Duration.ofMillis(timeMs));
        for (int again = 0; again < REPEATS && best.otherCores() > maxOtherCores; again++) {
            TransferRun next = pair.measure(round, Duration.ofMillis(timeMs));
            best = next.otherCores() < best.otherCores() ? next : best;
        }
        say(String.format(
                Locale.ROOT,
                "%s: %,.0f/s, %.3f us CPU each, %.2f processors busy with something else",
                what,
                best.perSecond(),
                best.cpuNanos() / 1e3,
                best.otherCores()));
        return best;
    }

    private interface Attempt {
        boolean run() throws IOException, InterruptedException;
    }

    private void attempt(String what, Attempt attempt) throws InterruptedException {
        try {
            sound &= attempt.run();
        } catch (IOException e) {
            sound = false;
            say(what + ": FAILED: " + e.getMessage());
        }
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }
}
