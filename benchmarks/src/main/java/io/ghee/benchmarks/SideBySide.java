package io.ghee.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.ghee.benchmarks.Setting.Mode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/**
 * Runs the packaged job and programs that do the same, in turns so that a slow minute hits them all, and prints medians and
 * ratios. Results go to stdout, progress to stderr. Exit code 1 if a program failed, or delivered other records than the
 * rest.
 */
@Command(
        name = "SideBySide",
        mixinStandardHelpOptions = true,
        description = "Measures ghee's movielens job side by side with programs that do the same.")
public final class SideBySide implements Callable<Integer> {
    private static final int REPEATS = 5;
    private static final int PATIENCE_SECONDS = 120;
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @CommandLine.Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RatingsFile ratings = new RatingsFile();

    @Option(
            names = "--epochs",
            paramLabel = "E",
            defaultValue = "2",
            description = "Passes over the input (default: ${DEFAULT-VALUE}).")
    private int epochs;

    @Option(
            names = "--rounds",
            paramLabel = "R",
            defaultValue = "3",
            description = "How often each program is run (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--n",
            paramLabel = "n",
            split = ",",
            defaultValue = "8,64,512",
            description = "How heavy preprocessing is (default: ${DEFAULT-VALUE}).")
    private List<Integer> weights = List.of();

    @Option(
            names = "--modes",
            paramLabel = "train|drain",
            split = ",",
            defaultValue = "train,drain",
            description = "With training, or delivering only (default: ${DEFAULT-VALUE}).")
    private List<Mode> modes = List.of();

    @Option(
            names = "--peers",
            paramLabel = "DIR",
            description = "The programs of other frameworks; those that cannot run are skipped.")
    private @Nullable Path peers;

    @Option(
            names = "--ghee",
            paramLabel = "FILE",
            defaultValue = "ghee",
            description = "The launcher script (default: ${DEFAULT-VALUE}).")
    private Path script = Path.of("ghee");

    @Option(
            names = "--max-other-cores",
            paramLabel = "C",
            defaultValue = "0.15",
            description =
                    "Wait with a run, and repeat it 5 times at most, while other processes keep more than so many processors busy"
                            + " (default: ${DEFAULT-VALUE}).")
    private double maxOtherCores;

    @Option(names = "--json", paramLabel = "OUT", description = "Write every run as JSON.")
    private @Nullable Path json;

    private final List<Sample> samples = new ArrayList<>();
    private boolean sound = true;

    private SideBySide() {}

    /** The command line. */
    public static void main(String[] args) {
        System.exit(new CommandLine(new SideBySide())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Program> programs = new ArrayList<>(Programs.job(script));
        List<String> ours = programs.stream().map(Program::name).toList();
        programs.add(Programs.plainLoop());
        if (peers != null) {
            programs.addAll(Programs.peers(peers.toAbsolutePath(), why -> say("skipped " + why)));
        }
        build();
        for (int round = 1; round <= rounds; round++) {
            for (Mode mode : modes) {
                for (int n : weights) {
                    runAll(programs, new Setting(mode, n, epochs, ratings.made().toRealPath()), round);
                }
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        for (Mode mode : modes) {
            for (int n : weights) {
                out.println(Comparison.of(mode, n, samples).table(ours));
                out.println();
            }
        }
        out.flush();
        return sound ? 0 : 1;
    }

    /** The script builds the project when it must; that is not to be measured. */
    private void build() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("ghee-side-by-side-");
        ChildRun.of(List.of(script.toAbsolutePath().toString(), "list"), directory);
        delete(directory);
    }

    private void runAll(List<Program> programs, Setting setting, int round) throws IOException, InterruptedException {
        Map<String, Outcome> delivered = new HashMap<>();
        for (Program program : programs) {
            if (!program.modes().contains(setting.mode())) {
                continue;
            }
            String what = String.format(
                    Locale.ROOT, "round %d, %s, n=%d, %s", round, setting.mode(), setting.n(), program.name());
            try {
                awaitQuiet();
                Sample sample = run(program, setting, round);
                for (int again = 0; sample.otherCores() > maxOtherCores && again < REPEATS; again++) {
                    say(String.format(
                            Locale.ROOT,
                            "%s: again, %.2f processors were busy with something else",
                            what,
                            sample.otherCores()));
                    awaitQuiet();
                    sample = run(program, setting, round);
                }
                samples.add(sample);
                delivered.put(program.name(), sample.outcome());
                say(String.format(
                        Locale.ROOT,
                        "%s: %,.0f records/s, %.2f us/record, %.2f processors busy with something else",
                        what,
                        sample.outcome().recordsPerSecond(),
                        sample.cpuMicrosPerRecord(),
                        sample.otherCores()));
            } catch (IOException | IllegalArgumentException e) {
                sound = false;
                say(what + ": FAILED: " + e.getMessage());
            }
            if (json != null) {
                JSON.writeValue(json.toFile(), samples);
            }
        }
        List<String> differences = differences(delivered);
        sound &= differences.isEmpty();
        differences.forEach(this::say);
    }

    /** Waits until other processes are quiet, but not for ever. */
    private void awaitQuiet() throws InterruptedException {
        for (int waited = 0; waited < PATIENCE_SECONDS; waited++) {
            MachineClock machine = new MachineClock();
            Thread.sleep(1000);
            if (machine.otherCores(0) <= maxOtherCores) {
                return;
            }
        }
    }

    private static Sample run(Program program, Setting setting, int round) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("ghee-side-by-side-");
        try {
            MachineClock machine = new MachineClock();
            ChildRun child = ChildRun.of(program.command().apply(setting, directory), directory);
            String result = program.report().isEmpty()
                    ? Outcome.lastObject(child.stdout())
                    : Files.readString(directory.resolve(program.report()), StandardCharsets.UTF_8);
            return new Sample(
                    program.name(),
                    setting.mode(),
                    setting.n(),
                    round,
                    child.cpuSeconds(),
                    machine.wallSeconds(),
                    machine.otherCores(child.cpuSeconds()),
                    Outcome.read(result, setting.epochs()));
        } finally {
            delete(directory);
        }
    }

    /** Programs that did not train on the same rows cannot be compared: says which. */
    static List<String> differences(Map<String, Outcome> outcomes) {
        List<String> records = outcomes.values().stream()
                .map(outcome -> Long.toString(outcome.records()))
                .distinct()
                .toList();
        List<Long> sums = new ArrayList<>();
        for (Outcome outcome : outcomes.values()) {
            Long sum = outcome.rowSum();
            if (sum != null && !sums.contains(sum)) {
                sums.add(sum);
            }
        }
        List<String> differences = new ArrayList<>();
        if (records.size() > 1) {
            differences.add("DIFFERENT records: " + outcomes);
        }
        if (sums.size() > 1) {
            differences.add("DIFFERENT row sums: " + outcomes);
        }
        return differences;
    }

    private void say(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println(line);
        err.flush();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
